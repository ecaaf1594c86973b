//! Secondary indexes: what fields say of them, put together by name, and the rules for them.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, LitStr, Meta, Token, parenthesized};

use crate::attr::FieldAttrs;
use crate::errors::Errors;
use crate::model::{Field, Model, Role};

/// One `index("name", …)` on a field.
pub(crate) struct IndexAttr {
    name: LitStr,
    role: Option<(IndexRole, Span)>,
    local: Option<Span>,
    projection: Option<Projection>,
    constant: Option<Ident>,
}

#[derive(Clone, Copy, PartialEq)]
enum IndexRole {
    PartitionKey,
    SortKey,
}

#[derive(Clone)]
pub(crate) enum Projection {
    All,
    Keys,
    Include(Vec<Ident>),
}

/// A whole index. Keys are fields, by their place in the model; a local index has the table's partition key.
pub(crate) struct Index {
    pub(crate) name: LitStr,
    pub(crate) partition: Option<usize>,
    pub(crate) sort: Option<usize>,
    pub(crate) local: Option<Span>,
    pub(crate) projection: Option<Projection>,
    constant: Option<Ident>,
}

// "Service, account, and table quotas in Amazon DynamoDB", secondary indexes.
const MAX_GLOBAL: usize = 20;
const MAX_LOCAL: usize = 5;
const MAX_INCLUDED: usize = 100;
// API reference, Projection.
const MAX_INCLUDED_BY_ONE: usize = 20;

impl IndexAttr {
    pub(crate) fn of(meta: &Meta) -> syn::Result<Self> {
        meta.require_list()?.parse_args()
    }
}

impl Parse for IndexAttr {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse::<LitStr>().map_err(|error| {
            let message =
                "expected `index(\"name\", partition_key)` or `index(\"name\", sort_key)`";
            syn::Error::new(error.span(), message)
        })?;
        let mut all = Self {
            name,
            role: None,
            local: None,
            projection: None,
            constant: None,
        };
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let word = input.call(Ident::parse_any)?;
            match word.to_string().as_str() {
                "partition_key" => all.role = Some((IndexRole::PartitionKey, word.span())),
                "sort_key" => all.role = Some((IndexRole::SortKey, word.span())),
                "local" => all.local = Some(word.span()),
                "projection" => {
                    input.parse::<Token![=]>()?;
                    all.projection = Some(input.parse()?);
                }
                "const" => {
                    input.parse::<Token![=]>()?;
                    all.constant = Some(input.parse::<LitStr>()?.parse()?);
                }
                _ => {
                    return Err(syn::Error::new(
                        word.span(),
                        "expected `partition_key`, `sort_key`, `local`, `projection = …` or `const = \"…\"`",
                    ));
                }
            }
        }
        Ok(all)
    }
}

impl Parse for Projection {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let word: Ident = input.parse()?;
        match word.to_string().as_str() {
            "all" => Ok(Self::All),
            "keys" => Ok(Self::Keys),
            "include" => {
                let fields;
                parenthesized!(fields in input);
                let fields = Punctuated::<Ident, Token![,]>::parse_terminated(&fields)?;
                Ok(Self::Include(fields.into_iter().collect()))
            }
            _ => Err(syn::Error::new(
                word.span(),
                "expected `all`, `keys` or `include(field, …)`",
            )),
        }
    }
}

impl Index {
    /// What the fields say, by the name of the index.
    pub(crate) fn all_of(fields: &[Field], errors: &mut Errors) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for (place, field) in fields.iter().enumerate() {
            for attr in &field.attrs.indexes {
                let known = all.iter().position(|i| i.name.value() == attr.name.value());
                let known = known.unwrap_or_else(|| {
                    all.push(Self::new(&attr.name));
                    all.len() - 1
                });
                all[known].take(attr, place, errors);
            }
        }
        all
    }

    fn new(name: &LitStr) -> Self {
        Self {
            name: name.clone(),
            partition: None,
            sort: None,
            local: None,
            projection: None,
            constant: None,
        }
    }

    fn take(&mut self, attr: &IndexAttr, place: usize, errors: &mut Errors) {
        let twice = |what: &str| format!("index `{}` has {what} already", attr.name.value());
        match attr.role {
            None => errors.on(
                &attr.name,
                "say what the field is in the index: `partition_key` or `sort_key`",
            ),
            Some((IndexRole::PartitionKey, span)) => {
                if self.partition.replace(place).is_some() {
                    errors.at(span, twice("a partition key"));
                }
            }
            Some((IndexRole::SortKey, span)) => {
                if self.sort.replace(place).is_some() {
                    errors.at(span, twice("a sort key"));
                }
            }
        }
        self.local = self.local.or(attr.local);
        if attr.projection.is_some() {
            if self.projection.is_some() {
                errors.on(&attr.name, twice("a projection"));
            }
            self.projection.clone_from(&attr.projection);
        }
        if attr.constant.is_some() {
            self.constant.clone_from(&attr.constant);
        }
    }

    /// The name of its constant.
    ///
    /// # Errors
    /// The name of the index gives none.
    pub(crate) fn constant(&self) -> syn::Result<Ident> {
        if let Some(constant) = &self.constant {
            return Ok(constant.clone());
        }
        let name = self.name.value().to_uppercase();
        let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let mut ident: Ident = syn::parse_str(&name).map_err(|_| {
            syn::Error::new_spanned(
                &self.name,
                "this name gives no constant: add `const = \"…\"`",
            )
        })?;
        ident.set_span(self.name.span());
        Ok(ident)
    }

    /// The names of the attributes that it includes, older ones too.
    pub(crate) fn included(&self, model: &Model) -> Vec<String> {
        let Some(Projection::Include(fields)) = &self.projection else {
            return Vec::new();
        };
        let keys = [self.partition, self.sort].into_iter().flatten();
        let keys: Vec<_> = keys.collect();
        let included = model.fields.iter().enumerate().filter(|(place, field)| {
            field.role == Role::Attribute && !keys.contains(place) && fields.contains(&field.ident)
        });
        let names = included.flat_map(|(_, field)| {
            let aliases = field.attrs.aliases.iter().map(LitStr::value);
            std::iter::once(field.name.text.clone()).chain(aliases)
        });
        names.collect()
    }

    /// Whether its entries have all attributes.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(&self.projection, None | Some(Projection::All))
    }
}

/// The most bytes that the field can have as the key of its indexes: less for a sort key.
pub(crate) fn is_sort_key(attrs: &FieldAttrs) -> bool {
    let mut roles = attrs.indexes.iter().filter_map(|index| index.role);
    roles.any(|(role, _)| role == IndexRole::SortKey)
}

pub(crate) fn check(model: &Model, errors: &mut Errors) {
    for field in model.fields.iter().filter(|f| !f.attrs.indexes.is_empty()) {
        check_field(field, errors);
    }
    for index in &model.indexes {
        check_index(index, model, errors);
    }
    let (local, global): (Vec<_>, Vec<_>) = model.indexes.iter().partition(|i| i.local.is_some());
    for (of_kind, most, what) in [(global, MAX_GLOBAL, "global"), (local, MAX_LOCAL, "local")] {
        if let Some(beyond) = of_kind.get(most) {
            errors.on(
                &beyond.name,
                format!("a table has at most {most} {what} indexes"),
            );
        }
    }
    let included = |index: &Index| index.included(model).len();
    if let Some(last) = model.indexes.last()
        && model.indexes.iter().map(included).sum::<usize>() > MAX_INCLUDED
    {
        errors.on(
            &last.name,
            format!("the indexes of a table include at most {MAX_INCLUDED} attributes together"),
        );
    }
}

fn check_field(field: &Field, errors: &mut Errors) {
    let attrs = &field.attrs;
    let Some(first) = attrs.indexes.first() else {
        return;
    };
    if matches!(field.role, Role::LockView | Role::Skipped) {
        errors.on(
            &first.name,
            "this field is no attribute that can be the key of an index",
        );
    }
    if let Some(span) = attrs.set {
        errors.at(
            span,
            "the key of an index is stored by its `KeyValue` impl, it cannot be a set",
        );
    }
    if let (Some(with), Role::Attribute) = (&attrs.with, field.role) {
        errors.on(
            with,
            "the key of an index is stored by its `KeyValue` impl, `with` has no effect; for a time use `optimist::time::EpochMillis`",
        );
    }
    if let Some(alias) = attrs.aliases.first() {
        errors.on(
            alias,
            "the key of an index has one name: items that still have this one would not be in the index",
        );
    }
}

fn check_index(index: &Index, model: &Model, errors: &mut Errors) {
    let name = index.name.value();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if !(3..=255).contains(&name.len()) || !name.chars().all(allowed) {
        errors.on(
            &index.name,
            "the name of an index has 3 to 255 letters, digits, `_`, `-` and `.`",
        );
    }
    match (index.local, index.partition, index.sort) {
        (None, None, _) => errors.on(
            &index.name,
            format!("index `{name}` has no partition key; mark a field with `index(\"{name}\", partition_key)`, or say `local`"),
        ),
        (Some(span), Some(_), _) => errors.at(
            span,
            "a local index has the partition key of the table, and none of its own",
        ),
        (Some(span), None, None) => errors.at(
            span,
            "a local index needs a sort key",
        ),
        _ => {}
    }
    if let Some(span) = index.local
        && model.with_role(Role::SortKey).next().is_none()
    {
        errors.at(span, "a table with local indexes has a sort key");
    }
    if let Some(Projection::Include(fields)) = &index.projection {
        for name in fields {
            let stored = |field: &&Field| !matches!(field.role, Role::LockView | Role::Skipped);
            let mut stored = model.fields.iter().filter(stored);
            if !stored.any(|field| field.ident == *name) {
                errors.on(name, "no stored field has this name");
            }
        }
        if fields.is_empty() {
            errors.on(
                &index.name,
                "`include()` includes nothing: say `projection = keys`",
            );
        }
    }
    if index.included(model).len() > MAX_INCLUDED_BY_ONE {
        errors.on(
            &index.name,
            format!("an index includes at most {MAX_INCLUDED_BY_ONE} attributes, older names counted: say `projection = all`"),
        );
    }
    match index.constant() {
        Err(error) => errors.push(error),
        Ok(constant) => {
            let other = |other: &Index| {
                let is_same = other.constant().is_ok_and(|other| other == constant);
                is_same && other.name.value() != name
            };
            let field = |field: &Field| {
                let own = field.attrs.constant.as_ref().map(Ident::to_string);
                let own = own.unwrap_or_else(|| field.ident.unraw().to_string().to_uppercase());
                field.role != Role::Skipped && constant == own
            };
            if model.fields.iter().any(field) || model.indexes.iter().any(other) {
                errors.on(
                    &index.name,
                    format!("there is a constant `{constant}` already: name that of the index with `const = \"…\"`"),
                );
            }
        }
    }
}
