//! A view of some attributes of an entity: each field is read by the path that the entity has for it.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Field, Fields, Ident, Path, Type, parse_quote};

use crate::attr::{metas, module, name, path, set, text};
use crate::errors::Errors;
use crate::expand::moved;

/// What stands in `#[projection(…)]` on the struct.
#[derive(Default)]
struct StructAttrs {
    of: Option<Path>,
    krate: Option<Path>,
}

impl StructAttrs {
    fn parse(input: &DeriveInput, errors: &mut Errors) -> Self {
        let mut all = Self::default();
        let mut known = true;
        for meta in metas(&input.attrs, "projection", errors) {
            match name(&meta).as_str() {
                "of" => set(&mut all.of, &meta, module(&meta), errors),
                "crate" => set(&mut all.krate, &meta, path(&meta), errors),
                other => {
                    known = false;
                    errors.on(
                        meta.path(),
                        format!("unknown attribute `{other}`, expected `of` or `crate`"),
                    );
                }
            }
        }
        if all.of.is_none() && known {
            errors.on(
                &input.ident,
                "a view needs an entity: `#[projection(of = …)]`",
            );
        }
        all
    }
}

/// A field, and the constant of the entity that is its path.
struct Shown<'a> {
    ident: &'a Ident,
    ty: &'a Type,
    constant: Ident,
}

impl<'a> Shown<'a> {
    fn of(field: &'a Field, errors: &mut Errors) -> Option<Self> {
        let mut constant = None;
        for meta in metas(&field.attrs, "projection", errors) {
            match name(&meta).as_str() {
                "const" => {
                    let ident = text(&meta).and_then(|name| name.parse());
                    set(&mut constant, &meta, ident, errors);
                }
                other => errors.on(
                    meta.path(),
                    format!("unknown attribute `{other}`, expected `const`"),
                ),
            }
        }
        let ident = field.ident.as_ref()?;
        Some(Self {
            ident,
            ty: &field.ty,
            constant: constant.unwrap_or_else(|| {
                let name = ident.unraw().to_string().to_uppercase();
                format_ident!("{name}", span = ident.span())
            }),
        })
    }

    /// Where a path that is none, or of another type, is shown.
    fn span(&self) -> Span {
        Span::call_site().located_at(self.ident.span())
    }

    fn path(&self, of: &Path) -> TokenStream {
        let constant = &self.constant;
        quote_spanned!(self.span()=> <#of>::#constant)
    }
}

/// The impl of `Projection`.
pub(crate) fn projection(input: &DeriveInput, errors: &mut Errors) -> Option<TokenStream> {
    let attrs = StructAttrs::parse(input, errors);
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => Some(&named.named),
            _ => None,
        },
        _ => None,
    };
    let Some(fields) = fields else {
        errors.on(
            &input.ident,
            "a view is a struct with named fields, each of which is a field of the entity",
        );
        return None;
    };
    let shown = fields.iter().filter_map(|field| Shown::of(field, errors));
    let shown: Vec<_> = shown.collect();
    let of = attrs.of?;
    let krate = attrs.krate.unwrap_or_else(|| parse_quote!(::optimist));
    let support = quote!(#krate::__derive);
    let names = shown.iter().map(|field| {
        let path = field.path(&of);
        quote!(#support::Attr::name(#path))
    });
    let values = shown.iter().enumerate().map(|(place, field)| {
        let (ident, ty, path, span) = (field.ident, field.ty, field.path(&of), field.span());
        let (krate, support) = (moved(&quote!(#krate), span), moved(&support, span));
        quote_spanned! {span=>
            #ident: #support::Attr::<#of, #ty, _>::from_item(
                &#path,
                item,
                const { <#of as #krate::Entity>::SCHEMA.aliases(Self::NAMES[#place]) },
            )?
        }
    });
    let (ident, (generics, types, bounds)) = (&input.ident, input.generics.split_for_impl());
    Some(quote! {
        #[automatically_derived]
        impl #generics #krate::Projection for #ident #types #bounds {
            type Of = #of;

            const NAMES: &'static [&'static str] = &[#(#names),*];

            fn decode(item: &#support::Item) -> #support::Result<Self, #support::ValueError> {
                let item = &mut #support::Attributes::Shown(item);
                let _ = &item;
                #support::Result::Ok(Self { #(#values),* })
            }
        }
    })
}
