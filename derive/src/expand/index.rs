use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{at, schema::option};
use crate::index::{Index, Projection};
use crate::model::{Field, Model, Role};

/// The schema of each index.
pub(super) fn schemas(model: &Model, support: &TokenStream) -> Vec<TokenStream> {
    let schema = |index: &Index| {
        let (name, local) = (&index.name, index.local.is_some());
        let key = |field: &Field| {
            let (name, key) = (&field.name.text, key(field, support));
            quote!(#support::KeyAttributeSchema {
                name: #name,
                key_type: <#key as #support::KeyValue>::TYPE,
            })
        };
        let partition = partition(index, model).map(key);
        let sort = option(sort(index, model).map(key));
        let included = index.included(model);
        let projection = match &index.projection {
            None | Some(Projection::All) => quote!(All),
            Some(Projection::Include(_)) if !included.is_empty() => {
                quote!(Include(&[#(#included),*]))
            }
            Some(Projection::Include(_) | Projection::Keys) => quote!(Keys),
        };
        quote! {
            #support::IndexSchema {
                name: #name,
                local: #local,
                key: #support::KeySchema {
                    partition: #partition,
                    sort: #support::Option::#sort,
                },
                projection: #support::IndexProjection::#projection,
            }
        }
    };
    model.indexes.iter().map(schema).collect()
}

/// A constant for each index.
pub(super) fn constants(model: &Model, support: &TokenStream) -> TokenStream {
    let constants = model
        .indexes
        .iter()
        .enumerate()
        .filter_map(|(place, index)| {
            let constant = index.constant().ok()?;
            let (partition, sort) = (partition(index, model)?, sort(index, model));
            let vis = &sort
                .filter(|_| index.local.is_some())
                .unwrap_or(partition)
                .vis;
            let keys: Vec<_> = [Some(partition), sort].into_iter().flatten().collect();
            let shape = if keys.len() == 1 {
                quote!(Single)
            } else {
                quote!(Composite)
            };
            let keys = keys.into_iter().map(|field| key(field, support));
            let kind = match (index.local, index.is_whole()) {
                (Some(_), _) => quote!(Local),
                (None, true) => quote!(Global),
                (None, false) => quote!(Partial),
            };
            let doc = format!("The index `{}`.", index.name.value());
            Some(quote! {
                #[doc = #doc]
                #vis const #constant: #support::Index<
                    Self,
                    #support::#shape<#(#keys),*>,
                    #support::#kind<#place>,
                > = #support::Index::derived();
            })
        });
    constants.collect()
}

fn partition<'a>(index: &Index, model: &'a Model) -> Option<&'a Field> {
    match index.partition {
        Some(place) => model.fields.get(place),
        None => model.with_role(Role::PartitionKey).next(),
    }
}

fn sort<'a>(index: &Index, model: &'a Model) -> Option<&'a Field> {
    index.sort.and_then(|place| model.fields.get(place))
}

/// The type of the key that a field is.
fn key(field: &Field, support: &TokenStream) -> TokenStream {
    let (ty, span) = (&field.ty, at(&field.ty));
    let support = super::moved(support, span);
    quote_spanned!(span=> <#ty as #support::IndexKeyField>::Key)
}
