use std::future::IntoFuture;

use futures::future::BoxFuture;

use super::flight::{Flight, Settled};
use super::option::option;
use super::plan;
use super::terms::Terms;
use crate::db::{Table, Target};
use crate::entity::{Entity, InDoubt, Stored, lock_view};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::Assignment;
use crate::lock::LockKind;
use crate::retry::{Budget, RetryPolicy};

/// Stores what changed of an item. See [`Table::save`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct Save<'a, E> {
    table: Table<E>,
    stored: &'a mut Stored<E>,
    policy: Option<RetryPolicy>,
    terms: Terms<E>,
}

impl<E: Entity> Table<E> {
    /// Stores what changed of an item since it was read, if nobody else wrote it in between.
    ///
    /// Sends one UpdateItem with the changed attributes alone, on the condition of the lock: 1 WCU per KB of the whole item.
    /// Nothing changed: nothing is sent. Attributes that the struct does not know stay, in nested maps too (not in
    /// maps inside a list that changed: lists are replaced whole). Afterwards the
    /// handle is current. If the future is dropped or ends in `OutcomeUnknown`, the handle remembers the write: should it
    /// have landed, the next save goes on from there (with a version lock and no journal it cannot tell, and conflicts).
    ///
    /// # Errors
    /// `Conflict`: somebody wrote since the read; [`Error::current`](crate::Error::current) gives what. `NotFound`: the item
    /// was deleted. `OutcomeUnknown`: the answer was lost and the item cannot tell. `InvalidInput`: the key or the lock view
    /// was changed, the handle is of another table, or the version has reached its maximum. `Marshalling`: a value that
    /// cannot be stored. `Exhausted`, `LaneTimeout`, `Service`: nothing was written.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, email: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # local::create_table::<User>(&db).await?;
    /// # let users = db.table::<User>();
    /// let mut ann = users.insert(User { id: "ann".into(), email: String::new() }).await?;
    /// let mut stale = users.require("ann").await?;
    ///
    /// ann.email = "ann@example.org".into();
    /// users.save(&mut ann).await?;
    ///
    /// stale.email = "elsewhere@example.org".into();
    /// let error = users.save(&mut stale).await.unwrap_err();
    /// assert!(error.is_conflict());
    /// assert_eq!(error.current::<User>()?.unwrap().email, "ann@example.org");
    /// # Ok(())
    /// # }
    /// ```
    pub fn save<'a>(&self, stored: &'a mut Stored<E>) -> Save<'a, E> {
        Save {
            table: self.clone(),
            stored,
            policy: None,
            terms: Terms::default(),
        }
    }
}

impl<E: Entity> Save<'_, E> {
    option!(retry => policy);
    option!(condition => terms);
    option!(guard => terms);

    /// These terms.
    pub(super) fn terms(self, terms: Terms<E>) -> Self {
        Self { terms, ..self }
    }

    async fn run(self) -> Result<()> {
        let Self {
            table,
            stored,
            policy,
            terms,
        } = self;
        stored.check_table(table.physical_name())?;
        let target = table.target_of(stored.key())?;
        let mut changes = stored.changes().map_err(|error| target.blame(error))?;
        if changes.is_empty() && !stored.is_in_doubt() {
            return Ok(());
        }
        let mut budget = Budget::start(&table.policy(policy));
        let mut flight = Flight::enter(table.db(), &target, &budget).await?;
        loop {
            let sent = send(
                &table,
                &target,
                stored,
                changes,
                &terms,
                &mut flight,
                &mut budget,
            );
            if sent.await? == Sent::Settled {
                return Ok(());
            }
            changes = stored.changes().map_err(|error| target.blame(error))?;
        }
    }
}

#[derive(PartialEq)]
enum Sent {
    Settled,
    /// An earlier write of this handle had landed: the handle moved on to it, and the rest is planned anew.
    Again,
}

async fn send<E: Entity>(
    table: &Table<E>,
    target: &Target,
    stored: &mut Stored<E>,
    assignments: Vec<Assignment>,
    terms: &Terms<E>,
    flight: &mut Flight<'_>,
    budget: &mut Budget,
) -> Result<Sent> {
    let db = table.db();
    let earlier = stored.is_in_doubt();
    // With an earlier save in doubt, "nothing changed" is known of no item: moving the lock alone finds out.
    if assignments.is_empty() && !earlier {
        return Ok(Sent::Settled);
    }
    let values = E::SCHEMA.lock.kind == LockKind::Values;
    if values && earlier && assignments.is_empty() {
        let message = "an earlier write of this handle is in doubt, and without a lock attribute nothing tells whether it landed; reload";
        return Err(target.blame(Error::new(ErrorKind::OutcomeUnknown, message)));
    }
    let plan = || {
        let mut wanted = terms.on(stored.image())?;
        if values && earlier {
            plan::guard_all(E::SCHEMA, stored.image(), &mut wanted.guard);
        }
        plan::save::<E>(
            &target.key_item,
            stored.image(),
            stored.expected()?,
            assignments,
            wanted,
            db.identity().issue(),
            db.journal_writers(),
        )
    };
    let (planned, left, image) = plan().map_err(|error| target.blame(error))?;
    let view = lock_view::<E>(&left).map_err(|error| target.blame(error))?;
    let id = planned.write.id;
    stored.remember(InDoubt {
        id,
        left: left.clone(),
        computed: false,
    });
    match flight.settle(&planned, &E::SCHEMA.lock, budget).await {
        Ok(Settled::Landed(_)) => {
            stored.advance(image, left, view);
            Ok(Sent::Settled)
        }
        Ok(Settled::Refused(refusal)) => {
            stored.forget(&id);
            if earlier
                && let Some(current) = &refusal.image
                && stored
                    .advance_to_remembered(current)
                    .map_err(|e| target.blame(e))?
            {
                return Ok(Sent::Again);
            }
            Err(refusal.into_conflict(target))
        }
        Err(error) => {
            if !error.is_outcome_unknown() {
                stored.forget(&id);
            }
            Err(error)
        }
    }
}

impl<'a, E: Entity> IntoFuture for Save<'a, E> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
