use std::collections::BTreeMap;

use optimist::Entity;

/// What several processes count on: a total, and how far each of them has come.
#[derive(Entity, Debug, Clone)]
#[entity(table = "tallies")]
pub struct Tally {
    /// The key.
    #[entity(partition_key)]
    pub id: String,
    /// All steps of all workers.
    pub total: u64,
    /// The last step of each worker.
    #[entity(default)]
    pub steps: BTreeMap<String, u64>,
}
