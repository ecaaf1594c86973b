//! Every mistake is reported in one compile, at its own place, and nothing else is.

use optimist::{Db, Entity};

#[derive(Entity)]
#[entity(table = "users", lock = optimistic, colour = "red")]
#[serde(deny_unknown_fields)]
struct User {
    #[entity(partition_key)]
    id: String,
    #[entity(partition_key)]
    other_id: String,
    version: u64,
    journal: String,
    #[entity(sett)]
    tags: Vec<String>,
    #[serde(flatten)]
    more: String,
    #[entity(rename = "tags")]
    labels: String,
    #[entity(set)]
    friends: Option<Vec<String>>,
    #[entity(lock)]
    revision: u64,
    #[entity(skip, sort_key)]
    both: String,
    #[entity(set, with = "module")]
    twice: Vec<String>,
}

async fn used(db: Db) {
    let mut user = db.table::<User>().require("ann").await.unwrap();
    user.version = 1;
    db.table::<User>().save(&mut user).await.unwrap();
}

fn main() {}
