use proc_macro2::TokenStream;
use quote::quote;

use super::{index, keys};
use crate::attr::LockKind;
use crate::model::Model;

pub(super) fn schema(model: &Model, support: &TokenStream) -> TokenStream {
    let table = &model.table;
    let key = keys::schema(model, support);
    let kind = match model.lock.kind {
        LockKind::Version => quote!(Version),
        LockKind::Uuid => quote!(Uuid),
        LockKind::Values => quote!(Values),
    };
    let lock = &model.lock.attribute.text;
    let journal = option(model.lock.journal.as_ref().map(|journal| {
        let name = &journal.text;
        quote!(#name)
    }));
    let attributes = model.attributes().map(|field| {
        let (name, aliases) = (&field.name.text, &field.attrs.aliases);
        let automatic = field.attrs.updated_at.is_some();
        quote! {
            #support::AttributeSchema {
                name: #name,
                aliases: &[#(#aliases),*],
                automatic: #automatic,
            }
        }
    });
    let own_kind = option(model.kind.as_ref().map(|kind| {
        let (attribute, value) = (&kind.attribute.text, &kind.value);
        quote!(#support::KindSchema { attribute: #attribute, value: #value })
    }));
    let indexes = index::schemas(model, support);
    quote! {
        const SCHEMA: &'static #support::Schema = &#support::Schema {
            table: #table,
            key: #key,
            lock: #support::LockSchema {
                kind: #support::LockKind::#kind,
                attribute: #lock,
                journal: #support::Option::#journal,
            },
            kind: #support::Option::#own_kind,
            attributes: &[#(#attributes),*],
            indexes: &[#(#indexes),*],
        };
    }
}

pub(super) fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or(quote!(None), |value| quote!(Some(#value)))
}
