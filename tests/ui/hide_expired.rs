//! What hides its expired items asks one attribute whether they are.

use std::time::SystemTime;

use optimist::Entity;

#[derive(Entity)]
#[entity(table = "sessions")]
struct Never {
    #[entity(partition_key)]
    id: String,
    #[entity(hide_expired)]
    expires: SystemTime,
}

#[derive(Entity)]
#[entity(table = "sessions")]
struct Aliased {
    #[entity(partition_key)]
    id: String,
    #[entity(ttl, hide_expired)]
    #[serde(alias = "ttl")]
    expires: SystemTime,
}

#[derive(Entity)]
#[entity(table = "sessions")]
struct Indexed {
    #[entity(partition_key)]
    id: String,
    #[entity(ttl, hide_expired, index("by-expiry", partition_key))]
    expires: u64,
}

#[derive(Entity)]
#[entity(table = "sessions")]
struct TextIndexed {
    #[entity(partition_key)]
    id: String,
    #[entity(ttl, index("by-expiry", partition_key))]
    expires: String,
}

fn main() {}
