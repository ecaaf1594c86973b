use std::future::IntoFuture;
use std::marker::PhantomData;

use futures::future::BoxFuture;

use super::get::not_found;
use super::option::option;
use super::update::{Edited, draft, stamped};
use crate::db::Table;
use crate::entity::{Entity, Stored};
use crate::error::{Error, Result};
use crate::expr::{Assignment, Attr, Edit, Path, Set};
use crate::key::{IntoKey, Target};
use crate::value::{AttributeValue, Item, ValueError, ValueErrorKind, set_of_values, type_name};
use crate::wire::Returns;
use crate::write::{Becomes, Call, Course, Draft, Modified, Preconditions, Turn, Wanted, land};

/// Changes an item by what was read of it, until the change lands. See [`Table::modify_with`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct ModifyWith<'a, E, F> {
    table: Table<E>,
    target: Result<Target>,
    change: F,
    course: Course,
    preconditions: Preconditions<E>,
    borrows: PhantomData<&'a ()>,
}

/// Turns a list into a set. See [`Table::convert_to_set`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct ConvertToSet<E> {
    table: Table<E>,
    target: Result<Target>,
    attribute: &'static str,
    course: Course,
}

impl<E: Entity> Table<E> {
    /// Reads the item under `key`, computes a typed change from it, and sends the change if nobody else wrote in between;
    /// otherwise it does so again. For list operations that must not replace the whole list: an element that moved is found
    /// again.
    ///
    /// Sends one GetItem with `ConsistentRead` (1 RCU per 4 KB) and one UpdateItem (1 WCU per KB of the item); after
    /// conflicts as [`modify`](Self::modify). A change that comes to nothing sends no write.
    ///
    /// # Errors
    /// As [`update`](Self::update), with `Exhausted` in place of `Conflict`, and `NotFound` where there is no item.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, tags: Vec<String> }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<User>().await?;
    /// # let users = db.table::<User>();
    /// # users.insert(User { id: "bob".into(), tags: vec!["a".into(), "b".into()] }).await?;
    /// let modified = users.modify_with("bob", |_| User::TAGS.remove_value("a")).await?;
    /// assert_eq!(modified.stored.tags, ["b"]);
    /// assert!(modified.output.gone.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn modify_with<'a, C, F>(
        &self,
        key: impl IntoKey<E::Key>,
        change: F,
    ) -> ModifyWith<'a, E, F>
    where
        F: FnMut(&E) -> C,
        C: Into<Edit<E>>,
    {
        ModifyWith {
            table: self.clone(),
            target: self.target(key),
            change,
            course: Course::default(),
            preconditions: Preconditions::default(),
            borrows: PhantomData,
        }
    }

    /// Turns an attribute that another tool stored as a List (or as NULL) into the set that the entity maps it to, under the
    /// lock. Duplicates collapse; the empty list becomes an absent attribute. An attribute that is a set already, or absent,
    /// stays.
    ///
    /// Sends one GetItem and, if there is something to convert, one UpdateItem.
    ///
    /// # Errors
    /// `Marshalling`: the attribute is neither list nor set, or its elements are not all strings, numbers or binaries.
    /// Otherwise as [`modify_with`](Self::modify_with).
    ///
    /// ```
    /// # use std::collections::BTreeSet;
    /// # use optimist::{AttributeValue, Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, #[entity(set)] friends: BTreeSet<String> }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<User>().await?;
    /// # let users = db.table::<User>();
    /// # let list = ["cat", "dan"].map(|s| AttributeValue::S(s.into()));
    /// # db.client().put_item().table_name("users").item("id", AttributeValue::S("bob".into()))
    /// #     .item("friends", AttributeValue::L(list.to_vec())).send().await?;
    /// assert!(users.get("bob").await.is_err()); // a list, where the entity has a set
    /// let bob = users.convert_to_set("bob", User::FRIENDS).await?.stored;
    /// assert_eq!(bob.friends.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn convert_to_set<T>(
        &self,
        key: impl IntoKey<E::Key>,
        attribute: Attr<E, T, Set>,
    ) -> ConvertToSet<E> {
        let path = attribute.into_path();
        let known = |a: &&crate::entity::AttributeSchema| a.name == path.root();
        let name = E::SCHEMA.attributes.iter().find(known);
        ConvertToSet {
            table: self.clone(),
            target: self.target(key),
            attribute: name.map_or("", |attribute| attribute.name),
            course: Course::default(),
        }
    }
}

impl<E: Entity, F> ModifyWith<'_, E, F> {
    option!(condition => preconditions);
    option!(guard => preconditions);
    option!(reread => course.reread);
    option!(idempotent => course.idempotent);
    option!(retry => course.policy);
    option!(meter => table);
}

impl<'a, E, C, F> IntoFuture for ModifyWith<'a, E, F>
where
    E: Entity,
    C: Into<Edit<E>>,
    F: FnMut(&E) -> C + Send + 'a,
{
    type Output = Result<Modified<E, Edited>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let call = self.table.call(self.target?, self.course.policy);
            let (preconditions, mut change) = (self.preconditions, self.change);
            let turn = |call: &Call, image: Option<Item>| {
                let image = image.ok_or_else(|| not_found(call.target()))?;
                let turn = || {
                    let stored = Stored::<E>::read(call.target(), image)?;
                    let edit: Edit<E> = change(&stored).into();
                    let (draft, gone) = draft(call, &stored, &edit, &preconditions)?;
                    let turn = match draft {
                        Some(draft) => Turn::Change(stored, draft),
                        None => Turn::Unchanged(stored),
                    };
                    Ok((turn, Edited { gone }))
                };
                turn().map_err(|error: Error| call.named(error))
            };
            land(call, &self.course, turn).await
        })
    }
}

impl<E: Entity> ConvertToSet<E> {
    option!(retry => course.policy);
    option!(meter => table);

    async fn run(self) -> Result<Modified<E, ()>> {
        let call = self.table.call(self.target?, self.course.policy);
        let name = self.attribute;
        let turn = |call: &Call, image: Option<Item>| {
            let image = image.ok_or_else(|| not_found(call.target()))?;
            let turn = convert(call, image, name);
            Ok((turn.map_err(|error| call.named(error))?, ()))
        };
        land(call, &self.course, turn).await
    }
}

fn convert<E: Entity>(call: &Call, image: Item, name: &'static str) -> Result<Turn<E>> {
    let value = match as_set(image.get(name)).map_err(|error| error.of(name))? {
        AsSet::Already => return Ok(Turn::Unchanged(Stored::read(call.target(), image)?)),
        AsSet::Becomes(value) => value,
    };
    let path = Path::attribute(name);
    let assignment = Assignment { path, value };
    let mut converted = image.clone();
    assignment.apply(&mut converted);
    let stored = Stored::<E>::read(call.target(), converted)?;
    let wanted = Wanted {
        actions: stamped::<E>(vec![assignment.into()], call.wall())?,
        ..Wanted::default()
    };
    let expected = stored.expected()?;
    let proposal = call
        .planner()
        .update(&image, expected, wanted, Returns::Item)?;
    let becomes = Becomes::Answered;
    Ok(Turn::Change(stored, Draft { proposal, becomes }))
}

/// What a value is as a set.
enum AsSet {
    Already,
    /// Nothing: the empty set.
    Becomes(Option<AttributeValue>),
}

fn as_set(value: Option<&AttributeValue>) -> Result<AsSet, ValueError> {
    use AttributeValue::{Bs, L, Ns, Null, Ss};
    match value {
        None | Some(Ss(_) | Ns(_) | Bs(_)) => Ok(AsSet::Already),
        Some(Null(_)) => Ok(AsSet::Becomes(None)),
        Some(L(elements)) => set_of_values(elements.iter().cloned()).map(AsSet::Becomes),
        Some(other) => Err(ValueError::new(ValueErrorKind::NotASet {
            found: type_name(other),
        })),
    }
}

impl<E: Entity> IntoFuture for ConvertToSet<E> {
    type Output = Result<Modified<E, ()>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
