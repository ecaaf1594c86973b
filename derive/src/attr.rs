//! Attributes as they were written, with their spans. What an `entity` attribute says goes before what a `serde` one says.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, MetaNameValue, Path, Token};

use crate::case::Case;
use crate::errors::Errors;
use crate::index::IndexAttr;
use crate::template::TemplateAttr;

#[derive(Default)]
pub(crate) struct StructAttrs {
    pub(crate) table: Option<LitStr>,
    pub(crate) lock: LockAttr,
    pub(crate) case: Option<Case>,
    pub(crate) krate: Option<Path>,
    pub(crate) default: Option<DefaultAttr>,
    pub(crate) partition_key: Option<TemplateAttr>,
    pub(crate) sort_key: Option<TemplateAttr>,
    pub(crate) kind: Option<KindAttr>,
    pub(crate) indexes: Vec<IndexAttr>,
}

/// `kind = "user"`, or `kind("user", attribute = "type")`.
pub(crate) struct KindAttr {
    pub(crate) value: LitStr,
    pub(crate) attribute: Option<LitStr>,
}

#[derive(Default)]
pub(crate) struct LockAttr {
    pub(crate) kind: Option<LockKind>,
    pub(crate) attribute: Option<LitStr>,
    pub(crate) journal: JournalAttr,
}

#[derive(Default, Clone)]
pub(crate) enum JournalAttr {
    #[default]
    Default,
    Off,
    Named(LitStr),
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum LockKind {
    Version,
    Uuid,
    Values,
}

#[derive(Default)]
pub(crate) struct FieldAttrs {
    pub(crate) partition_key: Option<Span>,
    pub(crate) sort_key: Option<Span>,
    pub(crate) lock: Option<Span>,
    pub(crate) set: Option<Span>,
    pub(crate) skip: Option<Span>,
    pub(crate) rename: Option<LitStr>,
    pub(crate) default: Option<DefaultAttr>,
    pub(crate) with: Option<Path>,
    pub(crate) ordered: Option<Span>,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) skip_serializing_if: Option<Path>,
    pub(crate) constant: Option<Ident>,
    pub(crate) created_at: Option<Span>,
    pub(crate) updated_at: Option<Span>,
    pub(crate) auto_uuid: Option<Span>,
    pub(crate) ttl: Option<Span>,
    pub(crate) hide_expired: Option<Span>,
    pub(crate) indexes: Vec<IndexAttr>,
    /// It stands in the template of an index key.
    pub(crate) is_index_part: bool,
}

/// `default`, or `default = "path"`.
#[derive(Clone)]
pub(crate) struct DefaultAttr {
    pub(crate) span: Span,
    pub(crate) path: Option<Path>,
}

impl StructAttrs {
    pub(crate) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut all = Self::default();
        for meta in metas(attributes, "entity", errors) {
            match name(&meta).as_str() {
                "table" => set(&mut all.table, &meta, text(&meta), errors),
                "lock" => all.lock.parse(&meta, errors),
                "rename_all" => {
                    let case = text(&meta).and_then(|name| Case::parse(&name));
                    set(&mut all.case, &meta, case, errors);
                }
                "crate" => set(&mut all.krate, &meta, path(&meta), errors),
                "partition_key" => {
                    set(&mut all.partition_key, &meta, TemplateAttr::of(&meta), errors);
                }
                "sort_key" => set(&mut all.sort_key, &meta, TemplateAttr::of(&meta), errors),
                "index" => all.indexes.extend(errors.ok(IndexAttr::of(&meta))),
                "kind" => set(&mut all.kind, &meta, KindAttr::of(&meta), errors),
                other => errors.on(
                    meta.path(),
                    format!(
                        "unknown attribute `{other}`, expected `table`, `lock`, `partition_key`, `sort_key`, `kind`, `index`, `rename_all` or `crate`"
                    ),
                ),
            }
        }
        for meta in metas(attributes, "serde", errors) {
            match name(&meta).as_str() {
                "rename" => {}
                "rename_all" => {
                    let case = both_ways(&meta).and_then(|name| Case::parse(&name));
                    all.case = all.case.or(errors.ok(case));
                }
                "default" => all.default = errors.ok(default(&meta)),
                other => refuse_serde(&meta, other, errors),
            }
        }
        all
    }
}

impl KindAttr {
    fn of(meta: &Meta) -> syn::Result<Self> {
        let Meta::List(list) = meta else {
            let (value, attribute) = (text(meta)?, None);
            return Ok(Self { value, attribute });
        };
        let parse = Punctuated::<Expr, Token![,]>::parse_terminated;
        let parts: Vec<_> = list.parse_args_with(parse)?.into_iter().collect();
        match parts.as_slice() {
            [value, Expr::Assign(pair)] if is(&pair.left, "attribute") => Ok(Self {
                value: literal(value)?,
                attribute: Some(literal(&pair.right)?),
            }),
            _ => Err(syn::Error::new_spanned(
                meta,
                "expected `kind = \"…\"` or `kind(\"…\", attribute = \"…\")`",
            )),
        }
    }
}

impl LockAttr {
    fn parse(&mut self, meta: &Meta, errors: &mut Errors) {
        match meta {
            Meta::NameValue(pair) => self.kind(&pair.value, errors),
            Meta::List(list) => {
                let parse = Punctuated::<Expr, Token![,]>::parse_terminated;
                for part in errors.ok(list.parse_args_with(parse)).into_iter().flatten() {
                    match &part {
                        Expr::Path(_) => self.kind(&part, errors),
                        Expr::Assign(pair) if is(&pair.left, "attribute") => {
                            self.attribute = errors.ok(literal(&pair.right));
                        }
                        Expr::Assign(pair) if is(&pair.left, "journal") => {
                            self.journal = if is(&pair.right, "off") {
                                JournalAttr::Off
                            } else {
                                errors
                                    .ok(literal(&pair.right))
                                    .map_or(JournalAttr::Default, JournalAttr::Named)
                            };
                        }
                        other => errors.on(
                            other,
                            "expected `version`, `uuid`, `values`, `attribute = \"…\"`, `journal = \"…\"` or `journal = off`",
                        ),
                    }
                }
            }
            Meta::Path(path) => errors.on(
                path,
                "expected `lock = version`, `lock = uuid` or `lock = values`",
            ),
        }
    }

    fn kind(&mut self, value: &Expr, errors: &mut Errors) {
        let kind = match value {
            value if is(value, "version") => LockKind::Version,
            value if is(value, "uuid") => LockKind::Uuid,
            value if is(value, "values") => LockKind::Values,
            other => {
                return errors.on(
                    other,
                    "unknown lock, expected `version`, `uuid` or `values`",
                );
            }
        };
        if self.kind.replace(kind).is_some() {
            errors.on(value, "the lock is set twice");
        }
    }
}

impl FieldAttrs {
    /// Whether it is the key of an index, or part of one.
    pub(crate) fn is_index_key(&self) -> bool {
        !self.indexes.is_empty() || self.is_index_part
    }

    /// Whether a `with` module stores values in their order: as it says, or as ours for times do.
    pub(crate) fn is_ordered(&self) -> bool {
        let segments = self.with.iter().flat_map(|path| &path.segments);
        let names: Vec<_> = segments.map(|segment| segment.ident.to_string()).collect();
        let mut names: Vec<_> = names.iter().map(String::as_str).collect();
        names.pop_if(|last| *last == "option");
        let times = matches!(names[..], [.., "time", "epoch_millis" | "epoch_seconds"]);
        times || self.ordered.is_some()
    }

    pub(crate) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut all = Self::default();
        for meta in metas(attributes, "entity", errors) {
            match name(&meta).as_str() {
                "partition_key" => set(&mut all.partition_key, &meta, flag(&meta), errors),
                "sort_key" => set(&mut all.sort_key, &meta, flag(&meta), errors),
                "lock" => set(&mut all.lock, &meta, flag(&meta), errors),
                "set" => set(&mut all.set, &meta, flag(&meta), errors),
                "skip" => set(&mut all.skip, &meta, flag(&meta), errors),
                "rename" => set(&mut all.rename, &meta, text(&meta), errors),
                "default" => set(&mut all.default, &meta, default(&meta), errors),
                "with" => set(&mut all.with, &meta, module(&meta), errors),
                "ordered" => set(&mut all.ordered, &meta, flag(&meta), errors),
                "created_at" => set(&mut all.created_at, &meta, flag(&meta), errors),
                "updated_at" => set(&mut all.updated_at, &meta, flag(&meta), errors),
                "auto_uuid" => set(&mut all.auto_uuid, &meta, flag(&meta), errors),
                "ttl" => set(&mut all.ttl, &meta, flag(&meta), errors),
                "hide_expired" => set(&mut all.hide_expired, &meta, flag(&meta), errors),
                "index" => all.indexes.extend(errors.ok(IndexAttr::of(&meta))),
                "const" => {
                    let ident = text(&meta).and_then(|name| name.parse());
                    set(&mut all.constant, &meta, ident, errors);
                }
                other => errors.on(
                    meta.path(),
                    format!(
                        "unknown attribute `{other}`, expected `partition_key`, `sort_key`, `lock`, `set`, \
                         `rename`, `default`, `skip`, `with`, `ordered`, `const`, `created_at`, `updated_at`, `auto_uuid`, `index`, `ttl` or `hide_expired`"
                    ),
                ),
            }
        }
        // What `entity` says of how a field is stored goes before what serde does with it elsewhere.
        let role = all.partition_key.or(all.sort_key).or(all.lock).is_some();
        let stored = role || all.set.is_some() || all.with.is_some() || all.rename.is_some();
        let own_form = role || all.set.is_some() || all.skip.is_some();
        for meta in metas(attributes, "serde", errors) {
            match name(&meta).as_str() {
                "skip" if stored => {}
                "with" if own_form => {}
                "rename" => all.rename = all.rename.or(errors.ok(both_ways(&meta))),
                "default" => all.default = all.default.or(errors.ok(default(&meta))),
                "skip" => all.skip = all.skip.or(errors.ok(flag(&meta))),
                "with" => all.with = all.with.or(errors.ok(path(&meta))),
                "skip_serializing_if" => all.skip_serializing_if = errors.ok(path(&meta)),
                "alias" => all.aliases.extend(errors.ok(text(&meta))),
                other => refuse_serde(&meta, other, errors),
            }
        }
        all
    }
}

fn refuse_serde(meta: &Meta, name: &str, errors: &mut Errors) {
    errors.on(
        meta.path(),
        format!(
            "serde attribute `{name}` is not supported; supported are `rename`, `rename_all`, \
             `default`, `skip`, `with`, `skip_serializing_if` and `alias`"
        ),
    );
}

/// What stands inside all the `#[of(…)]`, one by one.
pub(crate) fn metas(attributes: &[Attribute], of: &str, errors: &mut Errors) -> Vec<Meta> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident(of))
        .filter_map(|attribute| errors.ok(entries(attribute)))
        .flatten()
        .collect()
}

/// What stands inside one `#[…(…)]`.
pub(crate) fn entries(attribute: &Attribute) -> syn::Result<Vec<Meta>> {
    let parse = Punctuated::<Entry, Token![,]>::parse_terminated;
    let entries = attribute.parse_args_with(parse)?;
    Ok(entries.into_iter().map(|Entry(meta)| meta).collect())
}

/// A `Meta` whose name may be the keyword `const`.
struct Entry(Meta);

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(Token![const]) {
            return input.parse().map(Self);
        }
        let keyword: Token![const] = input.parse()?;
        Ok(Self(Meta::NameValue(MetaNameValue {
            path: Ident::new("const", keyword.span).into(),
            eq_token: input.parse()?,
            value: input.parse()?,
        })))
    }
}

pub(crate) fn name(meta: &Meta) -> String {
    let segments = meta.path().segments.iter();
    let names: Vec<_> = segments.map(|s| s.ident.to_string()).collect();
    names.join("::")
}

pub(crate) fn set<T>(
    slot: &mut Option<T>,
    meta: &Meta,
    value: syn::Result<T>,
    errors: &mut Errors,
) {
    if slot.is_some() {
        errors.on(meta, format!("`{}` is set twice", name(meta)));
    } else {
        *slot = errors.ok(value);
    }
}

fn flag(meta: &Meta) -> syn::Result<Span> {
    meta.require_path_only().map(Spanned::span)
}

pub(crate) fn text(meta: &Meta) -> syn::Result<LitStr> {
    literal(&meta.require_name_value()?.value)
}

pub(crate) fn path(meta: &Meta) -> syn::Result<Path> {
    text(meta)?.parse()
}

/// `with = module`, or `with = "module"`.
pub(crate) fn module(meta: &Meta) -> syn::Result<Path> {
    match &meta.require_name_value()?.value {
        Expr::Path(path) if path.qself.is_none() => Ok(path.path.clone()),
        _ => path(meta),
    }
}

fn default(meta: &Meta) -> syn::Result<DefaultAttr> {
    Ok(DefaultAttr {
        span: meta.span(),
        path: match meta {
            Meta::Path(_) => None,
            _ => Some(path(meta)?),
        },
    })
}

/// `rename = "a"`, or `rename(serialize = "a", deserialize = "a")`: one attribute cannot have two names.
fn both_ways(meta: &Meta) -> syn::Result<LitStr> {
    let Meta::List(list) = meta else {
        return text(meta);
    };
    let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
    let names: Vec<LitStr> = list
        .parse_args_with(parse)?
        .iter()
        .map(text)
        .collect::<Result<_, _>>()?;
    match names.as_slice() {
        [one, other] if one.value() == other.value() => Ok(one.clone()),
        _ => Err(syn::Error::new_spanned(
            meta,
            "an attribute has one name: `serialize` and `deserialize` must both be given and be the same",
        )),
    }
}

fn literal(value: &Expr) -> syn::Result<LitStr> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Ok(text.clone()),
        // What a `macro_rules` passed on as `$x:literal`.
        Expr::Group(group) => literal(&group.expr),
        other => Err(syn::Error::new_spanned(
            other,
            "expected a string in quotes",
        )),
    }
}

fn is(value: &Expr, word: &str) -> bool {
    let ident = |path: &syn::ExprPath| path.path.get_ident().map(Ident::to_string);
    matches!(value, Expr::Path(path) if ident(path).as_deref() == Some(word))
}
