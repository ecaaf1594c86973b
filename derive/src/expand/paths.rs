use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::{decode, encode};
use crate::model::{Field, Model, Role};

/// A constant for each attribute: its typed path.
pub(super) fn paths(model: &Model, support: &TokenStream) -> TokenStream {
    let (ident, (generics, types, bounds)) = (&model.ident, model.generics.split_for_impl());
    let constants = model
        .fields
        .iter()
        .filter(|field| !matches!(field.role, Role::LockView | Role::Skipped))
        .map(|field| constant(field, support));
    quote! {
        #[allow(dead_code)]
        impl #generics #ident #types #bounds {
            #(#constants)*
        }
    }
}

fn constant(field: &Field, support: &TokenStream) -> TokenStream {
    let (ty, vis, attribute) = (&field.ty, &field.vis, &field.name.text);
    let name = name(field);
    let doc = format!("The path of attribute `{attribute}`.");
    let value = quote!(value);
    let (kind, encode, decode) = match field.role {
        Role::PartitionKey | Role::SortKey => (
            quote!(KeyAttribute),
            quote!(#support::encode_key(value)),
            quote!(#support::decode_key_value(value)),
        ),
        _ => (
            if field.attrs.set.is_some() {
                quote!(Set)
            } else if field.attrs.with.is_some() {
                quote!(Opaque)
            } else {
                quote!(Plain)
            },
            encode::value(field, &value, support),
            decode::alone(field, &value, support),
        ),
    };
    quote! {
        #[doc = #doc]
        #vis const #name: #support::Attr<Self, #ty, #support::#kind> = #support::Attr::stored(
            #attribute,
            |value: &#ty| #encode,
            |value| #decode,
        );
    }
}

fn name(field: &Field) -> Ident {
    field.attrs.constant.clone().unwrap_or_else(|| {
        let name = field.ident.unraw().to_string().to_uppercase();
        format_ident!("{name}", span = field.ident.span())
    })
}
