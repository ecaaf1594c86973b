//! A view of some attributes of an entity: each field is read by the path that the entity has for it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Field, Fields, Ident, Path, parse_quote};

use crate::attr::{metas, module, name, path, set, text};
use crate::errors::Errors;
use crate::expand::{at, moved};

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
    let of = attrs.of?;
    let krate = attrs.krate.unwrap_or_else(|| parse_quote!(::optimist));
    let support = quote!(#krate::__derive);
    let paths = fields.iter().map(|field| attribute(field, &of, errors));
    let paths: Vec<_> = paths.collect::<Option<_>>()?;
    let values = fields.iter().zip(&paths).enumerate();
    let values = values.map(|(place, (field, path))| {
        let (ident, ty, span) = (&field.ident, &field.ty, at(&field.ty));
        let support_at = moved(&support, span);
        let read = quote_spanned!(span=> #support_at::Attr::<#of, #ty, _>::from_item);
        // Together, so that a path of another type is shown at the type of the field.
        let path = quote_spanned!(span=> &#path);
        quote! {
            #ident: #read(#path, item, const {
                <#of as #krate::Entity>::SCHEMA.aliases(Self::NAMES[#place])
            })?
        }
    });
    let (ident, (generics, types, bounds)) = (&input.ident, input.generics.split_for_impl());
    Some(quote! {
        #[automatically_derived]
        impl #generics #krate::Projection for #ident #types #bounds {
            type Of = #of;

            const NAMES: &'static [&'static str] = &[#(#paths.name()),*];

            fn decode(item: &#support::Item) -> #support::Result<Self, #support::ValueError> {
                #support::Result::Ok(Self { #(#values),* })
            }
        }
    })
}

/// The path that the entity has for a field.
fn attribute(field: &Field, of: &Path, errors: &mut Errors) -> Option<TokenStream> {
    let mut constant = None;
    for meta in metas(&field.attrs, "projection", errors) {
        match name(&meta).as_str() {
            "const" => {
                let ident = text(&meta).and_then(|name| name.parse::<Ident>());
                set(&mut constant, &meta, ident, errors);
            }
            other => errors.on(
                meta.path(),
                format!("unknown attribute `{other}`, expected `const`"),
            ),
        }
    }
    let ident = field.ident.as_ref()?;
    let constant = constant.unwrap_or_else(|| {
        let name = ident.unraw().to_string().to_uppercase();
        format_ident!("{name}", span = ident.span())
    });
    Some(quote!(<#of>::#constant))
}
