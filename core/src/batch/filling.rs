//! Pure: operations are gathered in chunks that one request can hold.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};

use super::operation::{ENVELOPE, Operation};
use super::report::{Undone, Why};
use crate::error::Error;
use crate::key::Target;

/// What a BatchWriteItem takes (API reference, BatchWriteItem).
pub(super) const MAX_OPERATIONS: usize = 25;
/// 16 MB as sent, by the smaller reading of "MB".
const MAX_BYTES: usize = 16_000_000;
/// How many operations wait for an earlier one on their key before no more is taken.
const MAX_WAITING: usize = 1000;

/// Operations that were taken and are not on their way yet. No two of one key are on their way at once: the later waits for
/// the earlier.
#[derive(Default)]
pub(super) struct Filling {
    full: VecDeque<Vec<Operation>>,
    chunk: Vec<Operation>,
    bytes: usize,
    /// For each key in a chunk or on its way, the later operations on it.
    later: HashMap<Target, VecDeque<Operation>>,
    waiting: usize,
    /// Every key so far, if none may come twice.
    met: Option<HashSet<Target>>,
}

impl Filling {
    pub(super) fn new(refuse_duplicates: bool) -> Self {
        Self {
            met: refuse_duplicates.then(HashSet::new),
            ..Self::default()
        }
    }

    /// Takes an operation.
    ///
    /// # Errors
    /// It is the second on its key, and that is refused.
    pub(super) fn add(&mut self, operation: Operation) -> Result<(), Undone> {
        let target = operation.target();
        if let Some(met) = &mut self.met
            && !met.insert(target.clone())
        {
            let message = "an earlier operation of this batch is on the same key; nothing was sent of this one";
            let error = Error::invalid(message).at(target);
            return Err(Undone::new(Why::Duplicate, error));
        }
        match self.later.entry(target.clone()) {
            Entry::Occupied(mut later) => {
                later.get_mut().push_back(operation);
                self.waiting += 1;
            }
            Entry::Vacant(none) => {
                none.insert(VecDeque::new());
                self.place(operation);
            }
        }
        Ok(())
    }

    /// Whether there is room for more.
    pub(super) fn wants_more(&self) -> bool {
        self.full.is_empty() && self.waiting < MAX_WAITING
    }

    /// Whether a chunk is full.
    pub(super) fn is_full(&self) -> bool {
        !self.full.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.full.is_empty() && self.chunk.is_empty()
    }

    /// A full chunk, or one that is not, if `any` will do.
    pub(super) fn next(&mut self, any: bool) -> Option<Vec<Operation>> {
        if self.full.is_empty() && any {
            self.close_chunk();
        }
        self.full.pop_front()
    }

    /// The operation on this key that was on its way is settled: the next may follow.
    pub(super) fn settled(&mut self, target: &Target) {
        let Entry::Occupied(mut later) = self.later.entry(target.clone()) else {
            return;
        };
        match later.get_mut().pop_front() {
            Some(next) => {
                self.waiting -= 1;
                self.place(next);
            }
            None => drop(later.remove()),
        }
    }

    /// Everything, those of one key in their order.
    pub(super) fn into_operations(self) -> impl Iterator<Item = Operation> {
        let later = self.later.into_values().flatten();
        self.full
            .into_iter()
            .flatten()
            .chain(self.chunk)
            .chain(later)
    }

    fn place(&mut self, operation: Operation) {
        if operation.goes_alone() {
            self.full.push_back(vec![operation]);
            return;
        }
        if ENVELOPE + self.bytes + operation.bytes > MAX_BYTES {
            self.close_chunk();
        }
        self.bytes += operation.bytes;
        self.chunk.push(operation);
        if self.chunk.len() == MAX_OPERATIONS {
            self.close_chunk();
        }
    }

    fn close_chunk(&mut self) {
        self.bytes = 0;
        let room = Vec::with_capacity(MAX_OPERATIONS);
        let chunk = std::mem::replace(&mut self.chunk, room);
        if !chunk.is_empty() {
            self.full.push_back(chunk);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::operation::tests::{alone, delete, put, put_in};
    use super::*;

    fn sizes(filling: &mut Filling) -> Vec<usize> {
        std::iter::from_fn(|| filling.next(true).map(|chunk| chunk.len())).collect()
    }

    #[test]
    fn a_chunk_has_at_most_twenty_five_operations() {
        let mut filling = Filling::new(false);
        (0..60).for_each(|id| filling.add(put(id)).unwrap());
        assert!(!filling.wants_more());
        assert_eq!(filling.next(false).map(|chunk| chunk.len()), Some(25));
        assert_eq!(sizes(&mut filling), [25, 10]);
        assert!(filling.is_empty() && filling.wants_more());
        assert!(filling.next(true).is_none());
    }

    #[test]
    fn a_chunk_has_at_most_sixteen_megabytes() {
        let mut filling = Filling::new(false);
        let sizes_in = [9_000_000, 6_999_000, 2_000, 15_999_000, 15_999_999, 1];
        for (id, bytes) in sizes_in.into_iter().enumerate() {
            filling.add(put_in("t", id, bytes)).unwrap();
        }
        assert_eq!(sizes(&mut filling), [2, 1, 1, 1, 1]);
    }

    #[test]
    fn the_later_operation_on_a_key_waits_and_keeps_its_turn() {
        let mut filling = Filling::new(false);
        for operation in [put(1), delete(1), put(2), put(1)] {
            filling.add(operation).unwrap();
        }
        let first = filling.next(true).unwrap();
        assert_eq!(first.len(), 2);
        assert!(filling.next(true).is_none());
        filling.settled(first[0].target());
        let second = filling.next(true).unwrap();
        assert!(
            second.len() == 1 && second[0].is_shown_by(None),
            "the delete"
        );
        filling.add(put(2)).unwrap();
        filling.settled(second[0].target());
        let third = filling.next(true).unwrap();
        assert!(third.len() == 1 && !third[0].is_shown_by(None));
        filling.settled(third[0].target());
        assert!(filling.is_empty());
        filling.settled(first[1].target());
        assert_eq!(sizes(&mut filling), [1]);
        // Settled for the last time, the keys are forgotten.
        filling.settled(first[0].target());
        filling.settled(first[1].target());
        assert!(filling.later.is_empty() && filling.waiting == 0);
    }

    #[test]
    fn no_more_is_taken_while_many_wait() {
        let mut filling = Filling::new(false);
        (0..=MAX_WAITING).for_each(|_| filling.add(put(1)).unwrap());
        assert!(!filling.wants_more());
        assert_eq!(sizes(&mut filling), [1]);
        filling.settled(put(1).target());
        assert!(filling.wants_more());
        assert_eq!(filling.into_operations().count(), MAX_WAITING);
    }

    #[test]
    fn what_goes_alone_stands_in_nobodys_way() {
        let mut filling = Filling::new(true);
        filling.add(put(1)).unwrap();
        filling.add(alone(7)).unwrap();
        filling.add(put(2)).unwrap();
        assert_eq!(filling.next(false).map(|chunk| chunk.len()), Some(1));
        assert_eq!(sizes(&mut filling), [2]);
        let duplicate = filling.add(delete(7)).unwrap_err();
        assert_eq!(duplicate.why(), Why::Duplicate);
    }
}
