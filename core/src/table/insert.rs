use std::future::IntoFuture;

use futures::future::BoxFuture;

use super::option::option;
use crate::db::Table;
use crate::entity::{Entity, Stored, lock_view, to_item};
use crate::error::{Error, ErrorKind, Result};
use crate::lock::Verdict;
use crate::retry::RetryPolicy;
use crate::value::Item;
use crate::write::{Blind, Call, Delivery, Expired, insert};

/// Stores a new item. See [`Table::insert`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct Insert<E> {
    table: Table<E>,
    entity: E,
    exactly_once: bool,
    policy: Option<RetryPolicy>,
}

impl<E: Entity> Table<E> {
    /// Stores a new item, if there is none under its key. It never overwrites one, locked or not.
    ///
    /// Sends one PutItem with `attribute_not_exists` of the partition key: 1 WCU per KB. A lost answer is settled by sending
    /// the same put again, which finds its own item. One limit: if another process deletes the item while copies of an
    /// unanswered insert are under way, it can be stored twice, one after the other; [`Insert::exactly_once`] cannot.
    ///
    /// Where the entity says `#[entity(ttl, hide_expired)]` an item that has expired counts as none: a second PutItem replaces
    /// it, on the condition that it is still the same and still expired.
    ///
    /// # Errors
    /// `AlreadyExists`: an item is there; [`Error::current`] gives it. `OutcomeUnknown`: the answer was lost and the item
    /// cannot tell. `InvalidInput`: an empty or too long key. `Marshalling`: a value that cannot be stored. `Exhausted`,
    /// `LaneTimeout`, `Service`: nothing was written.
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
    /// users.insert(User { id: "ann".into(), logins: 1 }).await?;
    /// let error = users.insert(User { id: "ann".into(), logins: 0 }).await.unwrap_err();
    /// assert!(error.is_already_exists());
    /// assert_eq!(error.current::<User>()?.unwrap().logins, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn insert(&self, mut entity: E) -> Insert<E> {
        entity.stamp_new(self.db().clock().wall());
        Insert {
            table: self.clone(),
            entity,
            exactly_once: false,
            policy: None,
        }
    }
}

impl<E: Entity> Insert<E> {
    /// Sends the insert as a transaction of one item with a client request token, again until it is answered: DynamoDB
    /// carries out one token once, within ten minutes, even if the item is deleted meanwhile. Costs twice the write units.
    pub fn exactly_once(mut self) -> Self {
        self.exactly_once = true;
        self
    }

    option!(retry => policy);
    option!(meter => table);

    async fn run(self) -> Result<Stored<E>> {
        let target = self.table.target_of(self.entity.key())?;
        let mut call = self.table.call(target, self.policy);
        let item = to_item(&self.entity).map_err(|error| call.named(error))?;
        if self.exactly_once {
            return by_token(&mut call, self.entity, item).await;
        }
        call.enter().await?;
        let proposal = call.planner().insert(item);
        let proposal = proposal.map_err(|error| call.named(error))?;
        match insert(&mut call, self.entity, proposal).await? {
            Ok(stored) => Ok(stored),
            Err(refusal) if refusal.verdict == Verdict::Exists => {
                Err(refusal.into_error(call.named(already_exists())))
            }
            Err(refusal) => Err(refusal.into_conflict(&call)),
        }
    }
}

/// Takes no lane, so its journal begins without an entry.
async fn by_token<E: Entity>(call: &mut Call, mut entity: E, item: Item) -> Result<Stored<E>> {
    let proposal = call.planner().insert_outside_lane(item);
    let proposal = proposal.map_err(|error| call.named(error))?;
    let view = lock_view::<E>(proposal.mark()).map_err(|error| call.named(error))?;
    let expired = proposal.expiry.map_or(Expired::Counts, Expired::Removed);
    match call
        .send_blindly(&proposal.request, Delivery::ExactlyOnce, expired)
        .await?
    {
        Blind::Done(_) => {
            entity.set_lock_view(view);
            let (item, mark) = proposal.into_inserted();
            Ok(Stored::inserted(call.target(), entity, item, mark))
        }
        Blind::Refused(image, cause) => {
            let error = call.named(already_exists());
            Err(error.showing(image).because(cause))
        }
    }
}

fn already_exists() -> Error {
    let message = "the item is not this insert's; read it and save a change, or choose another key";
    Error::new(ErrorKind::AlreadyExists, message)
}

impl<E: Entity> IntoFuture for Insert<E> {
    type Output = Result<Stored<E>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
