//! What clients did to one item and what they were told, in real-time order; and whether one order of single steps
//! explains it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};

use crate::events::{Events, What};

/// A counter that may be missing. Every change adds a power of four of its own, so that a value tells which changes it
/// holds, and which of them twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Item(pub Option<u64>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Op {
    Read,
    /// Adds to what is there.
    Add(u64),
    /// Adds to this value, if it is still that.
    AddTo(u64, u64),
    Insert(u64),
    /// Deletes, if it is still this value.
    Delete(u64),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ret {
    Value(Option<u64>),
    /// It was done; the value afterwards is not told.
    Done,
    /// It was told that nothing was done.
    Nothing,
}

impl SequentialSpec for Item {
    type Op = Op;
    type Ret = Ret;

    fn invoke(&mut self, op: &Op) -> Ret {
        match (op, self.0) {
            (Op::Read, value) => Ret::Value(value),
            (Op::Add(by), Some(value)) => {
                self.0 = Some(value + by);
                Ret::Value(self.0)
            }
            (Op::AddTo(from, by), Some(value)) if *from == value => {
                self.0 = Some(value + by);
                Ret::Value(self.0)
            }
            (Op::Insert(new), None) => {
                self.0 = Some(*new);
                Ret::Done
            }
            (Op::Delete(from), Some(value)) if *from == value => {
                self.0 = None;
                Ret::Done
            }
            _ => Ret::Nothing,
        }
    }

    fn is_valid_step(&mut self, op: &Op, ret: &Ret) -> bool {
        match ret {
            // Whoever is told so may have lost a race that this order does not show: only that nothing was done counts.
            Ret::Nothing => true,
            Ret::Done => self.invoke(op) != Ret::Nothing,
            Ret::Value(_) => self.invoke(op) == *ret,
        }
    }
}

/// The history of one item, told by one client.
#[derive(Clone)]
pub struct History {
    shared: Arc<Mutex<Shared>>,
    events: Events,
    key: &'static str,
    client: usize,
}

struct Shared {
    tester: LinearizabilityTester<u32, Item>,
    next_operation: u32,
}

/// An operation that was begun. Dropped without an end, it may or may not have happened.
pub struct Begun {
    history: History,
    operation: u32,
    ended: bool,
}

impl History {
    pub fn of(key: &'static str, item: Item, events: &Events) -> Self {
        Self {
            shared: Arc::new(Mutex::new(Shared {
                tester: LinearizabilityTester::new(item),
                next_operation: 0,
            })),
            events: events.clone(),
            key,
            client: 0,
        }
    }

    /// The same history, told by this client.
    pub fn told_by(&self, client: usize) -> Self {
        let history = self.clone();
        Self { client, ..history }
    }

    pub fn begin(&self, op: Op) -> Begun {
        let mut shared = self.shared();
        // A thread of the tester for each operation: one that never ends must not hold up what its client does next.
        let operation = shared.next_operation;
        shared.next_operation += 1;
        self.tell(operation, What::Begins(op.clone()));
        shared
            .tester
            .on_invoke(operation, op)
            .expect("a new thread");
        drop(shared);
        let history = self.clone();
        Begun {
            history,
            operation,
            ended: false,
        }
    }

    pub fn is_linearizable(&self) -> bool {
        self.shared().tester.is_consistent()
    }

    fn tell(&self, operation: u32, what: What) {
        self.events.push(self.client, self.key, operation, what);
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Begun {
    pub fn end(mut self, ret: Ret) {
        self.ended = true;
        self.history.tell(self.operation, What::Ends(ret.clone()));
        let mut shared = self.history.shared();
        shared
            .tester
            .on_return(self.operation, ret)
            .expect("it began");
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.ended {
            self.history.tell(self.operation, What::StaysOpen);
        }
    }
}
