use proc_macro2::TokenStream;
use quote::quote;

use super::{index, paths};
use crate::attr::LockKind;
use crate::model::{Field, Model, Role};

pub(super) fn schema(model: &Model, support: &TokenStream) -> TokenStream {
    let table = &model.table;
    let key = |field: &Field| {
        let (name, form) = (&field.name.text, paths::key_form(field, support));
        quote!(#support::KeyAttributeSchema { name: #name, key_type: #form.kind })
    };
    let partition = model.with_role(Role::PartitionKey).map(key);
    let sort = model.with_role(Role::SortKey).map(key).next();
    let sort = option(sort);
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
    let ttl = model.ttl().map(|field| {
        let (name, hides) = (&field.name.text, field.attrs.hide_expired.is_some());
        quote!(#support::TtlSchema { attribute: #name, hides_expired: #hides })
    });
    let ttl = option(ttl);
    let attributes = model.with_role(Role::Attribute).map(|field| {
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
    let indexes = index::schemas(model, support);
    quote! {
        const SCHEMA: &'static #support::Schema = &#support::Schema {
            table: #table,
            key: #support::KeySchema {
                partition: #(#partition)*,
                sort: #support::Option::#sort,
            },
            lock: #support::LockSchema {
                kind: #support::LockKind::#kind,
                attribute: #lock,
                journal: #support::Option::#journal,
            },
            ttl: #support::Option::#ttl,
            attributes: &[#(#attributes),*],
            indexes: &[#(#indexes),*],
        };
    }
}

pub(super) fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or(quote!(None), |value| quote!(Some(#value)))
}
