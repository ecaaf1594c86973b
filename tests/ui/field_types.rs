use std::collections::BTreeSet;

use optimist::Entity;

struct NotSerde;

#[derive(Entity)]
#[entity(table = "users")]
struct FloatKey {
    #[entity(partition_key)]
    id: f64,
}

#[derive(Entity)]
#[entity(table = "users")]
struct NoSet {
    #[entity(partition_key)]
    id: String,
    #[entity(set)]
    friends: String,
}

#[derive(Entity)]
#[entity(table = "users")]
struct NoSerde {
    #[entity(partition_key)]
    id: String,
    thing: NotSerde,
    fine: BTreeSet<String>,
}

fn main() {}
