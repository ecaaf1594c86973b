use std::future::IntoFuture;
use std::marker::PhantomData;

use futures::future::BoxFuture;

use super::flight::{Flight, Refusal, Settled, exhausted};
use super::get::not_found;
use super::plan::{self, Planned};
use crate::db::{Db, Table, Target};
use crate::entity::{Entity, InDoubt, IntoKey, Snapshot, Stored, lock_view, to_item};
use crate::error::{Error, ErrorKind, Result};
use crate::lock::{Left, Verdict};
use crate::retry::{Budget, RetryPolicy};
use crate::value::Item;

/// Reads, changes and writes an item until the change lands. See [`Table::modify`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct Modify<'a, E, R, F> {
    call: Call<E>,
    change: F,
    output: PhantomData<fn() -> &'a R>,
}

/// As [`Modify`], with a change that may fail. See [`Table::try_modify`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct TryModify<'a, E, R, X, F> {
    call: Call<E>,
    change: F,
    output: PhantomData<fn() -> &'a Result<R, X>>,
}

/// A change that landed, or that changed nothing.
#[derive(Debug)]
#[non_exhaustive]
pub struct Modified<E, R> {
    /// The item as this change left it, ready for more.
    pub stored: Stored<E>,
    /// What the closure returned when its change landed.
    pub output: R,
    /// How often the closure ran.
    pub attempts: u32,
    /// How often somebody else wrote in between.
    pub conflicts: u32,
}

type MakeEntity<E> = Box<dyn FnMut() -> E + Send>;

struct Call<E> {
    table: Table<E>,
    target: Result<Target>,
    policy: Option<RetryPolicy>,
    or_insert: Option<MakeEntity<E>>,
}

impl<E: Entity> Table<E> {
    /// Reads the item under `key`, applies `change`, and writes the result if nobody else wrote in between; otherwise it does
    /// so again with what the other wrote, until the change lands.
    ///
    /// Sends one GetItem with `ConsistentRead` (1 RCU per 4 KB) and one UpdateItem of the changed attributes (1 WCU per KB of
    /// the whole item); after a conflict another write, based on the item that came back with the refusal; after further ones
    /// a wait, a read and a write each. A closure that changes nothing sends no write. It may run many times, so it must not
    /// do anything but change the entity.
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

impl<E: Entity, R, F> Modify<'_, E, R, F> {
    /// Replaces the policy of the `Db`.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.call.policy = Some(policy);
        self
    }

    /// Where there is no item, the change is applied to what `make` returns, and one insert (PutItem) stores the result.
    /// Should another item be inserted first, the change is applied to that one.
    pub fn or_insert_with(mut self, make: impl FnMut() -> E + Send + 'static) -> Self {
        self.call.or_insert = Some(Box::new(make));
        self
    }
}

impl<E: Entity, R, X, F> TryModify<'_, E, R, X, F> {
    /// Replaces the policy of the `Db`.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.call.policy = Some(policy);
        self
    }

    /// As [`Modify::or_insert_with`].
    pub fn or_insert_with(mut self, make: impl FnMut() -> E + Send + 'static) -> Self {
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

/// A change that was applied to one base, ready to be sent.
struct Applied<E: Entity, R> {
    base: Base<E>,
    planned: Planned,
    left: Left,
    view: E::LockView,
    output: R,
}

/// What a change was applied to. Moved once, so its size does not matter.
#[allow(clippy::large_enum_variant)]
enum Base<E> {
    Read(Stored<E>, Snapshot),
    New(E),
}

/// What came of applying the change once. Moved once, so its size does not matter.
#[allow(clippy::large_enum_variant)]
enum Turn<E: Entity, R> {
    Unchanged(Stored<E>, R),
    Write(Applied<E, R>),
}

impl<E: Entity> Call<E> {
    fn new(table: &Table<E>, target: Result<Target>) -> Self {
        Self {
            table: table.clone(),
            target,
            policy: None,
            or_insert: None,
        }
    }

    async fn run<R, X>(
        self,
        mut change: impl FnMut(&mut E) -> Result<R, X>,
    ) -> Result<Modified<E, R>, X>
    where
        X: From<Error>,
    {
        let Self {
            table,
            target,
            policy,
            mut or_insert,
        } = self;
        let target = target?;
        let db = table.db();
        let mut budget = Budget::start(&table.policy(policy));
        let mut flight = Flight::enter(db, &target, &budget).await?;
        let mut image = flight.read(&mut budget).await?;
        let (mut attempts, mut conflicts) = (0, 0);
        loop {
            attempts += 1;
            let turn = match (image, &mut or_insert) {
                (Some(image), _) => change_read(db, &target, image, &mut change)?,
                (None, Some(make)) => change_new(db, &target, make(), &mut change)?,
                (None, None) => return Err(not_found(&target).into()),
            };
            let applied = match turn {
                Turn::Write(applied) => applied,
                Turn::Unchanged(stored, output) => {
                    return Ok(Modified {
                        stored,
                        output,
                        attempts,
                        conflicts,
                    });
                }
            };
            let settled = flight.settle(&applied.planned, &E::SCHEMA.lock, &mut budget);
            let refusal = match settled.await? {
                Settled::Landed => {
                    let (output, stored) = applied.landed(&target);
                    return Ok(Modified {
                        stored,
                        output,
                        attempts,
                        conflicts,
                    });
                }
                Settled::Refused(refusal) => check_reapply(refusal, &target)?,
            };
            conflicts += 1;
            if let Some(spent) = budget.spent() {
                let error = exhausted(&target, spent, refusal.cause, &budget);
                return Err(error.showing(refusal.image).into());
            }
            // The first retry goes out at once, from the item that came with the refusal.
            image = if conflicts == 1 && refusal.image.is_some() {
                refusal.image
            } else {
                flight.back_off(&mut budget).await?;
                flight.read(&mut budget).await?
            };
        }
    }
}

/// Applies the change to what was read.
fn change_read<E: Entity, R, X: From<Error>>(
    db: &Db,
    target: &Target,
    image: Item,
    change: &mut impl FnMut(&mut E) -> Result<R, X>,
) -> Result<Turn<E, R>, X> {
    let blame = |error: Error| target.blame(error);
    let mut stored = Stored::<E>::read(&target.table, image).map_err(blame)?;
    let output = change(&mut stored)?;
    let Some((actions, snapshot)) = stored.changes().map_err(blame)? else {
        return Ok(Turn::Unchanged(stored, output));
    };
    let (planned, left) = stored
        .expected()
        .and_then(|expected| {
            plan::update::<E>(
                &target.key_item,
                stored.image(),
                expected,
                actions,
                db.identity().issue(),
                db.journal_writers(),
            )
        })
        .map_err(blame)?;
    Ok(Turn::Write(Applied {
        base: Base::Read(stored, snapshot),
        planned,
        view: lock_view::<E>(&left).map_err(blame)?,
        left,
        output,
    }))
}

/// Applies the change to a new entity.
fn change_new<E: Entity, R, X: From<Error>>(
    db: &Db,
    target: &Target,
    mut entity: E,
    change: &mut impl FnMut(&mut E) -> Result<R, X>,
) -> Result<Turn<E, R>, X> {
    let blame = |error: Error| target.blame(error);
    let output = change(&mut entity)?;
    if entity.key() != target.key {
        let message = "`or_insert_with` made an entity with another key than the call's";
        return Err(blame(Error::invalid(message)).into());
    }
    let item = to_item(&entity).map_err(|error| target.blame(error))?;
    let (planned, left) =
        plan::insert::<E>(item, db.identity().issue(), db.journal_writers()).map_err(blame)?;
    Ok(Turn::Write(Applied {
        base: Base::New(entity),
        planned,
        view: lock_view::<E>(&left).map_err(blame)?,
        left,
        output,
    }))
}

impl<E: Entity, R> Applied<E, R> {
    /// The output, and the handle on what landed.
    fn landed(self, target: &Target) -> (R, Stored<E>) {
        let stored = match self.base {
            Base::New(mut entity) => {
                entity.set_lock_view(self.view);
                Stored::inserted(&target.table, entity, self.planned.leaves, self.left)
            }
            Base::Read(mut stored, snapshot) => {
                let write = InDoubt {
                    id: self.planned.write.id,
                    image: self.planned.leaves,
                    left: self.left,
                    snapshot,
                };
                stored.advance(write, self.view);
                stored
            }
        };
        (self.output, stored)
    }
}

/// Whether the change may be applied again: only after a write that was proved not landed.
fn check_reapply(refusal: Refusal, target: &Target) -> Result<Refusal> {
    match refusal.verdict {
        Verdict::NotLanded | Verdict::NotLandedWeak => Ok(refusal),
        Verdict::Exists if refusal.answered_once => Ok(refusal),
        Verdict::Exists => {
            let message = "an insert was sent more than once or not answered, and another item is there now: \
                           it may have landed and been replaced. Read the item and decide";
            Err(refusal.into_error(target, Error::new(ErrorKind::OutcomeUnknown, message)))
        }
        _ => Err(refusal.into_conflict(target)),
    }
}
