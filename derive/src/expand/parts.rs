//! What the parts of keys by template give: checks of their types, and types that ask for sort keys by their first parts.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

use super::{at, moved, paths};
use crate::model::{Field, Model};
use crate::template::{Piece, Template};

/// Whose keys they are.
pub(super) struct Owner<'a> {
    pub(super) model: &'a Model,
    pub(super) support: &'a TokenStream,
    /// The place of the index, if it is one.
    pub(super) index: Option<usize>,
}

impl Owner<'_> {
    fn ty(&self) -> TokenStream {
        let (support, ident) = (self.support, &self.model.ident);
        let (_, types, _) = self.model.generics.split_for_impl();
        match self.index {
            None => quote!(#ident #types),
            Some(place) => quote!(#support::IndexOf<#ident #types, #place>),
        }
    }

    /// The type of a key that is this field.
    pub(super) fn key(&self, field: &Field) -> TokenStream {
        let (ty, span) = (&field.ty, at(&field.ty));
        if self.index.is_none() {
            return quote!(#ty);
        }
        let support = moved(self.support, span);
        quote_spanned!(span=> <#ty as #support::IndexKeyField>::Key)
    }

    /// Numbers have a width, text has none. Types are known to the compiler alone. The messages are formats of `assert!`.
    pub(super) fn widths(&self, template: &Template) -> TokenStream {
        if !self.model.generics.params.is_empty() {
            return TokenStream::new();
        }
        let support = self.support;
        let check = |piece: &Piece| {
            let Piece::Part { field, digits } = piece else {
                return None;
            };
            let field = &self.model.fields[*field];
            let (name, key) = (field.ident.unraw(), self.key(field));
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
            let form = if self.index.is_none() {
                paths::key_form(field, support)
            } else {
                quote!(#support::KeyForm::<#key>::of())
            };
            Some(quote_spanned! {template.text.span()=>
                const _: () = ::core::assert!(
                    ::core::matches!(#form.kind, #support::KeyType::#kind),
                    #message
                );
            })
        };
        template.pieces.iter().filter_map(check).collect()
    }

    /// A sort key that is a field is asked for as in other tables.
    pub(super) fn sort_by_field(&self, field: &Field) -> TokenStream {
        let (support, key) = (self.support, self.key(field));
        let ty = quote!(#support::SortKey<#key>);
        self.sort(&ty, &quote!(#support::SortKey::new()))
    }

    /// A type for each number of parts that are given, with a method for the next.
    pub(super) fn sort_by_parts(&self, template: &Template) -> TokenStream {
        let (model, support, owner) = (self.model, self.support, self.ty());
        let (generics, types, bounds) = model.generics.split_for_impl();
        let places = template.fields();
        let fields: Vec<_> = places.map(|place| &model.fields[place]).collect();
        let of = self
            .index
            .map_or(String::new(), |place| format!("Index{place}"));
        let ident = &model.ident;
        let begun = |parts: usize| match parts {
            0 => format_ident!("{ident}{of}SortKey"),
            parts => format_ident!("{ident}{of}SortKeyWith{parts}"),
        };
        let first = begun(0);
        let into_test = quote! {
            fn into_test(
                self,
            ) -> #support::Result<#support::Option<#support::SortTest>, #support::ValueError>
        };
        let stages = (0..=fields.len()).map(|parts| {
            let stage = begun(parts);
            let next = fields
                .get(parts)
                .map(|field| self.next(field, &begun(parts + 1)));
            quote! {
                /// The sort key by its first parts.
                #[must_use]
                pub struct #stage #generics (#support::SortParts<#owner>) #bounds;

                impl #generics #stage #types #bounds {
                    #next
                }

                impl #generics #support::IntoSortCondition<#first #types>
                    for #stage #types #bounds
                {
                    #into_test {
                        self.0.into_test()
                    }
                }
            }
        });
        let sort = self.sort(
            &quote!(#first #types),
            &quote!(#first(#support::SortParts::none())),
        );
        quote! {
            const _: () = {
                #(#stages)*

                impl #generics #support::IntoSortCondition<#first #types>
                    for #support::PartRange<#owner> #bounds
                {
                    #into_test {
                        self.into_test()
                    }
                }

                #sort
            };
        }
    }

    /// The methods that give the next part.
    fn next(&self, field: &Field, stage: &Ident) -> TokenStream {
        let (support, owner, key) = (self.support, self.ty(), self.key(field));
        let (_, types, _) = self.model.generics.split_for_impl();
        let (ident, name) = (&field.ident, field.ident.unraw());
        let between = format_ident!("{name}_between", span = ident.span());
        let with = format!("Sort keys with this `{name}`, whatever stands behind it.");
        let range = format!(
            "Sort keys with `{name}` from `low` to `high`, both included. Reversed bounds give nothing, without a request."
        );
        quote! {
            #[doc = #with]
            pub fn #ident(self, #ident: impl #support::KeyFor<#key>) -> #stage #types {
                #stage(self.0.then::<#key>(#ident))
            }

            #[doc = #range]
            pub fn #between(
                self,
                low: impl #support::KeyFor<#key>,
                high: impl #support::KeyFor<#key>,
            ) -> #support::PartRange<#owner> {
                self.0.between::<#key>(low, high)
            }
        }
    }

    /// What asks for sort keys.
    fn sort(&self, ty: &TokenStream, value: &TokenStream) -> TokenStream {
        let (support, ident) = (self.support, &self.model.ident);
        let (generics, types, bounds) = self.model.generics.split_for_impl();
        let template = match self.index {
            None => quote!(SortTemplate),
            Some(place) => quote!(IndexSortTemplate<#place>),
        };
        quote! {
            #[automatically_derived]
            impl #generics #support::#template for #ident #types #bounds {
                type SortKey = #ty;

                fn sort_key() -> #ty {
                    #value
                }
            }
        }
    }
}
