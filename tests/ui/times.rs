//! Times: what can be set by itself, and what has an order.

use std::time::SystemTime;

use optimist::Entity;

#[derive(Entity)]
#[entity(table = "events")]
struct Event {
    #[entity(partition_key)]
    id: String,
    #[entity(created_at)]
    created: u64,
    #[entity(ordered)]
    at: SystemTime,
    #[entity(with = optimist::time::epoch_millis)]
    end: String,
}

#[derive(Entity)]
#[entity(table = "events")]
struct Meeting {
    #[entity(partition_key)]
    id: String,
    #[entity(created_at)]
    created: u64,
    #[entity(with = optimist::time::epoch_millis)]
    end: String,
    at: SystemTime,
    #[entity(with = "optimist::time::epoch_millis")]
    fine: SystemTime,
}

fn main() {
    let _ = Meeting::AT.lt(SystemTime::now());
    let _ = Meeting::FINE.lt(SystemTime::now());
}
