use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments, Type};

use super::{at, moved};
use crate::index::is_sort_key;
use crate::model::{Field, Model, Role};

/// A constant for each attribute: its typed path, and with it the one place that says how the field is stored.
pub(super) fn paths(model: &Model, support: &TokenStream) -> TokenStream {
    let (ident, (generics, types, bounds)) = (&model.ident, model.generics.split_for_impl());
    let constants = model
        .fields
        .iter()
        .filter(|field| field.role != Role::Skipped)
        .map(|field| constant(field, model, support));
    let indexes = super::index::constants(model, support);
    quote! {
        #[allow(dead_code)]
        impl #generics #ident #types #bounds {
            #(#constants)*
            #indexes
        }
    }
}

/// The path of a field, inside an impl.
pub(super) fn path(field: &Field) -> TokenStream {
    let name = name(field);
    quote!(Self::#name)
}

fn constant(field: &Field, model: &Model, support: &TokenStream) -> TokenStream {
    let (ty, name, form) = (&field.ty, name(field), form(field, model, support));
    let kind = match field.role {
        Role::PartitionKey | Role::SortKey | Role::KeyPart => quote!(KeyAttribute),
        _ if field.attrs.set.is_some() => quote!(Set),
        Role::Attribute if field.attrs.is_index_key() => quote!(IndexKey),
        _ if field.attrs.is_ordered() => quote!(Ordered),
        // A number is one to conditions and changes too; a time has an order.
        _ if field.attrs.ttl.is_some() && !is_count(ty) => quote!(Ordered),
        _ if field.attrs.with.is_some() => quote!(Opaque),
        _ => quote!(Plain),
    };
    // The lock is shown, and has no path that others see.
    let (attribute, vis) = match field.role {
        Role::LockView => (&model.lock.attribute.text, None),
        _ => (&field.name.text, Some(&field.vis)),
    };
    let doc = format!("The path of attribute `{attribute}`.");
    quote! {
        #[doc = #doc]
        #vis const #name: #support::Attr<Self, #ty, #support::#kind> =
            #support::Attr::stored(#attribute, #form);
    }
}

/// How the field is stored. What it demands of the type is demanded here alone.
fn form(field: &Field, model: &Model, support: &TokenStream) -> TokenStream {
    let (ty, span) = (&field.ty, at(&field.ty));
    let of_type = moved(support, span);
    let mut form = match (field.role, &field.attrs.with) {
        (Role::PartitionKey | Role::SortKey | Role::KeyPart, _) => {
            let key = key_form(field, support);
            return quote!(#key.form);
        }
        (Role::Attribute, None) if field.attrs.is_index_key() => {
            let key = index_key_form(field, support);
            // It must be whole seconds all the same.
            let seconds = field
                .attrs
                .ttl
                .map(|_| quote_spanned!(span=> let _ = #of_type::ttl_form::<#ty, _>();));
            quote!({ #seconds #key })
        }
        (Role::Attribute, None) if field.attrs.ttl.is_some() => {
            quote_spanned!(span=> #of_type::ttl_form::<#ty, _>())
        }
        (Role::LockView, _) | (_, None) if field.attrs.set.is_none() => {
            quote_spanned!(span=> #of_type::Form::<#ty>::plain())
        }
        (_, Some(with)) => {
            let support = moved(support, with.span());
            quote_spanned!(with.span()=>
                #support::Form::<#ty>::with(
                    |value| #support::encode_with(|serializer| #with::serialize(value, serializer)),
                    |found| #support::decode_with(found, |deserializer| {
                        #with::deserialize(deserializer)
                    }),
                )
            )
        }
        (_, None) => quote_spanned!(span=> #of_type::Form::<#ty>::set()),
    };
    if let Some(default) = default(field, model, support) {
        form.extend(quote!(.or(#default)));
    }
    if let Some(skip) = &field.attrs.skip_serializing_if {
        form.extend(quote!(.skip_if(|value| #skip(value))));
    }
    form
}

/// The form of a key. Written with the same words wherever it is needed, so that the compiler complains once.
pub(super) fn key_form(field: &Field, support: &TokenStream) -> TokenStream {
    let (ty, span) = (&field.ty, at(&field.ty));
    let support = moved(support, span);
    quote_spanned!(span=> #support::KeyForm::<#ty>::of())
}

/// The form of the key of an index.
fn index_key_form(field: &Field, support: &TokenStream) -> TokenStream {
    let (ty, span) = (&field.ty, at(&field.ty));
    let limit = if is_sort_key(&field.attrs) {
        quote!(MAX_SORT_BYTES)
    } else {
        quote!(MAX_PARTITION_BYTES)
    };
    let of_type = moved(support, span);
    quote_spanned!(span=> #of_type::index_key_form::<#ty, { #support::#limit }>())
}

/// A function for the value of an absent attribute, where the struct gives one.
pub(super) fn default(field: &Field, model: &Model, support: &TokenStream) -> Option<TokenStream> {
    let (ident, ty) = (&field.ident, &field.ty);
    if let Some(own) = &field.attrs.default {
        return Some(own.path.as_ref().map_or_else(
            || quote_spanned!(own.span=> <#ty as #support::Default>::default),
            |path| quote!(#path),
        ));
    }
    model.default.as_ref().map(|whole| {
        let make = whole.path.as_ref().map_or_else(
            || quote!(<Self as #support::Default>::default),
            |path| quote!(#path),
        );
        quote_spanned!(whole.span=> || { let whole: Self = #make(); whole.#ident })
    })
}

fn name(field: &Field) -> Ident {
    if field.role == Role::LockView {
        return format_ident!("__LOCK", span = field.ident.span());
    }
    field.attrs.constant.clone().unwrap_or_else(|| {
        let name = field.ident.unraw().to_string().to_uppercase();
        format_ident!("{name}", span = field.ident.span())
    })
}

/// A count of seconds, or an Option of one, as it is written.
fn is_count(ty: &Type) -> bool {
    let last = match ty {
        // What a `macro_rules` passed on as `$t:ty`.
        Type::Group(group) => return is_count(&group.elem),
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let Some(last) = last else { return false };
    let names = ["i32", "u32", "i64", "u64", "isize", "usize", "EpochSeconds"];
    match &last.arguments {
        PathArguments::None => names.iter().any(|name| last.ident == name),
        PathArguments::AngleBracketed(inside) if last.ident == "Option" => inside
            .args
            .iter()
            .any(|inside| matches!(inside, GenericArgument::Type(ty) if is_count(ty))),
        _ => false,
    }
}
