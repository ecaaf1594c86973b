use std::future::IntoFuture;
use std::time::SystemTime;

use futures::future::BoxFuture;

use super::option::option;
use crate::db::Table;
use crate::entity::{Entity, Stored, complete};
use crate::error::{Error, Result};
use crate::expr::{Action, Edit, Path, Resolved};
use crate::retry::RetryPolicy;
use crate::value::{AttributeValue, Item, type_name};
use crate::wire::Returns;
use crate::write::{Becomes, Call, Draft, Held, Preconditions, Wanted, settle};

/// Changes an item that was read. See [`Table::update`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct Update<'a, E> {
    table: Table<E>,
    stored: &'a mut Stored<E>,
    edit: Edit<E>,
    preconditions: Preconditions<E>,
    policy: Option<RetryPolicy>,
}

/// What an edit found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Edited {
    /// Values that a list operation was to remove or replace and that are not in the list.
    pub gone: Vec<AttributeValue>,
}

impl<E: Entity> Table<E> {
    /// Makes a typed change to an item that was read, if nobody else wrote it in between. List elements are found in what was
    /// read, and must still be where they were.
    ///
    /// Sends one UpdateItem on the condition of the lock, with `ReturnValues = ALL_NEW`: 1 WCU per KB of the item. A change
    /// that comes to nothing (a value to remove that is gone) sends nothing. Afterwards the handle is current. After
    /// `OutcomeUnknown`, reload and look before you ask for the same change again: it may have been made.
    ///
    /// # Errors
    /// `Conflict`: somebody wrote since the read. `ConditionRefused`: nobody did, but the call's own condition does not
    /// hold. `WrittenUnreadable`: the change was carried out and left what the entity cannot hold. `ElementNotFound`: a [required](Edit::required) value is gone. `InvalidInput`: the handle has unsaved edits,
    /// places overlap, an index is behind the end of its list, or a set operation meets an attribute that is no set.
    /// `NotFound`, `OutcomeUnknown`, `Marshalling`, `Exhausted`, `LaneTimeout`, `Service` as for [`save`](Self::save).
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, tags: Vec<String>, logins: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<User>().await?;
    /// # let users = db.table::<User>();
    /// let tags = ["a", "b", "c"].map(String::from).to_vec();
    /// let mut bob = users.insert(User { id: "bob".into(), tags, logins: 0 }).await?;
    /// let change = User::TAGS.remove_values(["b", "x"]) + User::LOGINS.add(1);
    /// let edited = users.update(&mut bob, change).condition(User::LOGINS.lt(10)).await?;
    /// assert_eq!((bob.tags.join(" "), bob.logins), ("a c".to_owned(), 1));
    /// assert_eq!(edited.gone.len(), 1); // "x"
    /// # Ok(())
    /// # }
    /// ```
    pub fn update<'a>(
        &self,
        stored: &'a mut Stored<E>,
        change: impl Into<Edit<E>>,
    ) -> Update<'a, E> {
        Update {
            table: self.clone(),
            stored,
            edit: change.into(),
            preconditions: Preconditions::default(),
            policy: None,
        }
    }
}

impl<E: Entity> Update<'_, E> {
    option!(condition => preconditions);
    option!(guard => preconditions);
    option!(retry => policy);
    option!(meter => table);

    async fn run(self) -> Result<Edited> {
        let Self { stored, edit, .. } = self;
        let mut call = self.table.call_on(stored, self.policy)?;
        stored.check_unedited().map_err(|error| call.named(error))?;
        call.enter().await?;
        loop {
            let draft = draft(&call, stored, &edit, &self.preconditions);
            let (draft, gone) = draft.map_err(|error| call.named(error))?;
            let Some(draft) = draft else {
                return Ok(Edited { gone });
            };
            match settle(&mut call, stored, draft).await? {
                Held::Landed => return Ok(Edited { gone }),
                Held::Again => {}
                Held::Refused(refusal) => return Err(refusal.into_conflict(&call)),
            }
            // An earlier save that turns out to have landed may make an edit of what was taken back.
            stored.check_unedited().map_err(|error| call.named(error))?;
        }
    }
}

/// The write that an edit comes to, unless it comes to nothing; and the values that are gone.
pub(super) fn draft<E: Entity>(
    call: &Call,
    stored: &Stored<E>,
    edit: &Edit<E>,
    preconditions: &Preconditions<E>,
) -> Result<(Option<Draft>, Vec<AttributeValue>)> {
    let image = Stored::image(stored);
    let (wanted, gone) = wanted(edit, image, preconditions, call.wall())?;
    if wanted.actions.is_empty() && !stored.is_in_doubt() {
        return Ok((None, gone));
    }
    let expected = stored.expected()?;
    let proposal = call
        .planner()
        .update(image, expected, wanted, Returns::Item)?;
    let becomes = Becomes::Answered;
    Ok((Some(Draft { proposal, becomes }), gone))
}

/// An edit on an image, with the preconditions of the call; and the values that are gone.
fn wanted<E: Entity>(
    edit: &Edit<E>,
    image: &Item,
    preconditions: &Preconditions<E>,
    now: SystemTime,
) -> Result<(Wanted, Vec<AttributeValue>)> {
    let Resolved {
        actions,
        elements,
        gone,
    } = edit.resolve(image)?;
    for action in &actions {
        check_name::<E>(action, image)?;
        check_set(action, image)?;
    }
    let mut wanted = preconditions.on(image)?;
    wanted.actions = stamped::<E>(actions, now)?;
    wanted.guard.extend(elements);
    Ok((wanted, gone))
}

/// Actions, what follows from them, and the time of change unless they set it themselves.
pub(super) fn stamped<E: Entity>(mut actions: Vec<Action>, now: SystemTime) -> Result<Vec<Action>> {
    if actions.is_empty() {
        return Ok(actions);
    }
    complete(E::SCHEMA, &mut actions)?;
    for (name, encoded) in E::change_stamps(now) {
        let own = |action: &Action| action.path().root() == name;
        if let Some(now) = encoded.map_err(|error| error.of(name))?
            && !actions.iter().any(own)
        {
            actions.push(Action::Set(Path::attribute(name), now));
        }
    }
    Ok(actions)
}

/// A change of an attribute that this item still stores under an older name would not see its value.
fn check_name<E: Entity>(action: &Action, image: &Item) -> Result<()> {
    let root = action.path().root();
    let mut attributes = E::SCHEMA.attributes.iter();
    let aliases = attributes
        .find(|a| a.name == root)
        .map_or(&[][..], |a| a.aliases);
    match aliases.iter().find(|alias| image.contains_key(**alias)) {
        Some(alias) if !image.contains_key(root) => Err(older_name(root, alias)),
        _ => Ok(()),
    }
}

pub(super) fn older_name(name: &str, alias: &str) -> Error {
    Error::invalid(format!(
        "the item stores `{name}` under its older name `{alias}`; change it once with `modify` or `save`, which moves it"
    ))
}

/// A set operation on what another tool stored as something else would be refused; this says what to do.
fn check_set(action: &Action, image: &Item) -> Result<()> {
    let (Action::Insert(path, _) | Action::Delete(path, _)) = action else {
        return Ok(());
    };
    match path.find(image) {
        None | Some(AttributeValue::Ss(_) | AttributeValue::Ns(_) | AttributeValue::Bs(_)) => {
            Ok(())
        }
        Some(other) => Err(Error::invalid(format!(
            "attribute `{path}` is stored as {}, not as a set; convert it with `Table::convert_to_set`",
            type_name(other)
        ))),
    }
}

impl<'a, E: Entity> IntoFuture for Update<'a, E> {
    type Output = Result<Edited>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
