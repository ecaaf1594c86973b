use proc_macro2::TokenStream;
use quote::quote;

use super::{index, keys};
use crate::attr::LockKind;
use crate::model::{Model, Role};

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
    let ttl = model.ttl().map(|field| {
        let (name, hides) = (&field.name.text, field.attrs.hide_expired.is_some());
        quote!(#support::TtlSchema { attribute: #name, hides_expired: #hides })
    });
    let ttl = option(ttl);
    let attributes = model.attributes().map(|field| {
        let (name, aliases) = (&field.name.text, &field.attrs.aliases);
        let automatic = field.attrs.updated_at.is_some();
        quote! {
            #support::AttributeSchema {
                name: #name,
                aliases: &[#(#aliases),*],
                automatic: #automatic,
                made: #support::Option::None,
            }
        }
    });
    let made = index::made(model, support);
    let made = made.iter().map(|(template, limit)| {
        let places: Vec<_> = template.fields().collect();
        let fields = || places.iter().map(|place| &model.fields[*place]);
        let of = fields().map(|field| &field.name.text);
        let changing = fields().filter(|field| field.role == Role::Attribute);
        let changing = changing.map(|field| &field.name.text);
        let (name, value) = (
            &template.name.text,
            keys::value(template, &places, model, support),
        );
        quote! {
            #support::AttributeSchema {
                name: #name,
                aliases: &[],
                automatic: false,
                made: #support::Option::Some(#support::MadeSchema {
                    template: #value,
                    of: &[#(#of),*],
                    changing: &[#(#changing),*],
                    limit: #limit,
                }),
            }
        }
    });
    let attributes = attributes.chain(made);
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
            ttl: #support::Option::#ttl,
            attributes: &[#(#attributes),*],
            indexes: &[#(#indexes),*],
        };
    }
}

pub(super) fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or(quote!(None), |value| quote!(Some(#value)))
}
