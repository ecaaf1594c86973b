//! Pure: operations are gathered in chunks that one request can hold.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};

use super::operation::{ENVELOPE, Operation};
use super::report::{Undone, Why};
use crate::error::Error;
use crate::key::Target;

/// What a BatchWriteItem takes (API reference, BatchWriteItem).
const MAX_OPERATIONS: usize = 25;
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
        let Some(later) = self.later.get_mut(target) else {
            return;
        };
        match later.pop_front() {
            Some(next) => {
                self.waiting -= 1;
                self.place(next);
            }
            None => drop(self.later.remove(target)),
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
        let chunk = std::mem::take(&mut self.chunk);
        if !chunk.is_empty() {
            self.full.push_back(chunk);
        }
    }
}
