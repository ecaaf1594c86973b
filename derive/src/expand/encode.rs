use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::model::{Field, Model, Role};

pub(super) fn encode(model: &Model, support: &TokenStream) -> TokenStream {
    let values = model
        .with_role(Role::Attribute)
        .map(|field| value(field, support));
    let lock_view = model.with_role(Role::LockView).next().map_or_else(
        || quote!(#support::Option::None),
        |field| {
            let value = value(field, support);
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

fn value(field: &Field, support: &TokenStream) -> TokenStream {
    let (ident, span) = (&field.ident, field.ty.span());
    let value = if field.attrs.set.is_some() {
        quote_spanned!(span=> #support::encode_set(&self.#ident))
    } else if let Some(with) = &field.attrs.with {
        quote_spanned!(with.span()=>
            #support::encode_with(|serializer| #with::serialize(&self.#ident, serializer))
        )
    } else {
        quote_spanned!(span=> #support::encode(&self.#ident))
    };
    match &field.attrs.skip_serializing_if {
        None => value,
        Some(skip) => quote! {
            if #skip(&self.#ident) { #support::Result::Ok(#support::Option::None) } else { #value }
        },
    }
}
