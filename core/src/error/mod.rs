//! One error for the whole crate: a kind to match on, predicates to ask, a source chain to print.

mod each;
mod kind;
mod reply;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use kind::ErrorKind;
pub(crate) use reply::Reply;

use crate::key::{Key, Target};
use crate::lock::LockError;
use crate::value::{Item, ValueError, ValueErrorKind};

/// What every fallible call of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What an error is caused by.
pub(crate) type Source = Box<dyn StdError + Send + Sync + 'static>;

/// Why a call did not do what it was asked.
///
/// The message names the table, the key and the attribute, and says what to do; it never shows other values of an item.
/// [`source`](StdError::source) leads down to the error of the AWS SDK, where there is one.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    at: Option<Target>,
    /// The table of a call that is about no single item.
    table: Option<Arc<str>>,
    message: String,
    attempts: Option<(u32, Duration)>,
    write_id: Option<String>,
    current: Option<Item>,
    reply: Option<Reply>,
    source: Option<Source>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            at: None,
            table: None,
            message: message.into(),
            attempts: None,
            write_id: None,
            current: None,
            reply: None,
            source: None,
        }))
    }

    /// The write was carried out, and `unreadable` is why its item cannot be shown.
    pub(crate) fn written(unreadable: Self, image: Option<Item>) -> Self {
        let message = format!("the change was carried out; {}", unreadable.0.message);
        Self::new(ErrorKind::WrittenUnreadable, message)
            .showing(image)
            .because(unreadable)
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    /// DynamoDB refused a request, or it could not be sent.
    pub(crate) fn service(reply: Option<&Reply>) -> Self {
        let said = reply.and_then(|reply| {
            let code = reply.code.as_deref()?;
            let message = reply.message.as_deref().unwrap_or("no message");
            Some(format!(
                "DynamoDB refused the request: {code}: {message}; nothing was written"
            ))
        });
        let unsent =
            "the request could not be sent; nothing was written. The sources of this error say why";
        Self::new(
            ErrorKind::Service,
            said.unwrap_or_else(|| unsent.to_owned()),
        )
    }

    /// Whether DynamoDB refused what the request was about, not who sent it.
    pub(crate) fn is_about_content(&self) -> bool {
        self.0.reply.as_ref().is_some_and(Reply::is_about_content)
    }

    /// Adds a sentence that says what to do.
    pub(crate) fn advise(mut self, advice: &str) -> Self {
        self.0.message = format!("{}; {advice}", self.0.message);
        self
    }

    /// Names the item that the call was about.
    pub(crate) fn at(mut self, target: &Target) -> Self {
        self.0.at = Some(target.clone());
        self
    }

    /// Names the table that the call was about.
    pub(crate) fn in_table(mut self, table: &Arc<str>) -> Self {
        self.0.table = Some(Arc::clone(table));
        self
    }

    pub(crate) fn because(self, source: impl Into<Source>) -> Self {
        self.caused_by(Some(source.into()))
    }

    pub(crate) fn caused_by(mut self, source: Option<Source>) -> Self {
        self.0.source = source;
        self
    }

    /// Adds what DynamoDB said.
    pub(crate) fn replied(mut self, reply: Option<Reply>) -> Self {
        self.0.reply = reply;
        self
    }

    pub(crate) fn showing(mut self, current: Option<Item>) -> Self {
        self.0.current = current;
        self
    }

    pub(crate) fn after(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.0.attempts = Some((attempts, elapsed));
        self
    }

    pub(crate) fn of_write(mut self, id: &impl fmt::Display) -> Self {
        self.0.write_id = Some(id.to_string());
        self
    }

    /// The kind of failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The physical table name, prefix included.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        let at = self.0.at.as_ref().map(Target::table);
        at.or(self.0.table.as_ref()).map(|table| &**table)
    }

    /// The key of the item.
    #[must_use]
    pub fn key(&self) -> Option<&Key> {
        self.0.at.as_ref().map(Target::key)
    }

    /// The item, to make a handle on what the call saw of it.
    pub(crate) fn target(&self) -> Option<&Target> {
        self.0.at.as_ref()
    }

    /// How many times the change was tried, where it was tried more than once.
    #[must_use]
    pub fn attempts(&self) -> Option<u32> {
        self.0.attempts.map(|(attempts, _)| attempts)
    }

    /// How long the call took, where a [`RetryPolicy`](crate::RetryPolicy) ended it.
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        self.0.attempts.map(|(_, elapsed)| elapsed)
    }

    /// The id of a write whose outcome is unknown: if the item's journal (or its UUID lock) shows it, the write landed.
    #[must_use]
    pub fn write_id(&self) -> Option<&str> {
        self.0.write_id.as_deref()
    }

    /// The error code of DynamoDB's last answer, where it refused: `ResourceNotFoundException` for a table that does not
    /// exist.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.reply.as_ref()?.code.as_deref()
    }

    /// The id under which AWS support finds the request that was refused last.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.reply.as_ref()?.request_id.as_deref()
    }

    /// The last image of the item that the call saw, raw. [`current`](Self::current) gives it typed.
    #[must_use]
    pub fn current_item(&self) -> Option<&Item> {
        self.0.current.as_ref()
    }

    /// Somebody else wrote since the read: nothing was written.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// A condition of the caller's did not hold: nothing was written.
    #[must_use]
    pub fn is_condition_refused(&self) -> bool {
        self.kind() == ErrorKind::ConditionRefused
    }

    /// A list does not hold a value that was required to be there: nothing was written.
    #[must_use]
    pub fn is_element_not_found(&self) -> bool {
        self.kind() == ErrorKind::ElementNotFound
    }

    /// The item exists already, and is not the insert's own.
    #[must_use]
    pub fn is_already_exists(&self) -> bool {
        self.kind() == ErrorKind::AlreadyExists
    }

    /// There is no such item: nothing was written.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// The write may or may not have landed, or may still land.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        self.kind() == ErrorKind::OutcomeUnknown
    }

    /// The policy ran out before the call succeeded: nothing was written.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.kind() == ErrorKind::Exhausted
    }

    /// Another call of this process held the item until the deadline: nothing was written.
    #[must_use]
    pub fn is_lane_timeout(&self) -> bool {
        self.kind() == ErrorKind::LaneTimeout
    }

    /// The call was wrong: nothing was sent.
    #[must_use]
    pub fn is_invalid_input(&self) -> bool {
        self.kind() == ErrorKind::InvalidInput
    }

    /// The write was carried out, but the item that it left cannot be read as the entity.
    #[must_use]
    pub fn is_written_unreadable(&self) -> bool {
        self.kind() == ErrorKind::WrittenUnreadable
    }

    /// A value could not be turned into an attribute, or an attribute into a value.
    #[must_use]
    pub fn is_marshalling(&self) -> bool {
        self.kind() == ErrorKind::Marshalling
    }

    /// A table is not as its entities say: nothing was changed.
    #[must_use]
    pub fn is_table_mismatch(&self) -> bool {
        self.kind() == ErrorKind::TableMismatch
    }

    /// The service or the way to it failed: nothing was written.
    #[must_use]
    pub fn is_service(&self) -> bool {
        self.kind() == ErrorKind::Service
    }
}

impl From<ValueError> for Error {
    fn from(error: ValueError) -> Self {
        let kind = match error.kind() {
            ValueErrorKind::EmptyKey
            | ValueErrorKind::KeyPart { .. }
            | ValueErrorKind::KeyTooLong { .. }
            | ValueErrorKind::NoSuchElement { .. } => ErrorKind::InvalidInput,
            _ => ErrorKind::Marshalling,
        };
        Self::new(kind, error.to_string()).because(error)
    }
}

impl From<LockError> for Error {
    fn from(error: LockError) -> Self {
        let kind = match error {
            LockError::Overflow { .. } | LockError::NotAJournal { .. } => ErrorKind::InvalidInput,
            _ => ErrorKind::Marshalling,
        };
        Self::new(kind, error.to_string()).because(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.kind)?;
        if let Some(at) = &self.0.at {
            write!(f, " in table `{}`, key {}", at.table(), at.key())?;
        } else if let Some(table) = &self.0.table {
            write!(f, " in table `{table}`")?;
        }
        write!(f, ": {}", self.0.message)?;
        if let Some((attempts, elapsed)) = self.0.attempts {
            let plural = if attempts == 1 { "" } else { "s" };
            write!(f, " ({attempts} attempt{plural} in {elapsed:.1?})")?;
        }
        if let Some(id) = &self.0.write_id {
            write!(f, " (write {id})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    /// Everything but the image, each cause in its short form: values of items do not belong in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let causes = std::iter::successors(self.source(), |&cause| cause.source());
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.to_string())
            .field(
                "causes",
                &causes.map(ToString::to_string).collect::<Vec<_>>(),
            )
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(each::unwrapped(source))
    }
}
