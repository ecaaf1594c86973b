//! Writes the impl.

mod decode;
mod encode;
mod index;
mod paths;
mod schema;
mod stamp;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;

use syn::Type;
use syn::spanned::Spanned;

use crate::model::{Model, Role};

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
    let key = keys(model, &support);
    let schema = schema::schema(model, &support);
    let encode = encode::encode(model, &support);
    let decode = decode::decode(model, &support);
    let lock_view = decode::lock_view(model, &support);
    let paths = paths::paths(model, &support);
    let stamps = stamp::stamps(model, &support);
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

        #[automatically_derived]
        impl #generics #krate::Replaceable for #ident #types #bounds {}
    }
}

/// The paths of a part; it has no impl.
pub(crate) fn part(model: &Model) -> TokenStream {
    let krate = &model.krate;
    paths::paths(model, &quote!(#krate::__derive))
}

fn keys(model: &Model, support: &TokenStream) -> TokenStream {
    let keys: Vec<_> = model
        .with_role(Role::PartitionKey)
        .chain(model.with_role(Role::SortKey))
        .collect();
    let types = keys.iter().map(|key| &key.ty);
    let shape = if keys.len() == 1 {
        quote!(Single)
    } else {
        quote!(Composite)
    };
    let scalars = keys.iter().map(|key| {
        let (field, form) = (&key.ident, paths::key_form(key, support));
        quote!((#form.scalar)(&self.#field))
    });
    let mut scalars = scalars.collect::<Vec<_>>().into_iter();
    let partition = scalars.next();
    let sort = scalars
        .next()
        .map_or(quote!(None), |sort| quote!(Some(#sort)));
    quote! {
        type Key = #support::#shape<#(#types),*>;

        fn key(&self) -> #support::Key {
            #support::Key::new(#partition, #support::Option::#sort)
        }
    }
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
                    },
                    sort: #support::Option::None,
                },
                lock: #support::LockSchema {
                    kind: #support::LockKind::Version,
                    attribute: "",
                    journal: #support::Option::None,
                },
                attributes: &[],
                indexes: &[],
            };
            fn key(&self) -> #support::Key { ::core::unreachable!() }
            fn encode(&self, _: usize) -> #support::Encoded { ::core::unreachable!() }
            fn restored(
                _: usize,
                _: #support::Option<&#support::AttributeValue>,
            ) -> #support::Encoded {
                ::core::unreachable!()
            }
            fn decode(_: &#support::Item) -> #support::Result<Self, #support::ValueError> {
                ::core::unreachable!()
            }
            fn decode_lock_view(
                _: #support::Option<&#support::AttributeValue>,
            ) -> #support::Result<(), #support::ValueError> {
                ::core::unreachable!()
            }
            fn set_lock_view(&mut self, _: ()) {}
        }

        #[automatically_derived]
        impl #generics #krate::Replaceable for #ident #types #bounds {}
    }
}
