//! An enum of the entities of one table.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Data, DeriveInput, Fields, GenericArgument, Ident, LitStr, Path, PathArguments, Type, Variant,
    parse_quote,
};

use crate::errors::Errors;
use crate::expand::{at, moved};

/// The impl of `Entities`, and the checks that its entities can be told apart.
pub(crate) fn entities(input: &DeriveInput, errors: &mut Errors) -> Option<TokenStream> {
    let krate = krate(input, errors);
    let Data::Enum(data) = &input.data else {
        errors.on(
            &input.ident,
            "entities are an enum, with a variant for each entity of the table",
        );
        return None;
    };
    let (mut variants, mut other): (Vec<_>, Option<(&Ident, &Type)>) = (Vec::new(), None);
    for variant in &data.variants {
        let Some(ty) = held(variant, errors) else {
            continue;
        };
        if !is_other(variant, errors) {
            variants.push((&variant.ident, ty));
        } else if other.replace((&variant.ident, ty)).is_some() {
            errors.on(&variant.ident, "one variant takes all other items");
        }
    }
    if variants.is_empty() {
        errors.on(&input.ident, "no variant holds an entity: `User(User)`");
        return None;
    }
    let support = quote!(#krate::__derive);
    let (ident, (generics, types, bounds)) = (&input.ident, input.generics.split_for_impl());
    let schemas: Vec<_> = variants
        .iter()
        .map(|(_, ty)| schema(ty, &support))
        .collect();
    let reads = variants.iter().enumerate().map(|(index, (variant, ty))| {
        quote! {
            #support::Option::Some(#index) => {
                <#ty as #support::Variant>::read(found).map(Self::#variant)
            }
        }
    });
    let otherwise = other.map_or_else(
        || {
            let name = ident.to_string();
            quote!(#support::Result::Err(found.is_none_of(#name)))
        },
        |(other, ty)| quote_spanned!(at(ty)=> ::core::result::Result::Ok(Self::#other(found.into_item()))),
    );
    let includes = variants.iter().map(|(_, ty)| {
        let entity = entity(ty);
        quote! {
            #[automatically_derived]
            impl #generics #support::Includes<#entity>
                for #ident #types #bounds {}
        }
    });
    let checks = input
        .generics
        .params
        .is_empty()
        .then(|| checks(&variants, &support));
    Some(quote! {
        #[automatically_derived]
        impl #generics #support::TableOf for #ident #types #bounds {
            const SCHEMAS: &'static [&'static #support::Schema] = &[#(#schemas),*];
        }

        #[automatically_derived]
        impl #generics #support::Entities for #ident #types #bounds {
            fn read(found: #support::Found) -> #krate::Result<Self> {
                match found.which(<Self as #support::TableOf>::SCHEMAS) {
                    #(#reads)*
                    _ => #otherwise,
                }
            }
        }

        #(#includes)*
        #checks
    })
}

/// The entity, also of a `Stored` of one: two projections could be the same, so that the compiler takes none in an impl.
fn entity(ty: &Type) -> &Type {
    let last = match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    match last.map(|last| (&last.ident, &last.arguments)) {
        Some((name, PathArguments::AngleBracketed(arguments))) if name == "Stored" => {
            match arguments.args.first() {
                Some(GenericArgument::Type(entity)) => entity,
                _ => ty,
            }
        }
        _ => ty,
    }
}

fn schema(ty: &Type, support: &TokenStream) -> TokenStream {
    let support = moved(support, at(ty));
    quote_spanned!(at(ty)=>
        <<#ty as #support::Variant>::Entity as #support::Entity>::SCHEMA
    )
}

/// Every two entities are of one table and apart. Only the compiler knows their schemas.
fn checks(variants: &[(&Ident, &Type)], support: &TokenStream) -> TokenStream {
    let check = |(one, one_ty): &(&Ident, &Type), (other, other_ty): &(&Ident, &Type)| {
        let (a, b) = (schema(one_ty, support), schema(other_ty, support));
        let shared = format!(
            "`{one}` and `{other}` do not share a table: its name, its key attributes and the attributes of their kinds and times to live must be the same"
        );
        let apart = format!(
            "items of `{one}` and `{other}` cannot be told apart: give the entities kinds, or keys that begin with other texts"
        );
        let support = moved(support, at(other_ty));
        quote_spanned! {at(other_ty)=>
            const _: () = ::core::assert!(#support::share_a_table(#a, #b), #shared);
            const _: () = ::core::assert!(#support::are_apart(#a, #b), #apart);
        }
    };
    let pairs = variants
        .iter()
        .enumerate()
        .flat_map(|(index, other)| variants[..index].iter().map(move |one| (one, other)));
    pairs.map(|(one, other)| check(one, other)).collect()
}

/// The type that a variant holds.
fn held<'a>(variant: &'a Variant, errors: &mut Errors) -> Option<&'a Type> {
    match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Some(&fields.unnamed[0].ty),
        _ => {
            let message = format!("a variant holds one entity: `{0}({0})`", variant.ident);
            errors.on(variant, message);
            None
        }
    }
}

fn is_other(variant: &Variant, errors: &mut Errors) -> bool {
    let mut other = false;
    for attribute in variant
        .attrs
        .iter()
        .filter(|a| a.path().is_ident("entities"))
    {
        let parsed = attribute.parse_nested_meta(|meta| {
            // What is close to it is meant as it.
            other = true;
            if meta.path.is_ident("other") {
                return Ok(());
            }
            Err(unknown(&meta.path, "other"))
        });
        errors.ok(parsed);
    }
    other
}

fn krate(input: &DeriveInput, errors: &mut Errors) -> Path {
    let mut krate = None;
    for attribute in input.attrs.iter().filter(|a| a.path().is_ident("entities")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(unknown(&meta.path, "crate = \"…\""));
            }
            krate = Some(meta.value()?.parse::<LitStr>()?.parse()?);
            Ok(())
        });
        errors.ok(parsed);
    }
    krate.unwrap_or_else(|| parse_quote!(::optimist))
}

fn unknown(path: &Path, expected: &str) -> syn::Error {
    let message = format!(
        "unknown attribute `{}`, expected `{expected}`",
        path.to_token_stream()
    );
    syn::Error::new_spanned(path, message)
}
