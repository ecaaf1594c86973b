use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::at;
use crate::attr::DefaultAttr;
use crate::model::{Field, Model, Role};

pub(super) fn decode(model: &Model, support: &TokenStream) -> TokenStream {
    let defaults = model.default.as_ref().map(|default| {
        let make = default.path.as_ref().map_or_else(
            || quote!(<Self as #support::Default>::default),
            |path| quote!(#path),
        );
        quote_spanned!(default.span=> let __defaults: Self = #make();)
    });
    let values = model.fields.iter().map(|field| {
        let ident = &field.ident;
        let value = value(field, model, support);
        quote!(#ident: #value)
    });
    quote! {
        fn decode(__item: &#support::Item) -> #support::Result<Self, #support::ValueError> {
            #defaults
            #support::Result::Ok(Self { #(#values),* })
        }
    }
}

fn value(field: &Field, model: &Model, support: &TokenStream) -> TokenStream {
    let (ty, span) = (&field.ty, at(&field.ty));
    let name = match field.role {
        Role::LockView => &model.lock.attribute.text,
        _ => &field.name.text,
    };
    let absent = absent(field, model, support);
    let found = match field.role {
        Role::Skipped => {
            return absent
                .unwrap_or_else(|| quote_spanned!(span=> <#ty as #support::Default>::default()));
        }
        Role::PartitionKey | Role::SortKey => {
            return quote_spanned!(span=>
                #support::decode_key::<#ty>(__item, #name)?
            );
        }
        Role::LockView | Role::Attribute => {
            let aliases = &field.attrs.aliases;
            quote!(#support::find(__item, #name, &[#(#aliases),*]))
        }
    };
    let value = present(field, &found, absent.as_ref(), support);
    quote!(#value.map_err(|error: #support::ValueError| error.of(#name))?)
}

/// Decodes what was found, or takes the value of an absent attribute.
fn present(
    field: &Field,
    found: &TokenStream,
    absent: Option<&TokenStream>,
    support: &TokenStream,
) -> TokenStream {
    let decoded = decoded(field, support);
    match absent {
        None => quote! {{ let found = #found; #decoded }},
        Some(absent) => quote! {
            match #found {
                #support::Option::None => #support::Result::Ok(#absent),
                found => #decoded,
            }
        },
    }
}

/// Decodes `value`, which may be absent, without the rest of the item.
pub(super) fn alone(field: &Field, value: &TokenStream, support: &TokenStream) -> TokenStream {
    let own = field
        .attrs
        .default
        .as_ref()
        .map(|default| own_default(field, default, support));
    present(field, value, own.as_ref(), support)
}

/// Decodes `found`.
fn decoded(field: &Field, support: &TokenStream) -> TokenStream {
    let (ty, span) = (&field.ty, at(&field.ty));
    if field.attrs.set.is_some() {
        quote_spanned!(span=> #support::decode_set::<#ty>(found))
    } else if let Some(with) = &field.attrs.with {
        quote_spanned!(with.span()=> #support::decode_with(found, #with::deserialize))
    } else {
        quote_spanned!(span=> #support::decode::<#ty>(found))
    }
}

/// The value of an absent attribute, where the struct gives one.
fn absent(field: &Field, model: &Model, support: &TokenStream) -> Option<TokenStream> {
    let ident = &field.ident;
    match (&field.attrs.default, &model.default) {
        (Some(own), _) => Some(own_default(field, own, support)),
        (None, Some(_)) => Some(quote!(__defaults.#ident)),
        (None, None) => None,
    }
}

fn own_default(field: &Field, default: &DefaultAttr, support: &TokenStream) -> TokenStream {
    default.path.as_ref().map_or_else(
        || {
            let ty = &field.ty;
            quote_spanned!(default.span=> <#ty as #support::Default>::default())
        },
        |path| quote!(#path()),
    )
}

pub(super) fn lock_view(model: &Model, support: &TokenStream) -> TokenStream {
    let Some(field) = model.with_role(Role::LockView).next() else {
        return quote! {
            type LockView = ();

            fn decode_lock_view(
                _: #support::Option<&#support::AttributeValue>,
            ) -> #support::Result<(), #support::ValueError> {
                #support::Result::Ok(())
            }

            fn set_lock_view(&mut self, (): ()) {}
        };
    };
    let (ident, ty) = (&field.ident, &field.ty);
    let decode = quote_spanned!(at(ty)=> #support::decode::<#ty>(lock));
    quote! {
        type LockView = #ty;

        fn decode_lock_view(
            lock: #support::Option<&#support::AttributeValue>,
        ) -> #support::Result<#ty, #support::ValueError> {
            #decode
        }

        fn set_lock_view(&mut self, view: #ty) {
            self.#ident = view;
        }
    }
}
