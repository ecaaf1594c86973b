//! The rules for indexes.

use syn::Ident;
use syn::ext::IdentExt;

use super::{Index, Projection};
use crate::errors::Errors;
use crate::model::{Field, Model, Role};
use crate::template::Template;

// "Service, account, and table quotas in Amazon DynamoDB", secondary indexes.
const MAX_GLOBAL: usize = 20;
const MAX_LOCAL: usize = 5;
const MAX_INCLUDED: usize = 100;
// API reference, Projection.
const MAX_INCLUDED_BY_ONE: usize = 20;

pub(crate) fn check(model: &Model, errors: &mut Errors) {
    for field in model.fields.iter().filter(|f| f.attrs.is_index_key()) {
        check_field(field, errors);
    }
    check_templates(model, errors);
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
    if let Some(first) = attrs.indexes.first()
        && matches!(field.role, Role::LockView | Role::Skipped)
    {
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

/// One attribute is made in one way, also where it is the key of several indexes or of the table. The partition key of an index
/// names a field.
fn check_templates(model: &Model, errors: &mut Errors) {
    let mut known: Vec<&Template> = model.templates.all().collect();
    for (template, is_sort) in model.indexes.iter().flat_map(Index::templates) {
        if !is_sort && template.is_whole && template.fields().next().is_none() {
            errors.on(
                &template.text,
                "the partition key of an index names a field, as `{day}` does",
            );
        }
        let other = |known: &&&Template| known.name.text == template.name.text;
        match known.iter().find(other) {
            Some(known) if known.is_same(template) => {}
            Some(known) => errors.on(
                &template.text,
                format!(
                    "attribute `{}` is made as `{}` already",
                    template.name.text,
                    known.text.value()
                ),
            ),
            None => known.push(template),
        }
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
    match (index.local, &index.partition, &index.sort) {
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
        && model.templates.sort.is_none()
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
