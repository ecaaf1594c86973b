use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::at;
use crate::model::{Field, Model, Role};

pub(super) fn encode(model: &Model, support: &TokenStream) -> TokenStream {
    let values = model
        .with_role(Role::Attribute)
        .map(|field| of_field(field, support));
    let lock_view = model.with_role(Role::LockView).next().map_or_else(
        || quote!(#support::Option::None),
        |field| {
            let value = of_field(field, support);
            quote!(#support::Option::Some(#value))
        },
    );
    quote! {
        fn encode(&self) -> #support::Vec<#support::Encoded> {
            #support::Vec::from([#(#values),*])
        }

        fn encode_lock_view(&self) -> #support::Option<#support::Encoded> {
            #lock_view
        }
    }
}

fn of_field(field: &Field, support: &TokenStream) -> TokenStream {
    let ident = &field.ident;
    value(field, &quote!(&self.#ident), support)
}

/// Encodes `value`, a reference to the type of the field.
pub(super) fn value(field: &Field, value: &TokenStream, support: &TokenStream) -> TokenStream {
    let span = at(&field.ty);
    let encoded = if field.attrs.set.is_some() {
        quote_spanned!(span=> #support::encode_set(#value))
    } else if let Some(with) = &field.attrs.with {
        quote_spanned!(with.span()=>
            #support::encode_with(|serializer| #with::serialize(#value, serializer))
        )
    } else {
        quote_spanned!(span=> #support::encode(#value))
    };
    match &field.attrs.skip_serializing_if {
        None => encoded,
        Some(skip) => quote! {
            if #skip(#value) { #support::Result::Ok(#support::Option::None) } else { #encoded }
        },
    }
}
