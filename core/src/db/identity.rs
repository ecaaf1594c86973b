use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::lock::{WriteId, WriterId};

/// How many of its own write ids a `Db` remembers.
const MAX_REMEMBERED: usize = 65_536;

/// Who a `Db` is to the journals: its writer id, and the ids of the writes that it issued.
#[derive(Debug)]
pub(crate) struct Identity(Mutex<State>);

#[derive(Debug)]
struct State {
    writer: WriterId,
    /// The latest ids, oldest first.
    issued: VecDeque<WriteId>,
    /// How many were issued before the first of them.
    forgotten: u64,
}

/// A fresh write id, and its place in the order of issue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Issued {
    pub(crate) id: WriteId,
    position: u64,
}

impl Identity {
    /// A new writer, or the one that is asked for.
    pub(crate) fn new(writer: Option<u64>) -> Self {
        Self(Mutex::new(State {
            writer: writer.map_or_else(WriterId::fresh, WriterId::from),
            issued: VecDeque::new(),
            forgotten: 0,
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here can panic half-way, so a poisoned state is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Issues the id of a new write.
    pub(crate) fn issue(&self) -> Issued {
        let random = WriteId::random();
        let mut state = self.state();
        let id = WriteId::new(state.writer, random);
        if state.issued.len() == MAX_REMEMBERED {
            state.issued.pop_front();
            state.forgotten += 1;
        }
        let position = state.forgotten + state.issued.len() as u64;
        state.issued.push_back(id);
        Issued { id, position }
    }

    /// Issues the id of a write that leaves no entry in a journal, so that it need not be remembered.
    pub(crate) fn issue_blind(&self) -> Issued {
        let random = WriteId::random();
        let state = self.state();
        Issued {
            id: WriteId::new(state.writer, random),
            position: state.forgotten + state.issued.len() as u64,
        }
    }

    /// Whether `id` was issued by this `Db`, before `write` was.
    pub(crate) fn issued_before(&self, id: &WriteId, write: &Issued) -> bool {
        let state = self.state();
        let newer = usize::try_from(write.position.saturating_sub(state.forgotten));
        // Asked when a write is judged, and mostly of one that was issued lately.
        let older = state.issued.iter().take(newer.unwrap_or(usize::MAX));
        older.rev().any(|issued| issued == id)
    }

    /// Draws a new writer id: a write of the old one was given up in doubt and may yet land.
    pub(crate) fn renew(&self) {
        let writer = WriterId::fresh();
        self.state().writer = writer;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issued_before_means_before() {
        let identity = Identity::new(None);
        let (first, second) = (identity.issue(), identity.issue());
        assert!(identity.issued_before(&first.id, &second));
        assert!(!identity.issued_before(&second.id, &first));
        assert!(!identity.issued_before(&second.id, &second));
        assert_eq!(first.id.writer(), second.id.writer());
        identity.renew();
        assert_ne!(identity.issue().id.writer(), first.id.writer());
    }

    #[test]
    fn the_oldest_ids_are_forgotten() {
        let identity = Identity::new(None);
        let (first, second) = (identity.issue(), identity.issue());
        for _ in 1..MAX_REMEMBERED {
            identity.issue();
        }
        let last = identity.issue();
        assert!(!identity.issued_before(&first.id, &last));
        assert!(!identity.issued_before(&second.id, &last));
        assert!(!identity.issued_before(&first.id, &second));
        assert_eq!(identity.state().issued.len(), MAX_REMEMBERED);
    }
}
