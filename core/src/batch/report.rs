//! What every bulk verb ends in: an exact account of what was done and what was not.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::Batch;
use crate::error::{Error, ErrorKind, Result};
use crate::key::{Key, Target};

/// What became of the operations of a run: how many were carried out, and by table and key those that were not, each with
/// its reason. `R` is what can be run for the rest.
#[must_use = "it says what was not done"]
pub struct Report<R = Batch> {
    done: u64,
    undone: Vec<Undone>,
    done_entries: Vec<Entry>,
    /// Never locked: so that a report can be shared, whatever its source is.
    rest: Mutex<R>,
}

/// An operation that was not carried out, or is not known to have been.
#[derive(Debug)]
pub struct Undone {
    why: Why,
    error: Error,
}

/// Why an operation of a run was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Why {
    /// DynamoDB refused it, or it could not be sent as it is: an empty key, a value that cannot be stored. It would be refused
    /// again.
    Refused,
    /// The item is over 400 KB. Nothing was sent of it.
    Oversized,
    /// An earlier operation was on the same key, and the run refuses that. Nothing was sent of it.
    Duplicate,
    /// It was not carried out when the policy or the run ended: throttled, left unprocessed, or not yet sent.
    Unprocessed,
    /// An answer was lost, and nothing shows whether it was carried out.
    Unknown,
}

/// An operation of a run by the item that it is on.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Entry(Target);

/// A run that stopped before its source was at an end: DynamoDB refused it as a whole (access denied), the retries of the
/// `Db` are used up, or the time limit passed. With `?` it becomes its [`Error`].
pub struct Stopped<R = Batch>(Box<Inner<R>>);

struct Inner<R> {
    error: Error,
    report: Report<R>,
}

impl<R> Report<R> {
    /// How many operations were carried out.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done
    }

    /// What was carried out, in the order in which that became known: only if the run was told to
    /// [keep it](Batch::keep_done).
    #[must_use]
    pub fn done_entries(&self) -> &[Entry] {
        &self.done_entries
    }

    /// What was not carried out, or is not known to have been.
    #[must_use]
    pub fn undone(&self) -> &[Undone] {
        &self.undone
    }

    /// How many operations were not carried out for this reason.
    #[must_use]
    pub fn count(&self, why: Why) -> usize {
        let of_it = self.undone.iter().filter(|undone| undone.why == why);
        of_it.count()
    }

    /// Whether everything that was taken was carried out.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.undone.is_empty()
    }

    /// Nothing, if everything was carried out.
    ///
    /// # Errors
    /// The first operation that was not carried out, or is not known to have been: its error names table and key.
    pub fn require_complete(self) -> Result<()> {
        let counts = self.to_string();
        match self.undone.into_iter().next() {
            None => Ok(()),
            Some(undone) => Err(undone.error.advise(&format!("the whole run: {counts}"))),
        }
    }

    /// What is left, ready to be run: what was taken and has no final answer ([`Why::Unprocessed`] and [`Why::Unknown`]), then
    /// the source as far as it was not taken. What was refused is not among it.
    ///
    /// What is unknown is read again first, and not sent again unless the new run is told that it is the sole writer.
    #[must_use = "it is not run before it is awaited"]
    pub fn into_remaining(self) -> R {
        self.rest
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Undone {
    pub(super) fn new(why: Why, error: Error) -> Self {
        Self { why, error }
    }

    /// The run was over before it was sent.
    pub(super) fn unsent(target: &Target) -> Self {
        let message =
            "the run stopped before it was sent; the report's `into_remaining()` holds it";
        let error = Error::new(ErrorKind::Exhausted, message).at(target);
        Self::new(Why::Unprocessed, error)
    }

    /// The reason.
    #[must_use]
    pub fn why(&self) -> Why {
        self.why
    }

    /// The physical name of the table.
    #[must_use]
    pub fn table(&self) -> &str {
        self.error.table().unwrap_or_default()
    }

    /// The key of the item.
    #[must_use]
    pub fn key(&self) -> Option<&Key> {
        self.error.key()
    }

    /// What happened, with table and key, and what to do.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.error
    }
}

impl Entry {
    /// The physical name of the table.
    #[must_use]
    pub fn table(&self) -> &str {
        self.0.table()
    }

    /// The key of the item.
    #[must_use]
    pub fn key(&self) -> &Key {
        self.0.key()
    }
}

impl<R> Stopped<R> {
    pub(super) fn new(error: Error, report: Report<R>) -> Self {
        Self(Box::new(Inner { error, report }))
    }

    /// What stopped the run.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.0.error
    }

    /// What was done before.
    pub fn report(&self) -> &Report<R> {
        &self.0.report
    }

    /// What was done before, and what is left.
    pub fn into_report(self) -> Report<R> {
        self.0.report
    }
}

impl<R> From<Stopped<R>> for Error {
    fn from(stopped: Stopped<R>) -> Self {
        let Inner { error, report } = *stopped.0;
        error.advise(&format!("the run stopped there: {report}"))
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "refused",
            Self::Oversized => "oversized",
            Self::Duplicate => "duplicate",
            Self::Unprocessed => "unprocessed",
            Self::Unknown => "unknown",
        })
    }
}

impl<R> fmt::Display for Report<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} done", self.done)?;
        let mut told = Vec::new();
        for undone in &self.undone {
            if !told.contains(&undone.why) {
                told.push(undone.why);
                write!(f, ", {} {}", self.count(undone.why), undone.why)?;
            }
        }
        Ok(())
    }
}

impl<R> fmt::Debug for Report<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("done", &self.done)
            .field("undone", &self.undone)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<R> fmt::Display for Stopped<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}; the run stopped there: {}",
            self.0.error, self.0.report
        )
    }
}

impl<R> fmt::Debug for Stopped<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopped")
            .field("error", &self.0.error)
            .field("report", &self.0.report)
            .finish()
    }
}

impl<R> StdError for Stopped<R> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.error.source()
    }
}

/// A report while its run goes on.
#[derive(Debug, Default)]
pub(super) struct Account {
    done: u64,
    undone: Vec<Undone>,
    done_entries: Vec<Entry>,
    keeps_done: bool,
}

impl Account {
    pub(super) fn new(keeps_done: bool) -> Self {
        Self {
            keeps_done,
            ..Self::default()
        }
    }

    pub(super) fn done(&mut self, target: &Target) {
        self.done += 1;
        if self.keeps_done {
            self.done_entries.push(Entry(target.clone()));
        }
    }

    pub(super) fn undone(&mut self, undone: Undone) {
        self.undone.push(undone);
    }

    pub(super) fn close<R>(self, rest: R) -> Report<R> {
        Report {
            done: self.done,
            undone: self.undone,
            done_entries: self.done_entries,
            rest: Mutex::new(rest),
        }
    }
}
