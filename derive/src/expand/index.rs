use proc_macro2::TokenStream;
use quote::quote;

use super::parts::Owner;
use super::{keys, schema::option};
use crate::index::{Index, IndexKey, Projection};
use crate::model::{Field, Model, Role};
use crate::template::Template;

/// What a key of an index is.
enum KeyOf<'a> {
    Field(usize, &'a Field),
    Made(&'a Template),
}

impl KeyOf<'_> {
    /// The fields that it is made of, by their places.
    fn fields(&self) -> Vec<usize> {
        match self {
            Self::Field(place, _) => vec![*place],
            Self::Made(template) => template.fields().collect(),
        }
    }
}

/// The schema of each index.
pub(super) fn schemas(model: &Model, support: &TokenStream) -> Vec<TokenStream> {
    let schema = |(place, index): (usize, &Index)| {
        let (name, local) = (&index.name, index.local.is_some());
        let owner = owner(place, model, support);
        let places = fields(index, model);
        let key = |key: KeyOf<'_>| match key {
            KeyOf::Made(template) => keys::by_template(template, &places, model, support),
            KeyOf::Field(_, field) => {
                let (name, key) = (&field.name.text, owner.key(field));
                quote!(#support::KeyAttributeSchema {
                    name: #name,
                    key_type: <#key as #support::KeyValue>::TYPE,
                    template: #support::Option::None,
                })
            }
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
    model.indexes.iter().enumerate().map(schema).collect()
}

/// A constant for each index.
pub(super) fn constants(model: &Model, support: &TokenStream) -> TokenStream {
    let constants = model
        .indexes
        .iter()
        .enumerate()
        .filter_map(|(place, index)| {
            let constant = index.constant().ok()?;
            // What is its own: a local index has the table's partition key.
            let key = match index.local {
                Some(_) => sort(index, model)?,
                None => partition(index, model)?,
            };
            let vis = key.fields().first().map(|place| &model.fields[*place].vis);
            let shape = shape(place, index, model, support);
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
                    #shape,
                    #support::#kind<#place>,
                > = #support::Index::derived();
            })
        });
    constants.collect()
}

/// The shape of its keys.
fn shape(place: usize, index: &Index, model: &Model, support: &TokenStream) -> TokenStream {
    let owner = owner(place, model, support);
    let types = |places: Vec<usize>| {
        let keys = places
            .into_iter()
            .map(|place| owner.key(&model.fields[place]));
        keys.collect::<Vec<_>>()
    };
    let all = types(fields(index, model));
    if is_made(index, model) {
        let partition = partition(index, model).map(|key| types(key.fields()));
        let partition = partition.unwrap_or_default();
        return quote! {
            #support::ByTemplate<#support::IndexOf<Self, #place>, (#(#partition,)*), (#(#all,)*)>
        };
    }
    let shape = if all.len() == 1 {
        quote!(Single)
    } else {
        quote!(Composite)
    };
    quote!(#support::#shape<#(#all),*>)
}

/// What indexes with keys by template need besides the entity's impl.
pub(super) fn templates(model: &Model, support: &TokenStream) -> TokenStream {
    let of_index = |(place, index): (usize, &Index)| {
        let owner = owner(place, model, support);
        let checks = index
            .templates()
            .map(|(template, _)| owner.widths(template));
        let checks: TokenStream = checks.collect();
        let sort = sort(index, model).map(|sort| match sort {
            KeyOf::Field(_, field) => owner.sort_by_field(field),
            KeyOf::Made(template) => owner.sort_by_parts(template),
        });
        quote!(#checks #sort)
    };
    let indexes = model.indexes.iter().enumerate();
    let made = indexes.filter(|(_, index)| is_made(index, model));
    made.map(of_index).collect()
}

/// Each attribute that is made of fields for the sake of an index: its template, and the most bytes that it can have.
pub(super) fn made<'a>(
    model: &'a Model,
    support: &TokenStream,
) -> Vec<(&'a Template, TokenStream)> {
    let all = || model.indexes.iter().flat_map(Index::templates);
    let mut made: Vec<(&Template, TokenStream)> = Vec::new();
    for (template, _) in all() {
        let known = made
            .iter()
            .map(|(template, _)| *template)
            .chain(model.templates.all());
        if known
            .into_iter()
            .any(|known| known.name.text == template.name.text)
        {
            continue;
        }
        let sorts = |(other, sort): (&Template, bool)| sort && other.is_same(template);
        let limit = if all().any(sorts) {
            quote!(#support::MAX_SORT_BYTES)
        } else {
            quote!(#support::MAX_PARTITION_BYTES)
        };
        made.push((template, limit));
    }
    made
}

fn owner<'a>(place: usize, model: &'a Model, support: &'a TokenStream) -> Owner<'a> {
    let index = Some(place);
    Owner {
        model,
        support,
        index,
    }
}

/// Whether a key of it is made of fields.
fn is_made(index: &Index, model: &Model) -> bool {
    let keys = [partition(index, model), sort(index, model)];
    keys.iter()
        .flatten()
        .any(|key| matches!(key, KeyOf::Made(_)))
}

/// The fields of its keys by their places, partition key first, each once.
fn fields(index: &Index, model: &Model) -> Vec<usize> {
    let keys = [partition(index, model), sort(index, model)];
    let mut places = Vec::new();
    for place in keys.iter().flatten().flat_map(KeyOf::fields) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// A local index has the partition key of the table.
fn partition<'a>(index: &'a Index, model: &'a Model) -> Option<KeyOf<'a>> {
    match (&index.partition, &model.templates.partition) {
        (Some(key), _) => key_of(key, model),
        (None, Some(template)) => Some(KeyOf::Made(template)),
        (None, None) => {
            let mut fields = model.fields.iter().enumerate();
            let marked = fields.find(|(_, field)| field.role == Role::PartitionKey);
            marked.map(|(place, field)| KeyOf::Field(place, field))
        }
    }
}

fn sort<'a>(index: &'a Index, model: &'a Model) -> Option<KeyOf<'a>> {
    index.sort.as_ref().and_then(|key| key_of(key, model))
}

fn key_of<'a>(key: &'a IndexKey, model: &'a Model) -> Option<KeyOf<'a>> {
    match key {
        IndexKey::Field(place) => {
            let field = model.fields.get(*place);
            field.map(|field| KeyOf::Field(*place, field))
        }
        IndexKey::Made(template) => Some(KeyOf::Made(template)),
    }
}
