use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{at, paths};
use crate::model::{Model, Role};

pub(super) fn decode(model: &Model, support: &TokenStream) -> TokenStream {
    let values = model.fields.iter().map(|field| {
        let (ident, ty) = (&field.ident, &field.ty);
        if field.role == Role::Skipped {
            let value = paths::default(field, model, support).map_or_else(
                || quote_spanned!(at(ty)=> <#ty as #support::Default>::default()),
                |default| quote!((#default)()),
            );
            return quote!(#ident: #value);
        }
        let (path, aliases) = (paths::path(field), &field.attrs.aliases);
        quote!(#ident: #path.from_item(item, &[#(#aliases),*])?)
    });
    let krate = &model.krate;
    let kind = model.kind.as_ref().map(|_| {
        quote! {
            if let #support::Option::Some(kind) = <Self as #krate::Entity>::SCHEMA.kind {
                kind.check(item)?;
            }
        }
    });
    quote! {
        fn decode_from(
            item: &mut #support::Attributes<'_>,
        ) -> #support::Result<Self, #support::ValueError> {
            #kind
            #support::Result::Ok(Self { #(#values),* })
        }
    }
}

pub(super) fn lock_view(model: &Model, support: &TokenStream) -> TokenStream {
    let Some(field) = model.with_role(Role::LockView).next() else {
        return quote! {
            type LockView = ();

            fn decode_lock_view(
                _: #support::Option<&#support::AttributeValue>,
            ) -> #support::Result<(), #support::ValueError> {
                #support::Result::Ok(())
            }

            fn set_lock_view(&mut self, (): ()) {}
        };
    };
    let (ident, ty, path) = (&field.ident, &field.ty, paths::path(field));
    quote! {
        type LockView = #ty;

        fn decode_lock_view(
            lock: #support::Option<&#support::AttributeValue>,
        ) -> #support::Result<#ty, #support::ValueError> {
            #path.read(lock)
        }

        fn set_lock_view(&mut self, view: #ty) {
            self.#ident = view;
        }

        fn shows_lock(&self, lock: #support::Option<&#support::AttributeValue>) -> bool {
            #path.to_stored(&self.#ident) == #path.restored(lock)
        }
    }
}
