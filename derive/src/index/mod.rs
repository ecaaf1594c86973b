//! Secondary indexes: what fields say of them, put together by name, and the rules for them.

mod check;

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::token::Paren;
use syn::{Ident, LitStr, Meta, Token, parenthesized};

pub(crate) use check::check;

use crate::attr::FieldAttrs;
use crate::errors::Errors;
use crate::model::{Field, Model, Role};
use crate::template::{Template, TemplateAttr};

/// One `index("name", …)`: on a field, which is a key of it, or on the struct, with keys by template.
pub(crate) struct IndexAttr {
    name: LitStr,
    role: Option<(IndexRole, Span)>,
    partition: Option<TemplateAttr>,
    sort: Option<TemplateAttr>,
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

/// A whole index. A local one has the table's partition key.
pub(crate) struct Index {
    pub(crate) name: LitStr,
    pub(crate) partition: Option<IndexKey>,
    pub(crate) sort: Option<IndexKey>,
    pub(crate) local: Option<Span>,
    pub(crate) projection: Option<Projection>,
    constant: Option<Ident>,
}

/// A key of an index.
pub(crate) enum IndexKey {
    /// A field, by its place in the model.
    Field(usize),
    Made(Template),
}

impl IndexAttr {
    pub(crate) fn of(meta: &Meta) -> syn::Result<Self> {
        meta.require_list()?.parse_args()
    }

    fn twice(&self, what: &str) -> String {
        format!("index `{}` has {what} already", self.name.value())
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
            partition: None,
            sort: None,
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
                "partition_key" if input.peek(Paren) => all.partition = Some(template(input)?),
                "sort_key" if input.peek(Paren) => all.sort = Some(template(input)?),
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

/// `(gpk = "DAY#{day}")`
fn template(input: ParseStream<'_>) -> syn::Result<TemplateAttr> {
    let inside;
    parenthesized!(inside in input);
    inside.parse()
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
    /// What the fields and the struct say, by the name of the index.
    pub(crate) fn all_of(fields: &[Field], own: &[IndexAttr], errors: &mut Errors) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let mut named = |attr: &IndexAttr| {
            let known = all.iter().position(|i| i.name.value() == attr.name.value());
            known.unwrap_or_else(|| {
                all.push(Self::new(&attr.name));
                all.len() - 1
            })
        };
        let on_fields = fields.iter().enumerate().flat_map(|(place, field)| {
            let attrs = field.attrs.indexes.iter();
            attrs.map(move |attr| (attr, Some(place)))
        });
        let all_attrs = on_fields.chain(own.iter().map(|attr| (attr, None)));
        let all_attrs: Vec<_> = all_attrs
            .map(|(attr, place)| (named(attr), attr, place))
            .collect();
        for (index, attr, place) in all_attrs {
            match place {
                Some(place) => all[index].take_field(attr, place, errors),
                None => all[index].take_templates(attr, fields, errors),
            }
            all[index].take(attr, errors);
        }
        all
    }

    /// The fields in its templates.
    pub(crate) fn parts(&self) -> Vec<usize> {
        self.templates()
            .flat_map(|(template, _)| template.fields())
            .collect()
    }

    /// Its keys that are made of fields, and whether each is the sort key.
    pub(crate) fn templates(&self) -> impl Iterator<Item = (&Template, bool)> {
        let keys = [(&self.partition, false), (&self.sort, true)].into_iter();
        keys.filter_map(|(key, sort)| match key {
            Some(IndexKey::Made(template)) => Some((template, sort)),
            _ => None,
        })
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

    fn take_templates(&mut self, attr: &IndexAttr, fields: &[Field], errors: &mut Errors) {
        if attr.role.is_some() || attr.partition.is_none() && attr.sort.is_none() {
            errors.on(
                &attr.name,
                "on the struct stand keys by template: `index(\"name\", partition_key(gpk = \"DAY#{day}\"))`; a field that is a key is marked itself",
            );
        }
        let keys = [
            (&mut self.partition, &attr.partition, "a partition key"),
            (&mut self.sort, &attr.sort, "a sort key"),
        ];
        for (key, template, what) in keys {
            let Some(template) = template else { continue };
            let template = template.resolve(fields, errors);
            if key.is_some() {
                errors.on(&template.text, attr.twice(what));
            }
            *key = Some(IndexKey::Made(template));
        }
    }

    fn take_field(&mut self, attr: &IndexAttr, place: usize, errors: &mut Errors) {
        if attr.partition.is_some() || attr.sort.is_some() {
            errors.on(
                &attr.name,
                "a key by template stands on the struct, not on one of its fields",
            );
            return;
        }
        match attr.role {
            None => errors.on(
                &attr.name,
                "say what the field is in the index: `partition_key` or `sort_key`",
            ),
            Some((IndexRole::PartitionKey, span)) => {
                if self.partition.replace(IndexKey::Field(place)).is_some() {
                    errors.at(span, attr.twice("a partition key"));
                }
            }
            Some((IndexRole::SortKey, span)) => {
                if self.sort.replace(IndexKey::Field(place)).is_some() {
                    errors.at(span, attr.twice("a sort key"));
                }
            }
        }
    }

    fn take(&mut self, attr: &IndexAttr, errors: &mut Errors) {
        self.local = self.local.or(attr.local);
        if attr.projection.is_some() {
            if self.projection.is_some() {
                errors.on(&attr.name, attr.twice("a projection"));
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
        let keys = [&self.partition, &self.sort].into_iter().flatten();
        let keys = keys.filter_map(|key| match key {
            IndexKey::Field(place) => Some(*place),
            IndexKey::Made(_) => None,
        });
        let keys: Vec<_> = keys.collect();
        let included = model.fields.iter().enumerate().filter(|(place, field)| {
            [Role::Attribute, Role::KeyPart].contains(&field.role)
                && !keys.contains(place)
                && fields.contains(&field.ident)
        });
        let names = included.flat_map(|(_, field)| {
            let aliases = field.attrs.aliases.iter().map(LitStr::value);
            std::iter::once(field.name.text.clone()).chain(aliases)
        });
        // So that a query of the index can ask for its own kind.
        let kind = model.kind.iter().map(|kind| kind.attribute.text.clone());
        names.chain(kind).collect()
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
