use super::{Entity, IndexSchema};
use crate::error::Result;
use crate::expr::{Compiled, Compiler};
use crate::value::{Item, ValueError};

/// A read-only view of some attributes of an entity: only they and the keys travel. It saves transfer, not read units:
/// DynamoDB charges for the whole item.
///
/// Derive it: each field of the struct is a field of the entity, of the same type. It is read as the entity reads it, with
/// its name and older names, its form and its default. See the [derive's reference](derive@crate::Projection) for its
/// attributes. Then `.select::<Head>()` on [`get`](crate::action::Get::select), [`require`](crate::action::Require::select),
/// [`get_many`](crate::batch::GetMany::select), or a [query or scan](crate::query::Read::select) of a table or index.
///
/// ```
/// use optimist::{Db, Entity, Projection, local};
///
/// #[derive(Entity)]
/// #[entity(table = "users")]
/// struct User {
///     #[entity(partition_key)]
///     id: String,
///     email: String,
///     photo: Vec<u8>,
/// }
///
/// #[derive(Projection, Debug, PartialEq)]
/// #[projection(of = User)]
/// struct Head {
///     id: String,
///     email: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> optimist::Result<()> {
/// # let db = Db::new(local::client()?);
/// # db.create_table::<User>().await?;
/// # let users = db.table::<User>();
/// users.insert(User { id: "ann".into(), email: "a@b".into(), photo: vec![0; 9000] }).await?;
/// let heads: Vec<Head> = users.scan().select().collect().await?;
/// assert_eq!(heads, [Head { id: "ann".into(), email: "a@b".into() }]);
/// # Ok(())
/// # }
/// ```
///
/// A view cannot be saved, since it knows neither the lock nor the rest of the item. To change the item, go by its key:
/// `users.modify(&head.id, …)`.
/// ```compile_fail
/// # use optimist::{Entity, Projection, Table};
/// # #[derive(Entity)]
/// # #[entity(table = "users")]
/// # struct User { #[entity(partition_key)] id: String, email: String }
/// # #[derive(Projection)]
/// # #[projection(of = User)]
/// # struct Head { id: String, email: String }
/// # async fn save(users: Table<User>) -> optimist::Result<()> {
/// let mut ann = users.require("ann").select::<Head>().await?;
/// users.save(&mut ann).await?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a view of an entity",
    label = "not a view",
    note = "add `#[derive(optimist::Projection)]` and name the entity with `#[projection(of = …)]`"
)]
pub trait Projection: Sized + Send + 'static {
    /// What it is a view of.
    type Of: Entity;

    /// The attributes that it shows, without their older names.
    const NAMES: &'static [&'static str];

    /// Reads a view out of an item that has these attributes.
    ///
    /// # Errors
    /// An attribute is missing or does not fit its field.
    fn decode(item: &Item) -> std::result::Result<Self, ValueError>;
}

/// An expression that also asks for what a view of `E` shows, in the table or in an index.
///
/// # Errors
/// It is too long.
pub(crate) fn select<E: Entity>(
    names: &[&'static str],
    index: Option<&IndexSchema>,
    expression: Compiled,
) -> Result<Compiled> {
    let compiler = Compiler::upon(expression).projection(attributes::<E>(names, index));
    compiler.finish()
}

/// What is asked for to show `names`: they, their older names, and the keys of table and index, each once; of the table also
/// the kind, and the time by which an entity hides what has expired.
fn attributes<E: Entity>(names: &[&'static str], index: Option<&IndexSchema>) -> Vec<&'static str> {
    let keys = std::iter::once(&E::SCHEMA.key).chain(index.map(|index| &index.key));
    let keys = keys.flat_map(|schema| schema.attributes().map(|key| key.name));
    let shown = names.iter().flat_map(|name| {
        let older = E::SCHEMA.aliases(name).iter();
        std::iter::once(name).chain(older).copied()
    });
    let ttl = E::SCHEMA.ttl;
    let ttl = ttl.filter(|ttl| ttl.hides_expired && index.is_none());
    let kind = E::SCHEMA.kind.filter(|_| index.is_none());
    let known = kind.map(|kind| kind.attribute);
    let known = known.into_iter().chain(ttl.map(|ttl| ttl.attribute));
    let mut all = Vec::with_capacity(names.len() + 5);
    for name in keys.chain(shown).chain(known) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}
