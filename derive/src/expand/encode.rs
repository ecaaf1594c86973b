use proc_macro2::TokenStream;
use quote::quote;

use super::paths;
use crate::model::Model;

/// Attribute by attribute, in the order of the schema.
pub(super) fn encode(model: &Model, support: &TokenStream) -> TokenStream {
    let arms = |arm: fn(&TokenStream, &syn::Ident) -> TokenStream| -> Vec<TokenStream> {
        let attributes = model.attributes().enumerate();
        attributes
            .map(|(index, field)| {
                let arm = arm(&paths::path(field), &field.ident);
                quote!(#index => #arm,)
            })
            .collect()
    };
    let encoded = arms(|path, ident| quote!(#path.to_stored(&self.#ident)));
    let compared = arms(|path, ident| quote!(#path.is_stored_as(&self.#ident, found)));
    let restored = arms(|path, _| quote!(#path.restored(value)));
    quote! {
        fn encode(&self, index: usize) -> #support::Encoded {
            match index {
                #(#encoded)*
                _ => #support::Result::Ok(#support::Option::None),
            }
        }

        fn is_stored_as(
            &self,
            index: usize,
            found: #support::Option<&#support::AttributeValue>,
        ) -> bool {
            match index {
                #(#compared)*
                _ => { let _ = found; false }
            }
        }

        fn restored(
            index: usize,
            value: #support::Option<&#support::AttributeValue>,
        ) -> #support::Encoded {
            match index {
                #(#restored)*
                _ => { let _ = value; #support::Result::Ok(#support::Option::None) }
            }
        }
    }
}
