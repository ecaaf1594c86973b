//! The key: a field or two, or what templates make of fields.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

use super::parts::Owner;
use super::{paths, schema::option};
use crate::model::{Field, Model, Role};
use crate::template::{Piece, Template};

/// The shape of keys, and the key of a value.
pub(super) fn key(model: &Model, support: &TokenStream) -> TokenStream {
    let keys: Vec<_> = key_fields(model).collect();
    let scalars = keys.iter().map(|key| {
        let (field, form) = (&key.ident, paths::key_form(key, support));
        quote!((#form.scalar)(&self.#field))
    });
    if model.templates.all().next().is_some() {
        let places = model.partition_fields().into_iter();
        let partition = places.map(|place| &model.fields[place].ty);
        let all = keys.iter().map(|key| &key.ty);
        return quote! {
            type Key = #support::ByTemplate<Self, (#(#partition,)*), (#(#all,)*)>;

            fn key(&self) -> #support::Key {
                #support::Key::of_fields(
                    &<Self as #support::KeyTemplates>::KEY,
                    &[#(#scalars),*],
                )
            }
        };
    }
    let types = keys.iter().map(|key| &key.ty);
    let shape = if keys.len() == 1 {
        quote!(Single)
    } else {
        quote!(Composite)
    };
    let mut scalars = scalars.collect::<Vec<_>>().into_iter();
    let partition = scalars.next();
    let sort = option(scalars.next());
    quote! {
        type Key = #support::#shape<#(#types),*>;

        fn key(&self) -> #support::Key {
            #support::Key::new(#partition, #support::Option::#sort)
        }
    }
}

fn key_fields(model: &Model) -> impl Iterator<Item = &Field> {
    let places = model.key_fields().into_iter();
    places.map(|place| &model.fields[place])
}

/// The schema of the key, as it stands in the entity's.
pub(super) fn schema(model: &Model, support: &TokenStream) -> TokenStream {
    if model.templates.all().next().is_some() {
        quote!(<Self as #support::KeyTemplates>::KEY)
    } else {
        key_schema(model, support)
    }
}

fn key_schema(model: &Model, support: &TokenStream) -> TokenStream {
    let places = model.key_fields();
    let attribute = |template: &Option<Template>, role| {
        let marked = model.with_role(role).next();
        let made = template
            .as_ref()
            .map(|template| by_template(template, &places, model, support));
        made.or_else(|| marked.map(|field| by_field(field, support)))
    };
    let partition = attribute(&model.templates.partition, Role::PartitionKey);
    let sort = option(attribute(&model.templates.sort, Role::SortKey));
    quote! {
        #support::KeySchema {
            partition: #partition,
            sort: #support::Option::#sort,
        }
    }
}

fn by_field(field: &Field, support: &TokenStream) -> TokenStream {
    let (name, form) = (&field.name.text, paths::key_form(field, support));
    quote! {
        #support::KeyAttributeSchema {
            name: #name,
            key_type: #form.kind,
            template: #support::Option::None,
        }
    }
}

/// The schema of a key by template; its fields have the places of `places`.
pub(super) fn by_template(
    template: &Template,
    places: &[usize],
    model: &Model,
    support: &TokenStream,
) -> TokenStream {
    let (name, template) = (&template.name.text, value(template, places, model, support));
    quote! {
        #support::KeyAttributeSchema {
            name: #name,
            key_type: #support::KeyType::S,
            template: #support::Option::Some(#template),
        }
    }
}

/// A template as a value.
pub(super) fn value(
    template: &Template,
    places: &[usize],
    model: &Model,
    support: &TokenStream,
) -> TokenStream {
    let pieces = template.pieces.iter().map(|piece| match piece {
        Piece::Text(text) => quote!(#support::Piece::Text(#text)),
        Piece::Part { field, digits } => {
            let place = places.iter().position(|place| place == field);
            let name = model.fields[*field].ident.unraw().to_string();
            let digits = option(digits.map(|digits| quote!(#digits)));
            quote! {
                #support::Piece::Part {
                    field: #name,
                    place: #place,
                    digits: #support::Option::#digits,
                }
            }
        }
    });
    quote!(#support::Template { pieces: &[#(#pieces),*] })
}

/// What keys by template need besides the entity's impl.
pub(super) fn templates(model: &Model, support: &TokenStream) -> TokenStream {
    if model.templates.all().next().is_none() {
        return TokenStream::new();
    }
    let (ident, (generics, types, bounds)) = (&model.ident, model.generics.split_for_impl());
    let schema = key_schema(model, support);
    let index = None;
    let owner = Owner {
        model,
        support,
        index,
    };
    let checks = model.templates.all().map(|template| owner.widths(template));
    let marked = model.with_role(Role::SortKey).next();
    let by_field = marked.map(|field| owner.sort_by_field(field));
    let by_parts = model.templates.sort.as_ref();
    let sort = by_parts.map_or(by_field, |template| Some(owner.sort_by_parts(template)));
    quote! {
        #[automatically_derived]
        impl #generics #support::KeyTemplates for #ident #types #bounds {
            const KEY: #support::KeySchema = #schema;
        }

        #(#checks)*
        #sort
    }
}
