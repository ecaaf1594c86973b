use std::future::IntoFuture;

use futures::future::BoxFuture;

use super::get::not_found;
use super::option::option;
use super::update::{older_name, stamped};
use crate::db::Table;
use crate::entity::{Entity, Stored, lacks_key, takes_keys, to_item};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{self, Action, Attr, IntoChange, Path, Tree, over};
use crate::key::{IntoKey, Target};
use crate::lock::{Expected, HeldJournal, LockKind, Seen};
use crate::retry::RetryPolicy;
use crate::value::{Form, Item};
use crate::wire::Returns;
use crate::write::{Blind, Delivery, Preconditions};

/// Changes an item without reading it. See [`Table::apply`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct Apply<E>(Change<E>);

/// As [`Apply`], giving one value of the item after the change. See [`Apply::returning`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct ApplyReturning<E, T> {
    change: Change<E>,
    path: Path,
    form: Form<T>,
}

/// As [`Apply`], sent exactly once. See [`Apply::exactly_once`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct ApplyOnce<E>(Change<E>);

struct Change<E> {
    table: Table<E>,
    target: Result<Target>,
    wanted: expr::Change<E>,
    preconditions: Preconditions<E>,
    or_insert: Option<E>,
    delivery: Delivery,
    policy: Option<RetryPolicy>,
}

impl<E: Entity> Table<E> {
    /// Changes an item in one atomic request, without reading it first. It never conflicts; it moves the lock, so that a
    /// holder of an older read notices, and starts a journal where there is none.
    ///
    /// Sends one UpdateItem on the condition that the item exists, with `ReturnValues = ALL_NEW`: 1 WCU per KB of the item.
    ///
    /// Which counter? `apply` with `add` for those who must not wait: one request whatever the contention, but an answer
    /// that is lost is an `OutcomeUnknown`, or costs twice with [`exactly_once`](Apply::exactly_once).
    /// [`modify`](Self::modify) for those who must compute from what was read: two requests, more under contention, and
    /// lost answers are settled.
    ///
    /// # Errors
    /// `NotFound`: there is no such item, or one that has expired and is hidden ([`or_insert`](Apply::or_insert) makes one). `ConditionRefused`: the call's
    /// condition does not hold; [`Error::current`] gives the item. `OutcomeUnknown`: the answer was lost; the change is not
    /// sent again. `InvalidInput`: places overlap, the change does not fit an expression, or the version has reached its
    /// maximum. `WrittenUnreadable`: the change was carried out and left what the entity cannot hold (an unsigned field below
    /// zero). `Marshalling`: a value that cannot be stored. `Exhausted`, `Service`: nothing was written.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "stock")]
    /// # struct Stock { #[entity(partition_key)] sku: String, left: u32 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<Stock>().await?;
    /// let stock = db.table::<Stock>();
    /// stock.insert(Stock { sku: "tea".into(), left: 3 }).await?;
    ///
    /// let tea = stock.apply("tea", Stock::LEFT.sub(2)).condition(Stock::LEFT.ge(2)).await?;
    /// assert_eq!(tea.left, 1);
    ///
    /// let refused = stock.apply("tea", Stock::LEFT.sub(2)).condition(Stock::LEFT.ge(2)).await;
    /// assert!(refused.unwrap_err().is_condition_refused());
    /// # Ok(())
    /// # }
    /// ```
    pub fn apply(&self, key: impl IntoKey<E::Key>, change: impl IntoChange<E>) -> Apply<E> {
        Apply(Change {
            table: self.clone(),
            target: self.target(key),
            wanted: change.into_change(),
            preconditions: Preconditions::default(),
            or_insert: None,
            delivery: Delivery::default(),
            policy: None,
        })
    }
}

impl<E: Entity> Apply<E> {
    option!(condition => 0.preconditions);

    /// Where there is no item, one is made of `entity` and the change, in the same request. An item that is there is changed;
    /// of `entity` it takes only attributes that it lacks. A set that the change touches starts empty. A
    /// [`condition`](Self::condition) is asked of the missing item too.
    ///
    /// Where the entity says `#[entity(ttl, hide_expired)]` and the item has expired, one DeleteItem removes it, on the condition
    /// that it is still the same and still expired, and the change is sent again.
    pub fn or_insert(mut self, entity: E) -> Self {
        self.0.or_insert = Some(entity);
        self
    }

    /// Gives one value after the change instead of the item: a sequence number, say. Only the updated attributes travel back
    /// if the value is one of them.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "sequences")]
    /// # struct Sequence { #[entity(partition_key)] id: String, last: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<Sequence>().await?;
    /// let sequences = db.table::<Sequence>();
    /// let next = || {
    ///     sequences
    ///         .apply("invoices", Sequence::LAST.add(1))
    ///         .or_insert(Sequence { id: "invoices".into(), last: 1000 })
    ///         .returning(Sequence::LAST)
    /// };
    /// assert_eq!((next().await?, next().await?), (1001, 1002));
    /// # Ok(())
    /// # }
    /// ```
    pub fn returning<T, K>(self, attribute: Attr<E, T, K>) -> ApplyReturning<E, T> {
        ApplyReturning {
            change: self.0,
            form: attribute.form,
            path: attribute.into_path(),
        }
    }

    /// After a lost answer the change is sent again: for changes that do the same twice as once (`set`, `remove`, `insert`
    /// and `delete` of set members). Between two copies another may have written: a resent `set` can overwrite what is newer.
    /// Not for `add`.
    pub fn idempotent(mut self) -> Self {
        self.0.delivery = Delivery::Again;
        self
    }

    /// Sends the change as a transaction of one item with a client request token, and sends it again until it is answered:
    /// DynamoDB carries out one token once, within ten minutes. Costs twice the write units, and gives nothing back.
    pub fn exactly_once(mut self) -> ApplyOnce<E> {
        self.0.delivery = Delivery::ExactlyOnce;
        ApplyOnce(self.0)
    }

    option!(retry => 0.policy);
    option!(meter => 0.table);
}

impl<E: Entity, T> ApplyReturning<E, T> {
    option!(retry => change.policy);
    option!(meter => change.table);
}

impl<E: Entity> ApplyOnce<E> {
    option!(retry => 0.policy);
    option!(meter => 0.table);
}

impl<E: Entity> Change<E> {
    async fn run(self, returns: Returns) -> Result<(Target, Option<Item>)> {
        let mut call = self.table.call(self.target?, self.policy);
        let upsert = self.or_insert.is_some();
        let plan = || {
            let mut wanted = self.preconditions.on(&Item::new())?;
            if self.wanted.is_nothing() {
                return Err(Error::invalid("the change comes to nothing"));
            }
            wanted.actions = stamped::<E>(self.wanted.into_actions()?, call.wall())?;
            if let Some(mut entity) = self.or_insert {
                entity.stamp_new(call.wall());
                let keys = takes_keys(E::SCHEMA, &wanted.actions);
                let conditions = keys.into_iter().chain(wanted.condition.take());
                wanted.condition = conditions.reduce(Tree::and);
                wanted.actions = over_new(wanted.actions, &entity, call.target())?;
            }
            call.planner().apply(wanted, upsert, returns)
        };
        let (request, expired) = plan().map_err(|error| call.named(error))?;
        let sets = request.expression.changes_sets();
        let sent = call.send_blindly(&request, self.delivery, expired).await;
        match sent.map_err(|error| if sets { advise_on_sets(error) } else { error })? {
            Blind::Done(item) => Ok((call.target().clone(), item)),
            Blind::Refused(None, cause) if !upsert => Err(not_found(call.target()).because(cause)),
            Blind::Refused(image, cause) => {
                let own = stands_in_the_way::<E>(image.as_ref());
                let lacks_key = || lacks_key(E::SCHEMA, image.as_ref().filter(|_| upsert)?);
                let why = own.or_else(lacks_key).unwrap_or_else(|| {
                    let message = "the call's condition does not hold; nothing was written";
                    Error::new(ErrorKind::ConditionRefused, message)
                });
                Err(call.named(why).showing(image).because(cause))
            }
        }
    }
}

/// A change over the entity that is there to be if there is none.
fn over_new<E: Entity>(actions: Vec<Action>, entity: &E, target: &Target) -> Result<Vec<Action>> {
    if entity.key() != *target.key() {
        let message = "the entity of `or_insert` has another key than the call";
        return Err(Error::invalid(message));
    }
    let item = to_item(entity)?;
    let names = E::SCHEMA.attributes.iter().map(|attribute| attribute.name);
    let names = names.chain(E::SCHEMA.kind.map(|kind| kind.attribute));
    over(actions, names, item)
}

/// What stands in the way of a blind write besides the caller's condition.
pub(crate) fn stands_in_the_way<E: Entity>(image: Option<&Item>) -> Option<Error> {
    let image = image?;
    if let Some(Err(error)) = E::SCHEMA.kind.map(|kind| kind.check(image)) {
        return Some(error.into());
    }
    let alias = E::SCHEMA.attributes.iter().find_map(|attribute| {
        let alias = attribute.aliases.iter().find(|a| image.contains_key(**a))?;
        (!image.contains_key(attribute.name)).then(|| older_name(attribute.name, alias))
    });
    let schema = &E::SCHEMA.lock;
    match Expected::after(schema, Seen::of(schema, image)) {
        Err(error) => Some(error.into()),
        Ok(Expected::Legacy(HeldJournal::Replaced(_))) if schema.kind == LockKind::Version => {
            Some(Error::invalid(format!(
                "attribute `{}` was removed while the journal stands, so the version cannot go on; write the item once with \
                 `modify` or `save`, which begins another",
                schema.attribute
            )))
        }
        Ok(expected) => expected.can_move(schema).err().map(Error::from).or(alias),
    }
}

/// DynamoDB does not say which attribute was of another type than the change needs.
fn advise_on_sets(error: Error) -> Error {
    if error.is_service() {
        error.advise(
            "if another tool stored a set of this change as a List or as NULL, convert it with `Table::convert_to_set`",
        )
    } else {
        error
    }
}

impl<E: Entity> IntoFuture for Apply<E> {
    type Output = Result<Stored<E>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            let (target, item) = self.0.run(Returns::Item).await?;
            Stored::written(&target, item.unwrap_or_default())
        })
    }
}

impl<E: Entity, T: 'static> IntoFuture for ApplyReturning<E, T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let returns = if self.change.wanted.touches(&self.path) && !self.path.is_in_list() {
                Returns::Updated
            } else {
                Returns::Item
            };
            let (target, item) = self.change.run(returns).await?;
            let item = item.unwrap_or_default();
            self.form.decode(self.path.find(&item)).map_err(|error| {
                let error = error.of(&self.path.to_string()).into();
                Error::written(error, Some(item)).at(&target)
            })
        })
    }
}

impl<E: Entity> IntoFuture for ApplyOnce<E> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            self.0.run(Returns::Nothing).await?;
            Ok(())
        })
    }
}
