use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::retry::{Budget, RetryPolicy, RunEnd, Spent, TimeLimit};
use crate::wire::{Failure, FailureKind};

use super::Db;

/// A request that may be carried out twice without harm, sent until it is answered: nothing is judged.
pub(crate) struct Asking {
    budget: Budget,
    /// The clock of the signature was put right once already.
    skewed: bool,
    /// What the caller can do where no answer comes.
    advice: &'static str,
    /// It settles a write in doubt: the quota does not refuse it.
    settles: bool,
}

impl Db {
    /// A request for many items, within a policy of its own or the default.
    pub(crate) fn asking(&self, policy: Option<RetryPolicy>, advice: &'static str) -> Asking {
        Asking {
            budget: self.page_budget(policy),
            skewed: false,
            advice,
            settles: false,
        }
    }

    /// Requests that wait for something, for so long at most and as often as that allows.
    pub(crate) fn asking_until(&self, limit: Duration, advice: &'static str) -> Asking {
        let policy = self
            .shared
            .retry
            .for_pages()
            .attempts(u32::MAX)
            .deadline(limit);
        let mut budget = self.budget(Some(policy));
        budget.open_reserve();
        Asking {
            budget,
            skewed: false,
            advice,
            settles: false,
        }
    }
}

impl Asking {
    /// The end of one request that begins now.
    pub(crate) fn request_time(&self) -> TimeLimit {
        self.budget.request_time()
    }

    /// Sends a request until it is answered.
    ///
    /// # Errors
    /// As [`again_after`](Self::again_after).
    pub(crate) async fn ask<T, F>(&mut self, call: impl Fn(TimeLimit) -> F) -> Result<T>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        loop {
            match call(self.request_time()).await {
                Ok(answer) => {
                    self.answered();
                    return Ok(answer);
                }
                Err(failure) => self.again_after(failure).await?,
            }
        }
    }

    /// An answer came.
    pub(crate) fn answered(&mut self) {
        self.budget.give_back();
    }

    /// Waits after a failure until the request may be sent again.
    ///
    /// # Errors
    /// It may not: the failure does not pass, or nothing is left of the policy.
    pub(crate) async fn again_after(&mut self, failure: Failure) -> Result<()> {
        let again = match failure.kind {
            FailureKind::Final => Err(Spent::Attempts),
            FailureKind::Skewed if std::mem::replace(&mut self.skewed, true) => {
                Err(Spent::Attempts)
            }
            kind => self
                .attempt()
                .and_then(|()| self.budget.draw(kind.cost(), self.settles)),
        };
        let spent = match again {
            Ok(()) => self.wait(failure.retry_after).await,
            Err(spent) => Err(spent),
        };
        let Err(spent) = spent else {
            return Ok(());
        };
        let error = match failure.kind {
            FailureKind::Final | FailureKind::Skewed => Error::service(failure.reply.as_ref()),
            _ => self.exhausted("no answer came", spent),
        };
        Err(self.tried(error.replied(failure.reply).because(failure.source)))
    }

    /// Waits after an answer that brought nothing of what was asked, and why.
    ///
    /// # Errors
    /// Nothing is left of the policy.
    pub(crate) async fn again_after_nothing(&mut self, why: &str) -> Result<()> {
        let spent = match self.attempt() {
            Ok(()) => self.wait(None).await,
            Err(spent) => Err(spent),
        };
        spent.map_err(|spent| self.tried(self.exhausted(why, spent)))
    }

    /// Waits after an answer that brought a part: the rest is asked as if for the first time.
    ///
    /// # Errors
    /// No time is left.
    pub(crate) async fn go_on(&mut self) -> Result<()> {
        let waited = self.wait(None).await;
        waited.map_err(|spent| self.tried(self.exhausted("a part was left unprocessed", spent)))
    }

    /// Waits for a turn to ask.
    ///
    /// # Errors
    /// No time is left.
    pub(crate) async fn turn<F: Future>(&self, turn: F) -> Result<F::Output> {
        let turn = self.budget.within(turn).await;
        let turn = turn.and_then(|turn| self.budget.in_time().map(|()| turn));
        turn.map_err(|spent| self.tried(self.exhausted("no answer came", spent)))
    }

    /// Ends with the run that it is a part of.
    pub(crate) fn end_with(&mut self, run: Option<RunEnd>) {
        if let Some(run) = run {
            self.budget.end_with(run);
        }
    }

    /// An answer was lost, and only reads may follow: what a retry costs is taken.
    pub(crate) fn lost(&mut self, kind: FailureKind) {
        // Nothing refuses a read that settles a write.
        let _ = self.budget.draw(kind.cost(), true);
    }

    /// From now on its requests settle a write in doubt.
    pub(crate) fn settles(&mut self) {
        self.settles = true;
    }

    /// From now on its requests are reads that settle a write in doubt.
    pub(crate) fn begin_to_read(&mut self) {
        self.settles = true;
        self.budget.begin_to_read();
    }

    /// Whether the quota of the `Db` ended it.
    pub(crate) fn is_out_of_quota(&self) -> bool {
        self.budget.is_out_of_quota()
    }

    /// Takes one attempt; another must be left.
    fn attempt(&mut self) -> Result<(), Spent> {
        self.budget.spend()?;
        self.budget.has_more()
    }

    async fn wait(&mut self, asked: Option<Duration>) -> Result<(), Spent> {
        self.budget.back_off(asked).await;
        self.budget.in_time()
    }

    fn exhausted(&self, what: &str, spent: Spent) -> Error {
        let message = format!("{what}: {spent}. {}", self.advice);
        Error::new(ErrorKind::Exhausted, message)
    }

    fn tried(&self, error: Error) -> Error {
        error.after(self.budget.attempts().max(1), self.budget.elapsed())
    }
}
