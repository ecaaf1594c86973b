//! A newtype as a key.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, parse_quote};

use crate::attr::StructAttrs;
use crate::errors::Errors;
use crate::expand::{at, moved};

/// The impl of `KeyValue`, by that of the one field.
pub(crate) fn key_value(input: &DeriveInput, errors: &mut Errors) -> Option<TokenStream> {
    let attrs = StructAttrs::parse(&input.attrs, errors);
    let fields: Vec<_> = match &input.data {
        Data::Struct(data) => data.fields.iter().collect(),
        _ => Vec::new(),
    };
    let &[field] = fields.as_slice() else {
        errors.on(
            &input.ident,
            "a derived key is a struct with one field, `struct UserId(String);`; implement `KeyValue` by hand for another",
        );
        return None;
    };
    let krate = attrs.krate.unwrap_or_else(|| parse_quote!(::optimist));
    let (ident, mut generics) = (&input.ident, input.generics.clone());
    if generics.type_params().next().is_some() {
        let ty = &field.ty;
        let bound = parse_quote!(#ty: #krate::KeyValue);
        generics.make_where_clause().predicates.push(bound);
    }
    let (generics, types, bounds) = generics.split_for_impl();
    let member = field
        .ident
        .as_ref()
        .map_or_else(|| quote!(0), |name| quote!(#name));
    let (ty, span) = (&field.ty, at(&field.ty));
    let (krate_at, support) = (moved(&quote!(#krate), span), quote!(#krate::__derive));
    let inner = quote_spanned!(span=> <#ty as #krate_at::KeyValue>);
    Some(quote! {
        #[automatically_derived]
        impl #generics #krate::KeyValue for #ident #types #bounds {
            const TYPE: #support::KeyType = #inner::TYPE;

            fn to_key(&self) -> #support::KeyScalar {
                #inner::to_key(&self.#member)
            }

            fn from_key(
                value: &#krate::AttributeValue,
            ) -> #support::Result<Self, #support::ValueError> {
                #support::Result::map(#inner::from_key(value), |key| Self { #member: key })
            }
        }
    })
}
