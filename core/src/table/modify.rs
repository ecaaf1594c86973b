use std::future::IntoFuture;
use std::marker::PhantomData;

use futures::future::BoxFuture;

use super::get::not_found;
use super::option::option;
use super::save::draft;
use crate::db::Table;
use crate::entity::{Entity, Stored, to_item};
use crate::error::{Error, Result};
use crate::key::{IntoKey, Target};
use crate::value::Item;
use crate::write::{Call, Course, Modified, Preconditions, Turn, land};

/// Reads, changes and writes an item until the change lands. See [`Table::modify`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct Modify<'a, E, R, F> {
    call: Change<'a, E>,
    change: F,
    output: PhantomData<fn() -> R>,
}

/// As [`Modify`], with a change that may fail. See [`Table::try_modify`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct TryModify<'a, E, R, X, F> {
    call: Change<'a, E>,
    change: F,
    output: PhantomData<fn() -> Result<R, X>>,
}

/// What the closure of [`Table::modify`] returns: nothing.
#[diagnostic::on_unimplemented(
    message = "the closure of `modify` returns `{Self}`, which nobody would look at",
    label = "`modify` takes a closure that returns nothing",
    note = "for a value or an error out of the closure use `try_modify`: an `Err` ends it, and nothing is written; \
            a value comes back as `output`. Otherwise end the closure with `;`"
)]
pub trait Nothing: sealed::Sealed {}
impl Nothing for () {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
}

type MakeEntity<'a, E> = Box<dyn FnMut() -> E + Send + 'a>;

struct Change<'a, E> {
    table: Table<E>,
    target: Result<Target>,
    course: Course,
    preconditions: Preconditions<E>,
    or_insert: Option<MakeEntity<'a, E>>,
}

impl<E: Entity> Table<E> {
    /// Reads the item under `key`, applies `change`, and writes the result if nobody else wrote in between; otherwise it does
    /// so again with what the other wrote, until the change lands.
    ///
    /// Sends one GetItem with `ConsistentRead` (1 RCU per 4 KB) and one UpdateItem of the changed attributes (1 WCU per KB of
    /// the whole item); after a conflict another write, based on the item that came back with the refusal; after the next one
    /// a wait, a read and a write; and so on in turn. The waits grow with the conflicts of this change and of the last ones of
    /// this `Db`. A closure that changes nothing sends no write. It may run many times, so it must not
    /// do anything but change the entity. To bound the time, give a policy with a deadline: dropping the future leaves the
    /// last write undecided, and calling again might apply the change twice. The closure returns nothing: whoever wants a
    /// value out of it, or may refuse the change, uses [`try_modify`](Self::try_modify).
    ///
    /// # Errors
    /// `NotFound`: there is no such item ([`or_insert_with`](Modify::or_insert_with) makes one). `Exhausted`: the policy ran
    /// out, with the number of attempts and the last cause; nothing was written. `OutcomeUnknown`: an answer was lost and the
    /// item cannot tell; the change is not applied again. `InvalidInput`: the closure changed the key or the lock view.
    /// `Marshalling`, `LaneTimeout`, `Service`: nothing was written.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, logins: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<User>().await?;
    /// let users = db.table::<User>();
    /// users
    ///     .modify("bob", |bob| bob.logins += 1)
    ///     .or_insert_with(|| User { id: "bob".into(), logins: 0 })
    ///     .await?;
    /// let modified = users.modify("bob", |bob| bob.logins += 1).await?;
    /// assert_eq!(modified.stored.logins, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// An error that nobody looks at does not compile:
    /// ```compile_fail
    /// # use optimist::{Entity, Table};
    /// # #[derive(Entity)]
    /// # #[entity(table = "accounts")]
    /// # struct Account { #[entity(partition_key)] id: String, balance: i64 }
    /// # async fn pay(accounts: Table<Account>) -> optimist::Result<()> {
    /// accounts
    ///     .modify("a", |a| {
    ///         a.balance -= 10;
    ///         if a.balance < 0 { return Err("insufficient") }
    ///         Ok(())
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn modify<'a, R, F>(&self, key: impl IntoKey<E::Key>, change: F) -> Modify<'a, E, R, F>
    where
        F: FnMut(&mut E) -> R,
        R: Nothing,
    {
        Modify {
            call: Change::new(self, self.target(key)),
            change,
            output: PhantomData,
        }
    }

    /// As [`modify`](Self::modify), with a change that gives a value or says no: what the closure returns when its change
    /// lands is [`Modified::output`]; an `Err` ends the call, nothing is written, and the error comes back as it is.
    ///
    /// # Errors
    /// What the closure returns, and what [`modify`](Self::modify) returns, converted by `X: From<Error>`.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "accounts")]
    /// # struct Account { #[entity(partition_key)] id: String, balance: i64 }
    /// #[derive(Debug)]
    /// enum Refused { TooLittle, Store(optimist::Error) }
    /// impl From<optimist::Error> for Refused {
    ///     fn from(error: optimist::Error) -> Self { Refused::Store(error) }
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Refused> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<Account>().await?;
    /// # let accounts = db.table::<Account>();
    /// accounts.insert(Account { id: "a".into(), balance: 5 }).await?;
    /// let refused = accounts
    ///     .try_modify("a", |a| {
    ///         a.balance -= 10;
    ///         if a.balance < 0 { Err(Refused::TooLittle) } else { Ok(()) }
    ///     })
    ///     .await;
    /// assert!(matches!(refused, Err(Refused::TooLittle)));
    /// assert_eq!(accounts.require("a").await?.balance, 5);
    ///
    /// // A value: how much there was before.
    /// let emptied = accounts.try_modify("a", |a| Ok::<_, optimist::Error>(std::mem::take(&mut a.balance))).await?;
    /// assert_eq!((emptied.output, emptied.stored.balance), (5, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_modify<'a, R, X, F>(
        &self,
        key: impl IntoKey<E::Key>,
        change: F,
    ) -> TryModify<'a, E, R, X, F>
    where
        F: FnMut(&mut E) -> Result<R, X>,
        X: From<Error>,
    {
        TryModify {
            call: Change::new(self, self.target(key)),
            change,
            output: PhantomData,
        }
    }
}

impl<'a, E: Entity, R, F> Modify<'a, E, R, F> {
    option!(condition => call.preconditions);
    option!(guard => call.preconditions);
    option!(reread => call.course.reread);
    option!(idempotent => call.course.idempotent);
    option!(retry => call.course.policy);
    option!(meter => call.table);

    /// Where there is no item, the change is applied to what `make` returns, and one insert (PutItem) stores the result; a
    /// [`condition`](Self::condition) asks nothing of it. Should another item be inserted first, the change is applied to
    /// that one.
    pub fn or_insert_with(mut self, make: impl FnMut() -> E + Send + 'a) -> Self {
        self.call.or_insert = Some(Box::new(make));
        self
    }
}

impl<'a, E: Entity, R, X, F> TryModify<'a, E, R, X, F> {
    option!(condition => call.preconditions);
    option!(guard => call.preconditions);
    option!(reread => call.course.reread);
    option!(idempotent => call.course.idempotent);
    option!(retry => call.course.policy);
    option!(meter => call.table);

    /// As [`Modify::or_insert_with`].
    pub fn or_insert_with(mut self, make: impl FnMut() -> E + Send + 'a) -> Self {
        self.call.or_insert = Some(Box::new(make));
        self
    }
}

impl<'a, E, R, F> IntoFuture for Modify<'a, E, R, F>
where
    E: Entity,
    R: Send + 'a,
    F: FnMut(&mut E) -> R + Send + 'a,
{
    type Output = Result<Modified<E, ()>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self {
            call, mut change, ..
        } = self;
        let change = move |entity: &mut E| {
            change(entity);
            Ok::<(), Error>(())
        };
        Box::pin(call.run(change))
    }
}

impl<'a, E, R, X, F> IntoFuture for TryModify<'a, E, R, X, F>
where
    E: Entity,
    R: Send + 'a,
    X: From<Error> + Send + 'a,
    F: FnMut(&mut E) -> Result<R, X> + Send + 'a,
{
    type Output = Result<Modified<E, R>, X>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.call.run(self.change))
    }
}

impl<E: Entity> Change<'_, E> {
    fn new(table: &Table<E>, target: Result<Target>) -> Self {
        Self {
            table: table.clone(),
            target,
            course: Course::default(),
            preconditions: Preconditions::default(),
            or_insert: None,
        }
    }

    async fn run<R, X: From<Error>>(
        self,
        mut change: impl FnMut(&mut E) -> Result<R, X>,
    ) -> Result<Modified<E, R>, X> {
        let call = self.table.call(self.target?, self.course.policy);
        let (mut or_insert, preconditions) = (self.or_insert, self.preconditions);
        let turn = |call: &Call, image| match (image, &mut or_insert) {
            (Some(image), _) => change_read(call, image, &preconditions, &mut change),
            (None, Some(make)) => change_new(call, make(), &mut change),
            (None, None) => Err(not_found(call.target()).into()),
        };
        land(call, &self.course, turn).await
    }
}

/// Applies the change to what was read.
fn change_read<E: Entity, R, X: From<Error>>(
    call: &Call,
    image: Item,
    preconditions: &Preconditions<E>,
    change: &mut impl FnMut(&mut E) -> Result<R, X>,
) -> Result<(Turn<E>, R), X> {
    let stored = Stored::<E>::read(call.target(), image);
    let mut stored = stored.map_err(|error| call.named(error))?;
    let output = change(&mut stored)?;
    let turn = || -> Result<Turn<E>> {
        let changes = stored.changes(|| call.wall())?;
        if changes.is_empty() {
            return Ok(Turn::Unchanged(stored));
        }
        let draft = draft(call, &stored, changes, preconditions)?;
        Ok(Turn::Change(stored, draft))
    };
    let turn = turn().map_err(|error| call.named(error))?;
    Ok((turn, output))
}

/// Applies the change to a new entity.
fn change_new<E: Entity, R, X: From<Error>>(
    call: &Call,
    mut entity: E,
    change: &mut impl FnMut(&mut E) -> Result<R, X>,
) -> Result<(Turn<E>, R), X> {
    let output = change(&mut entity)?;
    entity.stamp_new(call.wall());
    let turn = || {
        if entity.key() != *call.target().key() {
            let message = "`or_insert_with` made an entity with another key than the call's";
            return Err(Error::invalid(message));
        }
        let proposal = call.planner().insert(to_item(&entity)?)?;
        Ok(Turn::Insert(entity, proposal))
    };
    let turn = turn().map_err(|error| call.named(error))?;
    Ok((turn, output))
}
