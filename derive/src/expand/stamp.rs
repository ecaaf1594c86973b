use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::at;
use super::paths;
use crate::model::{Field, Model};

/// What is filled by itself: times of creation and change, keys that are unset.
pub(super) fn stamps(model: &Model, support: &TokenStream) -> TokenStream {
    let time = |field: &Field| {
        let (ident, ty) = (&field.ident, &field.ty);
        quote_spanned!(at(ty)=>
            #support::set_time::<#ty>(&mut self.#ident, now);
        )
    };
    let changed = || model.fields.iter().filter(|f| f.attrs.updated_at.is_some());
    let created = model.fields.iter().filter(|f| f.attrs.created_at.is_some());
    let kept: TokenStream = created
        .clone()
        .map(|field| {
            let ident = &field.ident;
            quote!(#support::swap(&mut self.#ident, &mut older.#ident);)
        })
        .collect();
    let keys = model.fields.iter().filter(|f| f.attrs.auto_uuid.is_some());
    let keys = keys.map(|field| {
        let (ident, ty) = (&field.ident, &field.ty);
        quote_spanned!(at(ty)=>
            #support::fill_key::<#ty>(&mut self.#ident);
        )
    });
    let new: TokenStream = keys.chain(created.chain(changed()).map(time)).collect();
    let change: TokenStream = changed().map(time).collect();
    let values = changed().map(|field| {
        let (name, ty) = (&field.name.text, &field.ty);
        let path = paths::path(field);
        let time = quote_spanned!(at(ty)=> #support::time::<#ty>(now));
        quote!((#name, #time.and_then(|time| #path.to_stored(&time))))
    });
    let values: Vec<_> = values.collect();
    let mut impls = TokenStream::new();
    if !new.is_empty() {
        impls.extend(
            quote!(fn stamp_new(&mut self, now: #support::SystemTime) { let _ = now; #new }),
        );
    }
    if !kept.is_empty() {
        impls.extend(quote!(fn keep_creation(&mut self, older: &mut Self) { #kept }));
    }
    if !change.is_empty() {
        impls.extend(quote! {
            fn stamp_change(&mut self, now: #support::SystemTime) { #change }

            fn change_stamps(
                now: #support::SystemTime,
            ) -> #support::Vec<(&'static str, #support::Encoded)> {
                #support::Vec::from([#(#values),*])
            }
        });
    }
    impls
}
