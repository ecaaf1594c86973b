use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::key::Target;

/// One lane for each item that a call of this `Db` is writing: the writer has one write in flight per item, which the
/// judging of lost answers relies on.
#[derive(Debug, Default)]
pub(crate) struct Lanes(Mutex<HashMap<Target, Queue>>);

#[derive(Debug, Default)]
struct Queue {
    /// First come, first served.
    turn: Arc<AsyncMutex<()>>,
    users: usize,
}

/// The right to write one item. Dropping it lets the next caller in.
#[derive(Debug)]
pub(crate) struct Lane {
    // Dropped before the ticket, which may remove the queue.
    _turn: OwnedMutexGuard<()>,
    _ticket: Ticket,
}

/// Counts one caller in a queue, in or waiting.
#[derive(Debug)]
struct Ticket {
    lanes: Arc<Lanes>,
    item: Target,
}

impl Lanes {
    /// Waits for the lane of `item`. Cancelling the wait leaves the queue.
    pub(crate) async fn enter(self: &Arc<Self>, item: Target) -> Lane {
        let turn = {
            let mut queues = self.queues();
            let queue = queues.entry(item.clone()).or_default();
            queue.users += 1;
            Arc::clone(&queue.turn)
        };
        let ticket = Ticket {
            lanes: Arc::clone(self),
            item,
        };
        Lane {
            _turn: turn.lock_owned().await,
            _ticket: ticket,
        }
    }

    pub(super) fn in_use(&self) -> usize {
        self.queues().len()
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<Target, Queue>> {
        // Nothing in here can panic half-way, so a poisoned map is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Entry::Occupied(mut queue) = self.lanes.queues().entry(self.item.clone()) {
            queue.get_mut().users -= 1;
            if queue.get().users == 0 {
                queue.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::key::{Key, KeyAttributeSchema, KeyScalar, KeySchema, KeyType};

    fn key(n: usize) -> Target {
        const SCHEMA: &KeySchema = &KeySchema {
            partition: KeyAttributeSchema {
                name: "id",
                key_type: KeyType::N,
                template: None,
            },
            sort: None,
        };
        let key = Key::new(KeyScalar::N(n.to_string()), None);
        Target::new(&Arc::from("t"), key, SCHEMA)
    }

    #[tokio::test]
    async fn one_at_a_time_in_order_of_arrival() {
        let lanes = Arc::new(Lanes::default());
        let first = lanes.enter(key(1)).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let waiters: Vec<_> = (0..5)
            .map(|n| {
                let (lanes, order) = (Arc::clone(&lanes), Arc::clone(&order));
                tokio::spawn(async move {
                    let _lane = lanes.enter(key(1)).await;
                    order.lock().unwrap().push(n);
                })
            })
            .collect();
        // On one thread, yielding once lets every waiter join the queue.
        tokio::task::yield_now().await;
        assert!(order.lock().unwrap().is_empty());
        drop(first);
        futures::future::join_all(waiters).await;
        assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4]);
        assert_eq!(lanes.in_use(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn empty_after_many_keys_with_random_cancellation() {
        let lanes = Arc::new(Lanes::default());
        let mut random = fastrand::Rng::with_seed(7);
        for n in 0..100_000 {
            let key = key(n % 50_000);
            let held = lanes.enter(key.clone()).await;
            let mut waiter = Box::pin(lanes.enter(key));
            if random.bool() {
                // Cancelled while waiting, polled or not.
                let _ = tokio::time::timeout(Duration::ZERO, &mut waiter).await;
                drop(waiter);
                drop(held);
            } else {
                drop(held);
                drop(waiter.await);
            }
        }
        assert_eq!(lanes.in_use(), 0);
    }
}
