//! The struct as the derive understands it: every name and role resolved.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{
    Data, DeriveInput, Fields, Generics, Ident, LitStr, Path, Type, Visibility, parse_quote,
};

use crate::attr::{
    DefaultAttr, FieldAttrs, JournalAttr, KindAttr, LockAttr, LockKind, StructAttrs,
};
use crate::errors::Errors;
use crate::index::Index;
use crate::template::{Template, TemplateAttr};

pub(crate) struct Model {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) krate: Path,
    pub(crate) table: Option<LitStr>,
    pub(crate) lock: Lock,
    /// `#[serde(default)]` on the struct: absent fields come from its default.
    pub(crate) default: Option<DefaultAttr>,
    pub(crate) fields: Vec<Field>,
    pub(crate) templates: Templates,
    pub(crate) kind: Option<Kind>,
    pub(crate) indexes: Vec<Index>,
    /// The input is a struct with named fields.
    pub(crate) is_struct: bool,
}

/// What tells the items of the entity from others: an attribute and its value.
pub(crate) struct Kind {
    pub(crate) attribute: Name,
    pub(crate) value: LitStr,
}

/// The keys that are made of fields.
pub(crate) struct Templates {
    pub(crate) partition: Option<Template>,
    pub(crate) sort: Option<Template>,
}

pub(crate) struct Lock {
    pub(crate) kind: LockKind,
    pub(crate) attribute: Name,
    pub(crate) journal: Option<Name>,
}

/// An attribute name, and where to point when it is wrong.
#[derive(Clone)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) vis: Visibility,
    pub(crate) name: Name,
    pub(crate) role: Role,
    pub(crate) attrs: FieldAttrs,
}

/// What a struct is to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Entity,
    Part,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    PartitionKey,
    SortKey,
    LockView,
    /// In the template of a key, and an attribute of its own.
    KeyPart,
    Attribute,
    Skipped,
}

impl Model {
    /// The struct as `what` it is to be: an entity or a part.
    pub(crate) fn of(input: &DeriveInput, what: What, errors: &mut Errors) -> Self {
        let attrs = StructAttrs::parse(&input.attrs, errors);
        let named = match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Named(named) => Some(&named.named),
                _ => None,
            },
            _ => None,
        };
        if named.is_none() {
            let kind = match input.data {
                Data::Enum(_) => "an enum",
                Data::Union(_) => "a union",
                Data::Struct(_) => "a struct without named fields",
            };
            let why = match what {
                What::Entity => {
                    "cannot be an entity: an item is a struct with named fields, one for each attribute"
                }
                What::Part => {
                    "cannot be a part: a part is a struct with named fields, each of which gets a path; without `Part` the type can be a field all the same"
                }
            };
            errors.on(&input.ident, format!("{kind} {why}"));
        }
        let fields = named.into_iter().flatten().filter_map(|field| {
            let attributes = FieldAttrs::parse(&field.attrs, errors);
            let ident = field.ident.clone()?;
            let name = match (&attributes.rename, attrs.case) {
                (Some(rename), _) => Name::of(rename),
                (None, case) => {
                    let plain = ident.unraw().to_string();
                    Name {
                        text: case.map_or(plain.clone(), |case| case.apply(&plain)),
                        span: ident.span(),
                    }
                }
            };
            Some(Field {
                role: role(&attributes),
                ty: field.ty.clone(),
                vis: field.vis.clone(),
                attrs: attributes,
                ident,
                name,
            })
        });
        let mut fields: Vec<_> = fields.collect();
        let mut resolve = |template: Option<&TemplateAttr>| {
            template.map(|template| template.resolve(&fields, errors))
        };
        let templates = Templates {
            partition: resolve(attrs.partition_key.as_ref()),
            sort: resolve(attrs.sort_key.as_ref()),
        };
        for place in templates.all().flat_map(Template::fields) {
            if fields[place].role == Role::Attribute {
                fields[place].role = Role::KeyPart;
            }
        }
        let indexes = Index::all_of(&fields, &attrs.indexes, errors);
        for place in indexes.iter().flat_map(Index::parts) {
            fields[place].attrs.is_index_part = true;
        }
        Self {
            indexes,
            fields,
            templates,
            kind: attrs.kind.as_ref().map(|kind| Kind::of(kind, &input.ident)),
            ident: input.ident.clone(),
            generics: input.generics.clone(),
            krate: attrs.krate.unwrap_or_else(|| parse_quote!(::optimist)),
            lock: Lock::of(&attrs.lock, &input.ident),
            table: attrs.table,
            default: attrs.default,
            is_struct: named.is_some(),
        }
    }

    /// What is an attribute besides the keys themselves.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &Field> {
        let roles = [Role::Attribute, Role::KeyPart];
        self.fields
            .iter()
            .filter(move |field| roles.contains(&field.role))
    }

    /// The fields that are the key, by their places: in the order of the templates, each once.
    pub(crate) fn key_fields(&self) -> Vec<usize> {
        let marked = |role| self.fields.iter().position(|field| field.role == role);
        let mut places = self.partition_fields();
        match &self.templates.sort {
            Some(sort) => places.extend(sort.fields()),
            None => places.extend(marked(Role::SortKey)),
        }
        let all = places.clone();
        let mut place = 0..;
        places.retain(|field| {
            let index = place.next().unwrap_or_default();
            !all[..index].contains(field)
        });
        places
    }

    /// Those of the partition key.
    pub(crate) fn partition_fields(&self) -> Vec<usize> {
        let marked = |role| self.fields.iter().position(|field| field.role == role);
        match &self.templates.partition {
            Some(partition) => partition.fields().collect(),
            None => marked(Role::PartitionKey).into_iter().collect(),
        }
    }

    pub(crate) fn with_role(&self, role: Role) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.role == role)
    }

    /// The field that says when an item expires.
    pub(crate) fn ttl(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.attrs.ttl.is_some())
    }
}

fn role(attrs: &FieldAttrs) -> Role {
    if attrs.partition_key.is_some() {
        Role::PartitionKey
    } else if attrs.sort_key.is_some() {
        Role::SortKey
    } else if attrs.lock.is_some() {
        Role::LockView
    } else if attrs.skip.is_some() {
        Role::Skipped
    } else {
        Role::Attribute
    }
}

impl Lock {
    fn of(attr: &LockAttr, ident: &Ident) -> Self {
        let kind = attr.kind.unwrap_or(LockKind::Version);
        let by_default = |text: &str| Name {
            text: text.to_owned(),
            span: ident.span(),
        };
        Self {
            kind,
            attribute: attr.attribute.as_ref().map_or_else(
                || {
                    by_default(match kind {
                        LockKind::Version => "version",
                        LockKind::Uuid => "lock",
                        LockKind::Values => "",
                    })
                },
                Name::of,
            ),
            journal: match &attr.journal {
                JournalAttr::Default if kind == LockKind::Values => None,
                JournalAttr::Default => Some(by_default("journal")),
                JournalAttr::Named(name) => Some(Name::of(name)),
                JournalAttr::Off => None,
            },
        }
    }
}

impl Kind {
    fn of(attr: &KindAttr, ident: &Ident) -> Self {
        let by_default = || Name {
            text: "kind".to_owned(),
            span: ident.span(),
        };
        Self {
            attribute: attr.attribute.as_ref().map_or_else(by_default, Name::of),
            value: attr.value.clone(),
        }
    }
}

impl Templates {
    pub(crate) fn all(&self) -> impl Iterator<Item = &Template> {
        self.partition.iter().chain(&self.sort)
    }
}

impl Name {
    pub(crate) fn of(literal: &LitStr) -> Self {
        Self {
            text: literal.value(),
            span: literal.span(),
        }
    }
}
