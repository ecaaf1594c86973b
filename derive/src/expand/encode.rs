use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{at, index, paths};
use crate::model::Model;

/// Attribute by attribute, in the order of the schema.
pub(super) fn encode(model: &Model, support: &TokenStream) -> TokenStream {
    let krate = &model.krate;
    let arms = |arm: fn(&TokenStream, &syn::Ident) -> TokenStream| -> Vec<TokenStream> {
        let attributes = model.attributes().enumerate();
        attributes
            .map(|(index, field)| {
                let arm = arm(&paths::path(field), &field.ident);
                quote!(#index => #arm,)
            })
            .collect()
    };
    let made = index::made(model, support);
    let first = model.attributes().count();
    let places = first..first + made.len();
    let made_encoded = made
        .iter()
        .zip(places.clone())
        .map(|((template, _), index)| {
            let parts = template.fields().map(|place| {
            let (ident, ty) = (&model.fields[place].ident, &model.fields[place].ty);
            quote_spanned!(at(ty)=> <#ty as #support::IndexKeyField>::to_index_key(&self.#ident))
        });
            quote! {
                #index => match &<Self as #krate::Entity>::SCHEMA.attributes[#index].made {
                    #support::Option::Some(made) => made.make(&[#(#parts),*]),
                    #support::Option::None => #support::Result::Ok(#support::Option::None),
                },
            }
        });
    let made_restored = places.map(|index| quote!(#index => #support::Result::Ok(value.cloned()),));
    let encoded = arms(|path, ident| quote!(#path.to_stored(&self.#ident)));
    let compared = arms(|path, ident| quote!(#path.is_stored_as(&self.#ident, found)));
    let restored = arms(|path, _| quote!(#path.restored(value)));
    quote! {
        fn encode(&self, index: usize) -> #support::Encoded {
            match index {
                #(#encoded)*
                #(#made_encoded)*
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
                #(#made_restored)*
                _ => { let _ = value; #support::Result::Ok(#support::Option::None) }
            }
        }
    }
}
