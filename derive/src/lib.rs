//! The derive macro of `optimist`; use it as `optimist::Entity`.
//!
//! A derive runs in stages: `attr` reads attributes with their spans, `model` resolves them, `check` applies the rules that
//! concern several fields, `expand` writes the impl. Errors are gathered on the way and reported together; the impl is
//! emitted all the same, so that nothing else fails for want of it.

mod attr;
mod case;
mod check;
mod entities;
mod errors;
mod expand;
mod index;
mod model;
mod newtype;
mod projection;
mod template;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Maps a struct with named fields to the items of a DynamoDB table.
///
/// Each field is an attribute, stored through serde and `serde_dynamo`; a field that serializes to NULL (`None`) is an
/// absent attribute. The lock is an attribute that the struct does not have.
///
/// # On the struct: `#[entity(…)]`
/// | attribute | meaning |
/// |---|---|
/// | `table = "users"` | the table, required |
/// | `lock = version` | the lock is a number that grows by one (the default), in the attribute `version`. A number that another tool keeps there is taken for the lock, by design: it is how a table is shared with other mappers. If yours means something else, name another attribute |
/// | `lock = uuid` | the lock is the UUID of the last write, in the attribute `lock`. A text that is no UUID is no lock, and is not overwritten |
/// | `lock = values` | no attribute is added: a write compares the values that it replaces |
/// | `lock(version, attribute = "v", journal = "j")` | the same, with attribute names of your own; default `version` or `lock`, and `journal` |
/// | `lock(version, journal = off)` | no journal: the format of the AWS Java, .NET and Python mappers; a lost answer may end in `OutcomeUnknown`, and a holder cannot tell an item from one that was deleted and re-created with the same version |
/// | `partition_key(pk = "USER#{id}")` | the partition key is attribute `pk`, made of text and fields; see "Keys by template" |
/// | `sort_key(sk = "ORDER#{day}#{number:05}")` | likewise the sort key; without fields (`"PROFILE"`) a partition holds one such item |
/// | `index("by-day", partition_key(day_key = "DAY#{day}"), sort_key(…), projection = …)` | a global index with keys by template; see "Keys by template". `local`, `projection` and `const` as on a field, which may be the other key |
/// | `kind = "user"` | every item has this text in attribute `kind`; see "Kinds" |
/// | `kind("user", attribute = "type")` | the same in another attribute |
/// | `rename_all = "camelCase"` | how field names become attribute names, as in serde |
/// | `crate = "path"` | where `optimist` is, if it was renamed or re-exported |
///
/// # On a field: `#[entity(…)]`
/// | attribute | meaning |
/// |---|---|
/// | `partition_key` | the partition key, required once; its type implements `optimist::KeyValue` and is as visible as the struct |
/// | `sort_key` | the sort key |
/// | `lock` | shows the lock, read-only: an `Option` or a field with `default`, of an integer or string type |
/// | `set` | stored as a DynamoDB set (SS, NS, BS) instead of a list; the empty set is an absent attribute |
/// | `rename = "name"` | the attribute's name |
/// | `default`, `default = "path"` | the value where the attribute is absent; the same one each time, or reading it is a change |
/// | `skip` | not stored; read as `Default::default()` |
/// | `with = module`, `with = "module"` | (de)serialized by `module::serialize` and `module::deserialize`; `optimist::time` has two for times |
/// | `ordered` | with `with`: the module stores numbers, strings or bytes in the order of the values, so that the path has `lt`, `between` and the like (`optimist::time::epoch_millis` and `epoch_seconds` are taken for that) |
/// | `created_at` | the time of creation, of any type that is `From` or `TryFrom<SystemTime>` (std, `chrono`, `time`, `jiff`); set by every write that makes an item |
/// | `updated_at` | the time of the last change, likewise; set by every write, and no change by itself |
/// | `auto_uuid` | on a key of type `Uuid` or `String`: a nil or empty one is generated for a new item |
/// | `ttl` | when the item expires, of a type that converts from and to `SystemTime` (std, `chrono`, `time`, `jiff`), an integer, or an Option of one: stored as whole seconds since 1970, as DynamoDB's time to live reads them. An expired item is still read until DynamoDB removes it, which takes up to days; `.live_only()` leaves it out of a query or scan |
/// | `ttl, hide_expired` | an item that has expired, by this machine's clock, is none to any verb: reads do not give it, writes carry the condition that it has not expired (`NotFound` where it has), and `insert` replaces it. See `docs/guide/expiring.md` |
/// | `index("by-email", partition_key)` | the partition key of a global index, which is made a constant: `User::BY_EMAIL`. The type is a key type or an Option of one; an item with `None` is not in the index. A field can be the key of several indexes |
/// | `index("by-email", sort_key)` | the sort key of that index; `index("by-day", sort_key, local)` that of a local index, whose partition key is the table's |
/// | `index("by-email", …, projection = keys)` | what else the index has: `all` (the default), `keys`, or `include(name, age)` by fields |
/// | `index("by-email", …, const = "NAME")` | renames the constant of the index |
/// | `const = "NAME"` | renames the constant that is the attribute's typed path, by default the field in upper case |
///
/// # Keys by template
/// `partition_key(pk = "USER#{id}")` on the struct makes the key attribute `pk` of text and the fields named in braces. The
/// fields stay attributes of their own too. A key is given as these fields, partition key first, each once:
/// `orders.get(("ann", "2026-11-03", 7))`; a single one stands alone. One of the two keys may be a field that is marked
/// instead.
///
/// A field in a template is a key: its type implements `KeyValue` (strings, newtypes over them, integers), it has no setter, and
/// editing it is an error. An integer needs its number of digits, `{number:05}`, and is written with leading zeros. Keys are
/// never mistaken for each other, and sort as their fields do, one after the other. Refused before a request are, as
/// `InvalidInput` that names attribute and field: an empty text; text with a byte at or below the separator behind it (the first
/// byte of the text that follows); a number that is negative or has more digits. `{{` is a brace.
///
/// A query of an entity whose sort key begins with text asks for sort keys with that text alone.
///
/// The fields in the keys of an **index** can change, and can be an Option, whose `None` keeps the item out of the index. The key is
/// an attribute of its own that is written with every change. A change that the server computes (`apply`, `update`) must set all
/// the fields of such a key, or none of them. `apply(…).or_insert(…)` is refused on an item that lacks such a key although it has
/// fields of it. A key of the table can be one of the index too, by the same template.
///
/// # Kinds
/// A kind tells the items of an entity from others in the same table. Every insert and put writes it. Reading an item of another
/// kind, or of none, is `Marshalling`, which names both; `Table::adopt` gives its kind to an item that has none. Queries and scans
/// ask for their own kind, and blind writes touch no item of another: only `put_unchecked` replaces whatever is there. An index
/// that does not have the attribute (`projection = keys`) shows items of every kind.
///
/// # `#[serde(…)]`
/// `rename`, `rename_all`, `default`, `skip`, `with`, `skip_serializing_if` and `alias` are honoured where no `entity`
/// attribute says otherwise (a field with an `entity` key, lock, `set`, `with` or `rename` is stored, even if serde skips
/// it), so that a struct which also derives `Serialize` has one name for each attribute. A value read
/// from an alias moves to the attribute's own name when it is written. `skip_serializing_if` needs a `default` that reads
/// what it skipped (an Option has one). Every other serde attribute is refused.
#[proc_macro_derive(Entity, attributes(entity, serde))]
pub fn entity(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut errors = errors::Errors::default();
    let model = model::Model::of(&input, model::What::Entity, &mut errors);
    check::check(&model, &mut errors);
    match errors.into_tokens() {
        None => expand::entity(&model).into(),
        Some(errors) => {
            let mut tokens = expand::fallback(&model);
            tokens.extend(errors);
            tokens.into()
        }
    }
}

/// Gives the fields of a struct that is stored inside an attribute their typed paths, for conditions and changes:
/// `User::ADDRESS.field(Address::CITY)`.
///
/// The struct is stored by its own `Serialize` and `Deserialize`; names are those of its `#[serde(…)]` attributes, of which
/// the same are supported as for an entity. `#[entity(const = "…")]` on a field renames its constant, and
/// `#[entity(crate = "…")]` says where `optimist` is.
#[proc_macro_derive(Part, attributes(entity, serde))]
pub fn part(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut errors = errors::Errors::default();
    let model = model::Model::of(&input, model::What::Part, &mut errors);
    check::check_part(&input, &model, &mut errors);
    let mut tokens = expand::part(&model);
    tokens.extend(errors.into_tokens());
    tokens.into()
}

/// Makes an enum of the entities that share a table, for `Table::query_all` and `Table::scan_all`.
///
/// Each variant holds an entity, or `Stored` of one, which can be saved:
/// ```text
/// #[derive(Entities)]
/// enum OfShop {
///     User(Stored<User>),
///     Order(Order),
///     #[entities(other)]
///     Other(Item),
/// }
/// ```
/// An item is told by its kind (`#[entity(kind = "user")]`), else by the text that begins its keys
/// (`sort_key(sk = "ORDER#{number:05}")`). Two entities that cannot be told apart do not compile: of equal kinds, or, where one has no
/// kind, with keys that can begin alike. Neither do entities of different tables, key attributes, or attributes of the kind.
///
/// The variant marked `#[entities(other)]` takes the `Item` of every other; without it such an item is an error in its place.
/// `#[entities(crate = "…")]` on the enum says where `optimist` is.
#[proc_macro_derive(Entities, attributes(entities))]
pub fn entities(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut errors = errors::Errors::default();
    let mut tokens = entities::entities(&input, &mut errors).unwrap_or_default();
    tokens.extend(errors.into_tokens());
    tokens.into()
}

/// Makes a newtype a partition or sort key: it is stored as its one field is, which must be a key type itself.
///
/// `#[entity(crate = "…")]` says where `optimist` is.
#[proc_macro_derive(KeyValue, attributes(entity))]
pub fn key_value(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut errors = errors::Errors::default();
    let mut tokens = newtype::key_value(&input, &mut errors).unwrap_or_default();
    tokens.extend(errors.into_tokens());
    tokens.into()
}

/// Makes a struct a read-only view of an entity: `users.get("ann").select::<Head>()` reads its attributes alone.
///
/// Each field is a field of the entity, of the same type. How it is stored is the entity's alone: name and older names, form and
/// default come from the constant that is the path of the field, so the field must be visible here. The lock has no path and is
/// in no view.
///
/// # On the struct: `#[projection(…)]`
/// | attribute | meaning |
/// |---|---|
/// | `of = User` | the entity, required; one with type parameters in quotes: `of = "Event<Login>"` |
/// | `crate = "path"` | where `optimist` is, if it was renamed or re-exported |
///
/// # On a field: `#[projection(…)]`
/// | attribute | meaning |
/// |---|---|
/// | `const = "NAME"` | the constant of the entity, by default the field in upper case |
#[proc_macro_derive(Projection, attributes(projection))]
pub fn projection(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut errors = errors::Errors::default();
    let mut tokens = projection::projection(&input, &mut errors).unwrap_or_default();
    tokens.extend(errors.into_tokens());
    tokens.into()
}
