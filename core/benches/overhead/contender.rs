//! What both sides can do, and what is timed of it.

use tokio::runtime::Runtime;

use crate::Result;
use crate::measure::{Cost, Round, cost};

/// One way to carry out the operations.
pub trait Contender {
    /// A new item, not stored yet.
    type New;
    /// What a read gives.
    type Read;

    /// Makes sure that there is no item under the key.
    async fn absent(&self, key: &str) -> Result<Self::New>;
    /// Replaces the item under the key by a new one.
    async fn fresh(&self, key: &str) -> Result<Self::Read>;
    async fn read(&self, key: &str) -> Result<Self::Read>;

    async fn insert(&self, new: Self::New) -> Result<()>;
    async fn save(&self, read: Self::Read) -> Result<()>;
    async fn update(&self, read: Self::Read) -> Result<()>;
    async fn apply(&self, key: String) -> Result<()>;
    async fn modify(&self, key: String) -> Result<()>;
    async fn delete(&self, read: Self::Read) -> Result<()>;
}

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    Get,
    Insert,
    Save,
    Update,
    Apply,
    Modify,
    Delete,
}

impl Operation {
    pub const ALL: [Self; 7] = [
        Self::Get,
        Self::Insert,
        Self::Save,
        Self::Update,
        Self::Apply,
        Self::Modify,
        Self::Delete,
    ];

    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Times a round of calls. What they start from is made before the clock starts.
    pub fn cost<C: Contender>(self, by: &C, runtime: &Runtime, round: Round) -> Result<Cost> {
        let key = async |key: &str| Ok(key.to_owned());
        let absent = async |key: &str| by.absent(key).await;
        let read = async |key: &str| by.read(key).await;
        let fresh = async |key: &str| by.fresh(key).await;
        match self {
            Self::Get => cost(runtime, round, &key, async |key: String| {
                by.read(&key).await
            }),
            Self::Insert => cost(runtime, round, &absent, async |new| by.insert(new).await),
            Self::Save => cost(runtime, round, &read, async |read| by.save(read).await),
            Self::Update => cost(runtime, round, &read, async |read| by.update(read).await),
            Self::Apply => cost(runtime, round, &key, async |key| by.apply(key).await),
            Self::Modify => cost(runtime, round, &key, async |key| by.modify(key).await),
            Self::Delete => cost(runtime, round, &fresh, async |read| by.delete(read).await),
        }
    }
}
