use std::future::IntoFuture;

use futures::future::BoxFuture;

use super::get::not_found;
use super::option::option;
use crate::db::Table;
use crate::entity::{Entity, Stored};
use crate::error::{Error, Result};
use crate::expr::{Assignment, Path};
use crate::key::{IntoKey, Target};
use crate::lock::LockKind;
use crate::value::Item;
use crate::write::{Becomes, Call, Course, Draft, Modified, Turn, Wanted, land};

/// Gives a legacy item its lock. See [`Table::adopt`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct Adopt<E> {
    table: Table<E>,
    target: Result<Target>,
    course: Course,
}

impl<E: Entity> Table<E> {
    /// Gives an item that was written before there was a lock its lock and journal, and one without a kind the kind of its
    /// entity, and changes nothing else. An item that has both (with `lock = values`: its kind) is left alone. Every write of a legacy item does this by the way; to
    /// do it beforehand keeps that write from comparing all that it replaces.
    ///
    /// Sends one GetItem with `ConsistentRead` (1 RCU per 4 KB) and, if there is no lock, one UpdateItem (1 WCU per KB of the
    /// item) on the condition that there still is none.
    ///
    /// # Errors
    /// `NotFound`: there is no such item. `InvalidInput`: the attribute of the journal holds something of somebody else's.
    /// `Exhausted`, `LaneTimeout`, `OutcomeUnknown`, `Service` as for [`modify`](Self::modify).
    ///
    /// ```
    /// # use optimist::{AttributeValue, Db, Entity, Lock, Stored, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, logins: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<User>().await?;
    /// # let users = db.table::<User>();
    /// # db.client().put_item().table_name("users").item("id", AttributeValue::S("bob".into()))
    /// #     .item("logins", AttributeValue::N("3".into())).send().await?;
    /// let bob = users.require("bob").await?; // another tool put it there
    /// assert_eq!(Stored::lock(&bob), None);
    /// let bob = users.adopt("bob").await?.stored;
    /// assert_eq!((Stored::lock(&bob), bob.logins), (Some(&Lock::Version(1)), 3));
    /// # Ok(())
    /// # }
    /// ```
    pub fn adopt(&self, key: impl IntoKey<E::Key>) -> Adopt<E> {
        Adopt {
            table: self.clone(),
            target: self.target(key),
            course: Course::default(),
        }
    }
}

impl<E: Entity> Adopt<E> {
    option!(retry => course.policy);
    option!(meter => table);

    async fn run(self) -> Result<Modified<E, ()>> {
        let call = self.table.call(self.target?, self.course.policy);
        let turn = |call: &Call, image: Option<Item>| {
            let image = image.ok_or_else(|| not_found(call.target()))?;
            let turn = adopt(call, &image);
            Ok((turn.map_err(|error: Error| call.named(error))?, ()))
        };
        land(call, &self.course, turn).await
    }
}

fn adopt<E: Entity>(call: &Call, image: &Item) -> Result<Turn<E>> {
    let missing = E::SCHEMA.kind.filter(|kind| kind.is_missing_in(image));
    let kind = missing.map(|kind| Assignment {
        path: Path::attribute(kind.attribute),
        value: Some(kind.to_attribute()),
    });
    let changes = Vec::from_iter(kind);
    let mut adopted = image.clone();
    for change in &changes {
        change.apply(&mut adopted);
    }
    let stored = Stored::<E>::read(call.target(), adopted)?;
    let locked = E::SCHEMA.lock.kind == LockKind::Values || Stored::lock(&stored).is_some();
    if locked && changes.is_empty() {
        return Ok(Turn::Unchanged(stored));
    }
    let (planner, expected) = (call.planner(), stored.expected()?);
    let proposal = planner.save(image, expected, &changes, Wanted::default())?;
    let becomes = Becomes::Edited(changes);
    Ok(Turn::Change(stored, Draft { proposal, becomes }))
}

impl<E: Entity> IntoFuture for Adopt<E> {
    type Output = Result<Modified<E, ()>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
