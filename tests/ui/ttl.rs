//! When an item expires is one plain attribute of whole seconds.

use std::time::SystemTime;

use optimist::{Entity, Table};

#[derive(Entity)]
#[entity(table = "sessions")]
struct Twice {
    #[entity(partition_key)]
    id: String,
    #[entity(ttl)]
    expires: u64,
    #[entity(ttl)]
    ends: u64,
}

#[derive(Entity)]
#[entity(table = "sessions")]
struct OfKey {
    #[entity(partition_key, ttl)]
    id: u64,
}

#[derive(Entity)]
#[entity(table = "sessions")]
struct Milliseconds {
    #[entity(partition_key)]
    id: String,
    #[entity(ttl, with = optimist::time::epoch_millis)]
    expires: SystemTime,
}

#[derive(Entity)]
#[entity(table = "sessions")]
struct OfChange {
    #[entity(partition_key)]
    id: String,
    #[entity(ttl, updated_at)]
    expires: SystemTime,
}

#[derive(Entity)]
#[entity(table = "sessions")]
struct Text {
    #[entity(partition_key)]
    id: String,
    #[entity(ttl)]
    expires: String,
}

#[derive(Entity)]
#[entity(table = "users")]
struct User {
    #[entity(partition_key)]
    id: String,
    expires: u64,
}

fn live(users: &Table<User>) {
    let _ = users.scan().live_only();
}

fn main() {}
