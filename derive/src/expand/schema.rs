use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::at;
use crate::attr::LockKind;
use crate::model::{Field, Model, Role};

pub(super) fn schema(model: &Model, support: &TokenStream) -> TokenStream {
    let table = &model.table;
    let key = |field: &Field| {
        let (name, ty) = (&field.name.text, &field.ty);
        quote_spanned!(at(ty)=> (#name, <#ty as #support::KeyValue>::TYPE))
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
            attributes: &[#(#attributes),*],
        };
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or(quote!(None), |value| quote!(Some(#value)))
}
