//! What clients did to one item and what they were told, in real-time order; and whether one order of single steps
//! explains it.

use std::sync::{Arc, Mutex, PoisonError};

use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};

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

/// The history of one item.
#[derive(Clone)]
pub struct History(Arc<Mutex<Inner>>);

struct Inner {
    tester: LinearizabilityTester<u32, Item>,
    next_thread: u32,
    log: Vec<String>,
}

/// An operation that was begun. Dropped without an end, it may or may not have happened.
pub struct Begun {
    history: History,
    thread: u32,
}

impl History {
    pub fn of(item: Item) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            tester: LinearizabilityTester::new(item),
            next_thread: 0,
            log: Vec::new(),
        })))
    }

    pub fn begin(&self, op: Op) -> Begun {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A thread for each operation: one that never ends must not hold up what its client does next.
        let thread = inner.next_thread;
        inner.next_thread += 1;
        inner.log.push(format!("{thread} begins {op:?}"));
        inner.tester.on_invoke(thread, op).expect("a new thread");
        let history = self.clone();
        Begun { history, thread }
    }

    pub fn is_linearizable(&self) -> bool {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.tester.is_consistent()
    }

    pub fn log(&self) -> String {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.log.join("\n")
    }
}

impl Begun {
    pub fn end(self, ret: Ret) {
        let mut inner = self
            .history
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        inner.log.push(format!("{} ends {ret:?}", self.thread));
        inner.tester.on_return(self.thread, ret).expect("it began");
    }
}
