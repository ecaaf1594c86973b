use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::lock::{WriteId, WriterId};

/// How many of its own write ids a `Db` remembers.
const REMEMBERED: usize = 65_536;

/// Who a `Db` is to the journals: its writer id, and the ids of the writes that it issued.
#[derive(Debug)]
pub(crate) struct Identity(Mutex<State>);

#[derive(Debug)]
struct State {
    writer: WriterId,
    issued: VecDeque<WriteId>,
    positions: HashMap<WriteId, u64>,
    next: u64,
}

/// A fresh write id, and its place in the order of issue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Issued {
    pub(crate) id: WriteId,
    position: u64,
}

impl Identity {
    /// A new writer, or the one that is asked for.
    pub(super) fn new(writer: Option<u64>) -> Self {
        Self(Mutex::new(State {
            writer: writer.map_or_else(WriterId::fresh, WriterId::from),
            issued: VecDeque::new(),
            positions: HashMap::new(),
            next: 0,
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here can panic half-way, so a poisoned state is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Issues the id of a new write.
    pub(crate) fn issue(&self) -> Issued {
        let mut state = self.state();
        let id = WriteId::fresh(state.writer);
        let position = state.next;
        state.next += 1;
        if state.issued.len() == REMEMBERED
            && let Some(oldest) = state.issued.pop_front()
        {
            state.positions.remove(&oldest);
        }
        state.issued.push_back(id);
        state.positions.insert(id, position);
        Issued { id, position }
    }

    /// Whether `id` was issued by this `Db`, before `write` was.
    pub(crate) fn issued_before(&self, id: &WriteId, write: &Issued) -> bool {
        self.state()
            .positions
            .get(id)
            .is_some_and(|position| *position < write.position)
    }

    /// Draws a new writer id: a write of the old one was given up in doubt and may yet land.
    pub(crate) fn renew(&self) {
        self.state().writer = WriterId::fresh();
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
        let first = identity.issue();
        for _ in 0..REMEMBERED {
            identity.issue();
        }
        let last = identity.issue();
        assert!(!identity.issued_before(&first.id, &last));
        assert_eq!(identity.state().positions.len(), REMEMBERED);
    }
}
