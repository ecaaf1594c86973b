//! An item without what was skipped could never be read again.

use optimist::Entity;

#[derive(Entity)]
#[entity(table = "users")]
struct User {
    #[entity(partition_key)]
    id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    logins: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    fine: Vec<String>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn main() {}
