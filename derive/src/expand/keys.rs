//! The key: a field or two, or what templates make of fields.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use syn::ext::IdentExt;

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

fn by_template(
    template: &Template,
    places: &[usize],
    model: &Model,
    support: &TokenStream,
) -> TokenStream {
    let name = &template.name.text;
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
    quote! {
        #support::KeyAttributeSchema {
            name: #name,
            key_type: #support::KeyType::S,
            template: #support::Option::Some(#support::Template { pieces: &[#(#pieces),*] }),
        }
    }
}

/// What keys by template need besides the entity's impl.
pub(super) fn templates(model: &Model, support: &TokenStream) -> TokenStream {
    if model.templates.all().next().is_none() {
        return TokenStream::new();
    }
    let (ident, (generics, types, bounds)) = (&model.ident, model.generics.split_for_impl());
    let schema = key_schema(model, support);
    let checks = widths(model, support);
    let sort = match &model.templates.sort {
        Some(template) => parts(template, model, support),
        None => marked_sort_key(model, support),
    };
    quote! {
        #[automatically_derived]
        impl #generics #support::KeyTemplates for #ident #types #bounds {
            const KEY: #support::KeySchema = #schema;
        }

        #checks
        #sort
    }
}

/// Numbers have a width, text has none. Types are known to the compiler alone. The messages are formats of `assert!`.
fn widths(model: &Model, support: &TokenStream) -> TokenStream {
    if !model.generics.params.is_empty() {
        return TokenStream::new();
    }
    let check = |template: &Template, piece: &Piece| {
        let Piece::Part { field, digits } = piece else {
            return None;
        };
        let field = &model.fields[*field];
        let (name, form) = (field.ident.unraw(), paths::key_form(field, support));
        let (kind, message) = if digits.is_some() {
            (
                quote!(N),
                format!(
                    "`{name}` is no number: text has no number of digits, write `{{{{{name}}}}}`"
                ),
            )
        } else {
            (
                quote!(S),
                format!(
                    "`{name}` is no text: a number in a key needs its number of digits, write `{{{{{name}:05}}}}`; binaries have no place in a template"
                ),
            )
        };
        Some(quote_spanned! {template.text.span()=>
            const _: () = ::core::assert!(
                ::core::matches!(#form.kind, #support::KeyType::#kind),
                #message
            );
        })
    };
    let templates = model.templates.all();
    templates
        .flat_map(|template| {
            template
                .pieces
                .iter()
                .filter_map(|piece| check(template, piece))
        })
        .collect()
}

/// A sort key that is a field is asked for as in other tables.
fn marked_sort_key(model: &Model, support: &TokenStream) -> TokenStream {
    let Some(field) = model.with_role(Role::SortKey).next() else {
        return TokenStream::new();
    };
    let (ident, (generics, types, bounds)) = (&model.ident, model.generics.split_for_impl());
    let ty = &field.ty;
    quote! {
        #[automatically_derived]
        impl #generics #support::SortTemplate for #ident #types #bounds {
            type SortKey = #support::SortKey<#ty>;

            fn sort_key() -> #support::SortKey<#ty> {
                #support::SortKey::new()
            }
        }
    }
}

/// A type for each number of parts that are given, with a method for the next.
fn parts(template: &Template, model: &Model, support: &TokenStream) -> TokenStream {
    let (ident, (generics, types, bounds)) = (&model.ident, model.generics.split_for_impl());
    let fields: Vec<_> = template
        .fields()
        .map(|place| &model.fields[place])
        .collect();
    let begun = |parts: usize| match parts {
        0 => format_ident!("{ident}SortKey"),
        parts => format_ident!("{ident}SortKeyWith{parts}"),
    };
    let first = begun(0);
    let stages = (0..=fields.len()).map(|parts| {
        let stage = begun(parts);
        let next = fields
            .get(parts)
            .map(|field| next(field, &begun(parts + 1), model, support));
        quote! {
            /// The sort key by its first parts.
            #[must_use]
            pub struct #stage #generics (#support::SortParts<#ident #types>) #bounds;

            impl #generics #stage #types #bounds {
                #next
            }

            impl #generics #support::IntoSortCondition<#first #types> for #stage #types #bounds {
                fn into_test(
                    self,
                ) -> #support::Result<#support::Option<#support::SortTest>, #support::ValueError> {
                    self.0.into_test()
                }
            }
        }
    });
    quote! {
        const _: () = {
            #(#stages)*

            impl #generics #support::IntoSortCondition<#first #types>
                for #support::PartRange<#ident #types> #bounds
            {
                fn into_test(
                    self,
                ) -> #support::Result<#support::Option<#support::SortTest>, #support::ValueError> {
                    self.into_test()
                }
            }

            impl #generics #support::SortTemplate for #ident #types #bounds {
                type SortKey = #first #types;

                fn sort_key() -> #first #types {
                    #first(#support::SortParts::none())
                }
            }
        };
    }
}

fn next(field: &Field, stage: &Ident, model: &Model, support: &TokenStream) -> TokenStream {
    let (ident, ty): (_, &Type) = (&field.ident, &field.ty);
    let (entity, (_, types, _)) = (&model.ident, model.generics.split_for_impl());
    let name = ident.unraw();
    let between = format_ident!("{name}_between", span = ident.span());
    let with = format!("Sort keys with this `{name}`, whatever stands behind it.");
    let range = format!(
        "Sort keys with `{name}` from `low` to `high`, both included. Reversed bounds give nothing, without a request."
    );
    quote! {
        #[doc = #with]
        pub fn #ident(self, #ident: impl #support::KeyFor<#ty>) -> #stage #types {
            #stage(self.0.then::<#ty>(#ident))
        }

        #[doc = #range]
        pub fn #between(
            self,
            low: impl #support::KeyFor<#ty>,
            high: impl #support::KeyFor<#ty>,
        ) -> #support::PartRange<#entity #types> {
            self.0.between::<#ty>(low, high)
        }
    }
}
