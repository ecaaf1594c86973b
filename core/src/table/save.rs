use std::future::IntoFuture;

use futures::future::BoxFuture;

use super::option::option;
use crate::db::Table;
use crate::entity::{Entity, Stored};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::Assignment;
use crate::lock::LockKind;
use crate::retry::RetryPolicy;
use crate::write::{Becomes, Call, Draft, Held, Preconditions, guard_all, settle};

/// Stores what changed of an item. See [`Table::save`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct Save<'a, E> {
    table: Table<E>,
    stored: &'a mut Stored<E>,
    preconditions: Preconditions<E>,
    policy: Option<RetryPolicy>,
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
    /// # db.create_table::<User>().await?;
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
            preconditions: Preconditions::default(),
            policy: None,
        }
    }
}

impl<E: Entity> Save<'_, E> {
    option!(condition => preconditions);
    option!(guard => preconditions);
    option!(retry => policy);
    option!(meter => table);

    async fn run(self) -> Result<()> {
        let mut call = self.table.call_on(self.stored, self.policy)?;
        save(&mut call, self.stored, &self.preconditions).await
    }
}

/// Stores what changed of a handle.
pub(super) async fn save<E: Entity>(
    call: &mut Call,
    stored: &mut Stored<E>,
    preconditions: &Preconditions<E>,
) -> Result<()> {
    let mut entered = false;
    loop {
        let changes = stored.changes(|| call.wall());
        let changes = changes.map_err(|error| call.named(error))?;
        if changes.is_empty() && !stored.is_in_doubt() {
            return Ok(());
        }
        if !entered {
            call.enter().await?;
            entered = true;
        }
        let draft = draft(call, stored, changes, preconditions);
        let draft = draft.map_err(|error| call.named(error))?;
        match settle(call, stored, draft).await? {
            Held::Landed => return Ok(()),
            Held::Again => {}
            Held::Refused(refusal) => return Err(refusal.into_conflict(call)),
        }
    }
}

/// With an earlier write in doubt, "nothing changed" is known of no item: moving the lock alone finds out.
pub(super) fn draft<E: Entity>(
    call: &Call,
    stored: &Stored<E>,
    changes: Vec<Assignment>,
    preconditions: &Preconditions<E>,
) -> Result<Draft> {
    let image = Stored::image(stored);
    let mut wanted = preconditions.on(image)?;
    if E::SCHEMA.lock.kind == LockKind::Values && stored.is_in_doubt() {
        if changes.is_empty() {
            let message = "an earlier write of this handle is in doubt, and without a lock attribute nothing tells whether it landed; reload";
            return Err(Error::new(ErrorKind::OutcomeUnknown, message));
        }
        guard_all(E::SCHEMA, image, &mut wanted.guard);
    }
    let proposal = call
        .planner()
        .save(image, stored.expected()?, &changes, wanted)?;
    let becomes = Becomes::Edited(changes);
    Ok(Draft { proposal, becomes })
}

impl<'a, E: Entity> IntoFuture for Save<'a, E> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
