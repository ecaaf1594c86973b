//! Writes the impl.

mod decode;
mod encode;
mod index;
mod keys;
mod parts;
mod paths;
mod schema;
mod stamp;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;

use syn::Type;
use syn::spanned::Spanned;

use crate::model::Model;

/// Points at a type, without its hygiene: one that a `macro_rules` passed on must not hide our names.
pub(crate) fn at(ty: &Type) -> Span {
    Span::call_site().located_at(ty.span())
}

/// The tokens, as if they stood in another place: what is wrong there is shown there.
pub(crate) fn moved(tokens: &TokenStream, span: Span) -> TokenStream {
    let move_one = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.clone().into_iter().map(move_one).collect()
}

pub(crate) fn entity(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let support = quote!(#krate::__derive);
    let (ident, (generics, types, bounds)) = (&model.ident, model.generics.split_for_impl());
    let key = keys::key(model, &support);
    let templates = keys::templates(model, &support);
    let indexes = index::templates(model, &support);
    let schema = schema::schema(model, &support);
    let encode = encode::encode(model, &support);
    let decode = decode::decode(model, &support);
    let lock_view = decode::lock_view(model, &support);
    let paths = paths::paths(model, &support);
    let stamps = stamp::stamps(model, &support);
    let expires = model.ttl().map(|_| {
        quote! {
            #[automatically_derived]
            impl #generics #support::Expires for #ident #types #bounds {}
        }
    });
    quote! {
        #paths

        #[automatically_derived]
        impl #generics #krate::Entity for #ident #types #bounds {
            #key
            #schema
            #encode
            #decode
            #lock_view
            #stamps
        }

        #templates
        #indexes
        #expires
    }
}

/// The paths of a part; it has no impl.
pub(crate) fn part(model: &Model) -> TokenStream {
    let krate = &model.krate;
    paths::paths(model, &quote!(#krate::__derive))
}

/// An impl that compiles whatever was wrong, so that nobody else complains of its absence.
pub(crate) fn fallback(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let support = quote!(#krate::__derive);
    let (ident, (generics, types, bounds)) = (&model.ident, model.generics.split_for_impl());
    quote! {
        #[automatically_derived]
        impl #generics #krate::Entity for #ident #types #bounds {
            type Key = #support::AnyShape;
            type LockView = ();
            const SCHEMA: &'static #support::Schema = &#support::Schema {
                table: "",
                key: #support::KeySchema {
                    partition: #support::KeyAttributeSchema {
                        name: "",
                        key_type: #support::KeyType::S,
                        template: #support::Option::None,
                    },
                    sort: #support::Option::None,
                },
                lock: #support::LockSchema {
                    kind: #support::LockKind::Version,
                    attribute: "",
                    journal: #support::Option::None,
                },
                kind: #support::Option::None,
                ttl: #support::Option::None,
                attributes: &[],
                indexes: &[],
            };
            fn key(&self) -> #support::Key { ::core::unreachable!() }
            fn encode(&self, _: usize) -> #support::Encoded { ::core::unreachable!() }
            fn is_stored_as(
                &self,
                _: usize,
                _: #support::Option<&#support::AttributeValue>,
            ) -> bool {
                ::core::unreachable!()
            }
            fn restored(
                _: usize,
                _: #support::Option<&#support::AttributeValue>,
            ) -> #support::Encoded {
                ::core::unreachable!()
            }
            fn decode_from(
                _: &mut #support::Attributes<'_>,
            ) -> #support::Result<Self, #support::ValueError> {
                ::core::unreachable!()
            }
            fn decode_lock_view(
                _: #support::Option<&#support::AttributeValue>,
            ) -> #support::Result<(), #support::ValueError> {
                ::core::unreachable!()
            }
            fn set_lock_view(&mut self, _: ()) {}
        }
    }
}
