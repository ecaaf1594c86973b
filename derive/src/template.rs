//! Keys by template: `"ORDER#{day}#{number:05}"`, read and resolved to fields.

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitStr, Meta, Token};

use crate::errors::Errors;
use crate::model::{Field, Name, Role};

/// `partition_key(pk = "USER#{id}")`, as it was written.
pub(crate) struct TemplateAttr {
    name: Name,
    text: LitStr,
}

/// How a key attribute is made of fields.
#[derive(Clone)]
pub(crate) struct Template {
    pub(crate) name: Name,
    pub(crate) text: LitStr,
    pub(crate) pieces: Vec<Piece>,
    /// All that it says was understood.
    pub(crate) is_whole: bool,
}

#[derive(Clone)]
pub(crate) enum Piece {
    Text(String),
    /// A field by its place in the model.
    Part {
        field: usize,
        digits: Option<usize>,
    },
}

/// What a template says, its fields by name.
enum Written {
    Text(String),
    Part {
        field: String,
        digits: Option<usize>,
    },
}

/// A number of DynamoDB has no more digits.
const MAX_DIGITS: usize = 38;

impl TemplateAttr {
    pub(crate) fn of(meta: &Meta) -> syn::Result<Self> {
        let parsed = meta.require_list().and_then(syn::MetaList::parse_args);
        parsed.map_err(|_| {
            let message =
                "expected the key attribute and its template: `partition_key(pk = \"USER#{id}\")`";
            syn::Error::new_spanned(meta, message)
        })
    }

    pub(crate) fn resolve(&self, fields: &[Field], errors: &mut Errors) -> Template {
        let pieces = errors.ok(self.parse().map_err(|message| self.error(message)));
        let (mut resolved, mut is_whole) = (Vec::new(), pieces.is_some());
        for piece in pieces.into_iter().flatten() {
            match piece {
                Written::Text(text) => resolved.push(Piece::Text(text)),
                Written::Part { field, digits } => {
                    let place = self.field(&field, fields);
                    is_whole &= place.is_ok();
                    if let Some(field) = errors.ok(place) {
                        resolved.push(Piece::Part { field, digits });
                    }
                }
            }
        }
        Template {
            name: self.name.clone(),
            text: self.text.clone(),
            pieces: resolved,
            is_whole,
        }
    }

    fn error(&self, message: impl std::fmt::Display) -> syn::Error {
        syn::Error::new(self.text.span(), message)
    }

    fn field(&self, name: &str, fields: &[Field]) -> syn::Result<usize> {
        let named = |field: &Field| field.ident.unraw() == name;
        let Some(place) = fields.iter().position(named) else {
            return Err(self.error(format!("the struct has no field `{name}`")));
        };
        match fields[place].role {
            Role::LockView | Role::Skipped => Err(self.error(format!(
                "field `{name}` is no attribute that can be part of a key"
            ))),
            _ => Ok(place),
        }
    }

    fn parse(&self) -> Result<Vec<Written>, String> {
        let whole = self.text.value();
        let mut pieces = Vec::new();
        let (mut text, mut rest) = (String::new(), whole.as_str());
        while let Some(next) = rest.chars().next() {
            if let Some(behind) = rest.strip_prefix("{{") {
                text.push('{');
                rest = behind;
            } else if let Some(behind) = rest.strip_prefix("}}") {
                text.push('}');
                rest = behind;
            } else if let Some(behind) = rest.strip_prefix('{') {
                let (inside, behind) = behind
                    .split_once('}')
                    .ok_or("a `{` is not closed; `{{` stands for a brace")?;
                flush(&mut text, &mut pieces)?;
                pieces.push(part(inside)?);
                rest = behind;
            } else if next == '}' {
                return Err("a `}` closes nothing; `}}` stands for a brace".to_owned());
            } else {
                text.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
        flush(&mut text, &mut pieces)?;
        check(&pieces)?;
        Ok(pieces)
    }
}

/// `pk = "USER#{id}"`; an attribute that is no name of Rust stands in quotes.
impl Parse for TemplateAttr {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = if input.peek(LitStr) {
            Name::of(&input.parse()?)
        } else {
            let ident = input.call(Ident::parse_any)?;
            Name {
                text: ident.unraw().to_string(),
                span: ident.span(),
            }
        };
        input.parse::<Token![=]>()?;
        let text = input.parse()?;
        Ok(Self { name, text })
    }
}

/// Ends a text. Behind a part it begins with the separator, one byte that parts are compared with.
fn flush(text: &mut String, pieces: &mut Vec<Written>) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    if !pieces.is_empty() && !text.starts_with(|first: char| first.is_ascii()) {
        return Err(format!(
            "the text behind a field begins with its separator, which must be ASCII: `{text}` would refuse all ordinary text in front of it"
        ));
    }
    pieces.push(Written::Text(std::mem::take(text)));
    Ok(())
}

/// `number:05`
fn part(inside: &str) -> Result<Written, String> {
    let (field, digits) = match inside.split_once(':') {
        None => (inside, None),
        Some((field, width)) => {
            let digits = width.strip_prefix('0').and_then(|n| n.parse().ok());
            let digits = digits.filter(|digits| (1..=MAX_DIGITS).contains(digits));
            let message = || {
                format!(
                    "`{width}` is no number of digits: write `{{{field}:05}}`, from 01 to 0{MAX_DIGITS}"
                )
            };
            (field, Some(digits.ok_or_else(message)?))
        }
    };
    Ok(Written::Part {
        field: field.trim().to_owned(),
        digits,
    })
}

fn check(pieces: &[Written]) -> Result<(), String> {
    if pieces.is_empty() {
        return Err("a key is not empty".to_owned());
    }
    let names = pieces.iter().map(|piece| match piece {
        Written::Text(_) => None,
        Written::Part { field, .. } => Some(field),
    });
    let names: Vec<_> = names.collect();
    for (index, name) in names.iter().enumerate() {
        let Some(name) = name else { continue };
        if names[..index].contains(&Some(name)) {
            return Err(format!("`{name}` stands in the template twice"));
        }
        if let Some(Some(next)) = names.get(index + 1) {
            return Err(format!(
                "there must be text between `{name}` and `{next}`: without a separator nobody can tell where one ends"
            ));
        }
    }
    Ok(())
}

impl Template {
    /// Whether it makes the same attribute in the same way.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.name.text == other.name.text && self.text.value() == other.text.value()
    }

    /// The places of its fields.
    pub(crate) fn fields(&self) -> impl Iterator<Item = usize> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Part { field, .. } => Some(*field),
        })
    }
}
