use std::future::IntoFuture;

use futures::future::BoxFuture;

use super::get::not_found;
use super::option::option;
use super::save::save;
use crate::db::Table;
use crate::entity::{Entity, Stored};
use crate::error::{Error, ErrorKind, Result};
use crate::lock::Token;
use crate::retry::RetryPolicy;
use crate::write::Preconditions;

/// Replaces an item that a token names. See [`Table::save_as`].
#[must_use = "a verb does nothing until it is awaited"]
pub struct SaveAs<E> {
    table: Table<E>,
    entity: E,
    token: Token,
    preconditions: Preconditions<E>,
    policy: Option<RetryPolicy>,
}

impl<E: Entity> Table<E> {
    /// Stores `entity` in place of the item that had `token` when it was read, perhaps by another process: the second half of
    /// a web service's ETag round trip. Attributes that the struct does not know stay, and so does the time of creation; the
    /// lock view is ignored.
    ///
    /// Sends one GetItem with `ConsistentRead`, and, if the token is still the item's and something changed, one UpdateItem
    /// of what changed.
    ///
    /// # Errors
    /// `Conflict`: the item has another token; [`Error::current`] gives it. `NotFound`: there is no such item. Otherwise as
    /// [`save`](Self::save).
    ///
    /// ```
    /// # use optimist::{Db, Entity, Stored, Table, Token, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "notes")]
    /// # struct Note { #[entity(partition_key)] id: String, text: String }
    /// /// `GET /notes/1` → body and ETag
    /// async fn get(notes: &Table<Note>) -> optimist::Result<(String, Option<String>)> {
    ///     let note = notes.require("1").await?;
    ///     Ok((note.text.clone(), Stored::token(&note).map(|token| token.to_string())))
    /// }
    ///
    /// /// `PUT /notes/1` with `If-Match` → status
    /// async fn put(notes: &Table<Note>, text: &str, if_match: &str) -> u16 {
    ///     let Ok(token) = if_match.parse::<Token>() else { return 400 };
    ///     let note = Note { id: "1".into(), text: text.into() };
    ///     match notes.save_as(note, token).await {
    ///         Ok(_) => 200,
    ///         Err(error) if error.is_conflict() || error.is_not_found() => 412,
    ///         Err(_) => 500,
    ///     }
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<Note>().await?;
    /// # let notes = db.table::<Note>();
    /// # notes.insert(Note { id: "1".into(), text: "first".into() }).await?;
    /// let (_, etag) = get(&notes).await?;
    /// let etag = etag.unwrap();
    /// assert_eq!(put(&notes, "second", &etag).await, 200);
    /// assert_eq!(put(&notes, "from an old page", &etag).await, 412);
    /// assert_eq!(get(&notes).await?.0, "second");
    /// # Ok(())
    /// # }
    /// ```
    pub fn save_as(&self, entity: E, token: Token) -> SaveAs<E> {
        SaveAs {
            table: self.clone(),
            entity,
            token,
            preconditions: Preconditions::default(),
            policy: None,
        }
    }
}

impl<E: Entity> SaveAs<E> {
    option!(condition => preconditions);
    option!(retry => policy);
    option!(meter => table);

    async fn run(self) -> Result<Stored<E>> {
        let target = self.table.target_of(self.entity.key())?;
        let mut call = self.table.call(target, self.policy);
        let Some(image) = call.read(true).await? else {
            return Err(not_found(call.target()));
        };
        let stored = Stored::<E>::read(call.target(), image);
        let mut stored = stored.map_err(|error| call.named(error))?;
        if Stored::token(&stored).as_ref() != Some(&self.token) {
            let message = "the item has another token: somebody wrote it since that one was given out; nothing was written";
            let error = call.named(Error::new(ErrorKind::Conflict, message));
            return Err(error.showing(Some(Stored::image(&stored).clone())));
        }
        let replaced = stored.replace(self.entity);
        replaced.map_err(|error| call.named(error))?;
        save(&mut call, &mut stored, &self.preconditions).await?;
        Ok(stored)
    }
}

impl<E: Entity> IntoFuture for SaveAs<E> {
    type Output = Result<Stored<E>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
