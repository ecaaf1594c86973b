use std::future::IntoFuture;
use std::marker::PhantomData;
use std::time::SystemTime;

use futures::future::BoxFuture;

use super::get::not_found;
use super::land::{Base, Course, Modified, Turn, land};
use super::option::option;
use super::plan;
use super::terms::Terms;
use crate::db::{Db, Table, Target};
use crate::entity::{Entity, IntoKey, Stored, to_item};
use crate::error::{Error, Result};
use crate::value::Item;

/// Reads, changes and writes an item until the change lands. See [`Table::modify`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct Modify<'a, E, R, F> {
    call: Call<'a, E>,
    change: F,
    output: PhantomData<fn() -> R>,
}

/// As [`Modify`], with a change that may fail. See [`Table::try_modify`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct TryModify<'a, E, R, X, F> {
    call: Call<'a, E>,
    change: F,
    output: PhantomData<fn() -> Result<R, X>>,
}

type MakeEntity<'a, E> = Box<dyn FnMut() -> E + Send + 'a>;

struct Call<'a, E> {
    table: Table<E>,
    target: Result<Target>,
    course: Course,
    terms: Terms<E>,
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
    /// last write undecided, and calling again might apply the change twice.
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
    /// # local::create_table::<User>(&db).await?;
    /// let users = db.table::<User>();
    /// users
    ///     .modify("bob", |bob| bob.logins += 1)
    ///     .or_insert_with(|| User { id: "bob".into(), logins: 0 })
    ///     .await?;
    /// let modified = users.modify("bob", |bob| { bob.logins += 1; bob.logins }).await?;
    /// assert_eq!(modified.output, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn modify<'a, R, F>(&self, key: impl IntoKey<E::Key>, change: F) -> Modify<'a, E, R, F>
    where
        F: FnMut(&mut E) -> R,
    {
        Modify {
            call: Call::new(self, self.target(key)),
            change,
            output: PhantomData,
        }
    }

    /// As [`modify`](Self::modify), with a change that may say no: an `Err` of the closure ends the call, nothing is written,
    /// and the error comes back as it is.
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
    /// # local::create_table::<Account>(&db).await?;
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
            call: Call::new(self, self.target(key)),
            change,
            output: PhantomData,
        }
    }
}

impl<'a, E: Entity, R, F> Modify<'a, E, R, F> {
    option!(retry => call.course.policy);
    option!(reread => call.course.reread);
    option!(idempotent => call.course.idempotent);
    option!(condition => call.terms);
    option!(guard => call.terms);

    /// Where there is no item, the change is applied to what `make` returns, and one insert (PutItem) stores the result; a
    /// [`condition`](Self::condition) asks nothing of it. Should another item be inserted first, the change is applied to
    /// that one.
    pub fn or_insert_with(mut self, make: impl FnMut() -> E + Send + 'a) -> Self {
        self.call.or_insert = Some(Box::new(make));
        self
    }
}

impl<'a, E: Entity, R, X, F> TryModify<'a, E, R, X, F> {
    option!(retry => call.course.policy);
    option!(reread => call.course.reread);
    option!(idempotent => call.course.idempotent);
    option!(condition => call.terms);
    option!(guard => call.terms);

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
    type Output = Result<Modified<E, R>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self {
            call, mut change, ..
        } = self;
        Box::pin(call.run(move |entity: &mut E| Ok::<R, Error>(change(entity))))
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

impl<E: Entity> Call<'_, E> {
    fn new(table: &Table<E>, target: Result<Target>) -> Self {
        Self {
            table: table.clone(),
            target,
            course: Course::default(),
            terms: Terms::default(),
            or_insert: None,
        }
    }

    async fn run<R, X: From<Error>>(
        self,
        mut change: impl FnMut(&mut E) -> Result<R, X>,
    ) -> Result<Modified<E, R>, X> {
        let Self {
            table,
            target,
            course,
            terms,
            mut or_insert,
        } = self;
        let target = target?;
        let turn = |image| match (image, &mut or_insert) {
            (Some(image), _) => change_read(table.db(), &target, image, &terms, &mut change),
            (None, Some(make)) => change_new(table.db(), &target, make(), &mut change),
            (None, None) => Err(not_found(&target).into()),
        };
        land(&table, &target, &course, turn).await
    }
}

/// Applies the change to what was read.
fn change_read<E: Entity, R, X: From<Error>>(
    db: &Db,
    target: &Target,
    image: Item,
    terms: &Terms<E>,
    change: &mut impl FnMut(&mut E) -> Result<R, X>,
) -> Result<Turn<E, R>, X> {
    let blame = |error: Error| target.blame(error);
    let mut stored = Stored::<E>::read(&target.table, image).map_err(blame)?;
    let output = change(&mut stored)?;
    let assignments = stored.changes().map_err(blame)?;
    if assignments.is_empty() {
        return Ok(Turn::Unchanged(stored, output));
    }
    let turn = || {
        let (planned, left, item) = plan::save::<E>(
            &target.key_item,
            stored.image(),
            stored.expected()?,
            assignments,
            terms.on(stored.image())?,
            db.identity().issue(),
            db.journal_writers(),
        )?;
        Turn::write(Base::Edited(stored, item), planned, left, output)
    };
    Ok(turn().map_err(blame)?)
}

/// Applies the change to a new entity.
fn change_new<E: Entity, R, X: From<Error>>(
    db: &Db,
    target: &Target,
    mut entity: E,
    change: &mut impl FnMut(&mut E) -> Result<R, X>,
) -> Result<Turn<E, R>, X> {
    let output = change(&mut entity)?;
    entity.stamp_new(SystemTime::now());
    let turn = || {
        if entity.key() != target.key {
            let message = "`or_insert_with` made an entity with another key than the call's";
            return Err(Error::invalid(message));
        }
        let (issued, writers) = (db.identity().issue(), db.journal_writers());
        let (planned, left, item) = plan::insert::<E>(to_item(&entity)?, issued, writers)?;
        Turn::write(Base::New(entity, item), planned, left, output)
    };
    Ok(turn().map_err(|error| target.blame(error))?)
}
