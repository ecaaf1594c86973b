//! The rules that concern more than one attribute or field.

use std::collections::HashMap;

use syn::{Attribute, Data, DeriveInput, Type};

use crate::attr::{self, LockKind};
use crate::errors::Errors;
use crate::index::{self, Index};
use crate::model::{Field, Model, Name, Role, Templates};

pub(crate) fn check(model: &Model, errors: &mut Errors) {
    if !model.is_struct {
        return;
    }
    match &model.table {
        None => errors.on(
            &model.ident,
            "an entity needs a table: `#[entity(table = \"…\")]`",
        ),
        Some(table) => {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
            if table.value().is_empty() || !table.value().chars().all(allowed) {
                errors.on(
                    table,
                    "a table name consists of letters, digits, `_`, `-` and `.`",
                );
            }
        }
    }
    if model.with_role(Role::PartitionKey).next().is_none() && model.templates.partition.is_none() {
        errors.on(
            &model.ident,
            "an entity needs a partition key: mark one field with `#[entity(partition_key)]`, or make one of fields: \
             `#[entity(partition_key(pk = \"USER#{id}\"))]`",
        );
    }
    check_templates(model, errors);
    if let Some(kind) = model
        .kind
        .as_ref()
        .filter(|kind| kind.value.value().is_empty())
    {
        errors.on(&kind.value, "a kind is not empty");
    }
    for (role, what) in [
        (Role::PartitionKey, "partition key"),
        (Role::SortKey, "sort key"),
        (Role::LockView, "field that shows the lock"),
    ] {
        for second in model.with_role(role).skip(1) {
            errors.on(&second.ident, format!("an entity has one {what}"));
        }
    }
    let expiring = model
        .fields
        .iter()
        .filter(|field| field.attrs.ttl.is_some());
    for second in expiring.skip(1) {
        errors.on(&second.ident, "an entity has one time to live");
    }
    for field in &model.fields {
        check_field(field, errors);
        check_ttl(field, errors);
        // Without the attribute, an entity reads an Option or a set.
        let absent = is_option(&field.ty) || field.attrs.set.is_some();
        check_skipped(field, absent || model.default.is_some(), errors);
    }
    check_names(model, errors);
    index::check(model, errors);
}

/// The most fields that a key is made of, and those that its partition key is.
const MAX_FIELDS: usize = 6;

fn check_templates(model: &Model, errors: &mut Errors) {
    let Templates { partition, sort } = &model.templates;
    for (template, role) in [(partition, Role::PartitionKey), (sort, Role::SortKey)] {
        if let (Some(template), Some(field)) = (template, model.with_role(role).next()) {
            errors.on(
                &template.text,
                format!(
                    "field `{}` is this key already: a key is a field, or made of fields",
                    field.ident
                ),
            );
        }
    }
    if let Some(template) = partition
        && template.is_whole
        && template.fields().next().is_none()
    {
        errors.on(
            &template.text,
            "the partition key names no field, as `{id}` does: all items would be in one partition",
        );
    }
    // A sort key that is a field is the last of the key's fields.
    if let Some(template) = partition
        && let Some(field) = template
            .fields()
            .find(|place| model.fields[*place].role == Role::SortKey)
    {
        errors.on(
            &template.text,
            format!(
                "field `{}` is the sort key: a field that both keys are made of stands in two templates",
                model.fields[field].ident
            ),
        );
    }
    if let Some(template) = model.templates.all().last()
        && model.key_fields().len() > MAX_FIELDS
    {
        errors.on(
            &template.text,
            format!("a key is made of at most {MAX_FIELDS} fields"),
        );
    }
}

/// What is not always stored must be read all the same.
fn check_skipped(field: &Field, absent: bool, errors: &mut Errors) {
    if let Some(skip) = &field.attrs.skip_serializing_if
        && field.attrs.default.is_none()
        && !absent
    {
        errors.on(
            skip,
            "`skip_serializing_if` needs `default`: without it, what was stored without the attribute could never be read \
             again; add `#[serde(default)]`",
        );
    }
}

/// A part is stored inside an attribute, by serde alone.
pub(crate) fn check_part(input: &DeriveInput, model: &Model, errors: &mut Errors) {
    for field in &model.fields {
        // Serde knows no absent value of what it reads `with` a module.
        let absent = is_option(&field.ty) && field.attrs.with.is_none();
        check_skipped(field, absent || model.default.is_some(), errors);
    }
    let mut refuse = |attributes: &[Attribute], allowed: &str| {
        let own = attributes.iter().filter(|a| a.path().is_ident("entity"));
        for meta in own.filter_map(|a| attr::entries(a).ok()).flatten() {
            if !meta.path().is_ident(allowed) {
                errors.on(
                    &meta,
                    format!(
                        "a part is stored by serde inside an attribute: only `{allowed}` can stand here; name and \
                         form are those of `#[serde(…)]`"
                    ),
                );
            }
        }
    };
    refuse(&input.attrs, "crate");
    if let Data::Struct(data) = &input.data {
        for field in &data.fields {
            refuse(&field.attrs, "const");
        }
    }
}

fn check_field(field: &Field, errors: &mut Errors) {
    let attrs = &field.attrs;
    let roles = [attrs.partition_key, attrs.sort_key, attrs.lock, attrs.skip];
    for span in roles.into_iter().flatten().skip(1) {
        errors.at(
            span,
            "a field is one of `partition_key`, `sort_key`, `lock` and `skip`",
        );
    }
    if field.role != Role::Attribute {
        let what = match field.role {
            Role::PartitionKey | Role::SortKey | Role::KeyPart => {
                "a key is stored by its `KeyValue` impl"
            }
            Role::LockView => "the lock is stored by optimist",
            _ => "a skipped field is not stored",
        };
        if let Some(span) = attrs.set {
            errors.at(span, format!("{what}, it cannot be a set"));
        }
        if let Some(with) = &attrs.with {
            errors.on(with, format!("{what}, `with` has no effect"));
        }
    } else if let (Some(span), Some(_)) = (attrs.set, &attrs.with) {
        errors.at(span, "`set` and `with` both say how the field is stored");
    }
    if let (Some(span), None) = (attrs.ordered, &attrs.with) {
        errors.at(
            span,
            "`ordered` says something of a `with` module; without one the type decides",
        );
    }
    let keys = [Role::PartitionKey, Role::SortKey, Role::KeyPart];
    let key = keys.contains(&field.role);
    if let (Some(span), false) = (attrs.auto_uuid, key) {
        errors.at(
            span,
            "`auto_uuid` generates a key: it needs `partition_key`, `sort_key`, or a place in the template of one",
        );
    }
    let times = attrs.created_at.into_iter().chain(attrs.updated_at);
    for span in times.filter(|_| field.role != Role::Attribute || attrs.set.is_some()) {
        errors.at(span, "a time of creation or change is a plain attribute");
    }
    if attrs.set.is_some() && is_option(&field.ty) {
        errors.on(
            &field.ty,
            "a set needs no Option: the empty set is an absent attribute, and reads back empty",
        );
    }
    if field.role == Role::LockView && attrs.default.is_none() && !is_option(&field.ty) {
        errors.on(
            &field.ty,
            "the field that shows the lock must be an Option or have `#[entity(default)]`: a new item has no lock yet",
        );
    }
}

/// DynamoDB reads whole seconds out of an attribute of this name.
fn check_ttl(field: &Field, errors: &mut Errors) {
    let attrs = &field.attrs;
    let Some(span) = attrs.ttl else {
        if let Some(span) = attrs.hide_expired {
            errors.at(
                span,
                "`hide_expired` says what is to become of items that expire: it stands beside `ttl`",
            );
        }
        return;
    };
    if let (Some(span), Some(_)) = (attrs.hide_expired, attrs.indexes.first()) {
        errors.at(
            span,
            "a query of an index whose key is the time cannot leave out what has expired: DynamoDB filters no key. Keep the key \
             in another field",
        );
    }
    if let (Some(_), Some(alias)) = (attrs.hide_expired, attrs.aliases.first()) {
        errors.on(
            alias,
            "with `hide_expired` every write asks this attribute whether the item has expired, and would not see an older name. \
             Move it first, with an entity that does not hide what has expired",
        );
    }
    let automatic = attrs.created_at.or(attrs.updated_at).is_some();
    if field.role != Role::Attribute || attrs.set.is_some() || automatic {
        errors.at(
            span,
            "the time to live is a plain attribute: no key, lock, set, or time of creation or change, and not skipped",
        );
    } else if let Some(with) = &attrs.with {
        errors.on(
            with,
            "the time to live is stored as whole seconds since 1970, `with` has no effect",
        );
    }
}

fn check_names(model: &Model, errors: &mut Errors) {
    let mut taken: HashMap<String, &'static str> = HashMap::new();
    let has_lock = model.lock.kind != LockKind::Values;
    let lock = has_lock.then_some((&model.lock.attribute, "the lock attribute"));
    let lock = lock.into_iter();
    let journal = model
        .lock
        .journal
        .iter()
        .map(|name| (name, "the journal attribute"));
    for (name, what) in lock.chain(journal) {
        check_name(name, errors);
        if let Some(other) = taken.insert(name.text.clone(), what) {
            errors.at(name.span, format!("`{}` is {other} already", name.text));
        }
    }
    let stored = || {
        let roles = [Role::LockView, Role::Skipped];
        model
            .fields
            .iter()
            .filter(move |field| !roles.contains(&field.role))
    };
    let mut take = |name: &Name, what, errors: &mut Errors| {
        check_name(name, errors);
        match taken.get(&name.text).copied() {
            Some(other @ ("the lock attribute" | "the journal attribute")) => errors.at(
                name.span,
                format!(
                    "`{}` is {other}; rename the field, or the lock with `#[entity(lock(…))]`",
                    name.text
                ),
            ),
            Some(other) => errors.at(name.span, format!("`{}` is {other} already", name.text)),
            None => {
                taken.insert(name.text.clone(), what);
            }
        }
    };
    if let Some(kind) = &model.kind {
        take(&kind.attribute, "the attribute of the kind", errors);
    }
    for template in model.templates.all() {
        take(&template.name, "a key attribute", errors);
    }
    let mut made: Vec<&str> = Vec::new();
    for (template, _) in model.indexes.iter().flat_map(Index::templates) {
        let known = model.templates.all().map(|template| &*template.name.text);
        if known
            .chain(made.iter().copied())
            .all(|known| known != template.name.text)
        {
            take(&template.name, "a key attribute", errors);
            made.push(&template.name.text);
        }
    }
    for field in stored() {
        take(&field.name, "an attribute", errors);
    }
    for alias in stored().flat_map(|field| &field.attrs.aliases) {
        let name = Name {
            text: alias.value(),
            span: alias.span(),
        };
        take(&name, "an attribute or alias", errors);
    }
}

fn check_name(name: &Name, errors: &mut Errors) {
    if name.text.is_empty() || name.text.len() > 255 {
        errors.at(name.span, "an attribute name has 1 to 255 bytes");
    }
}

fn is_option(ty: &Type) -> bool {
    let last = |path: &syn::TypePath| path.path.segments.last().map(|s| s.ident == "Option");
    matches!(ty, Type::Path(path) if last(path) == Some(true))
}
