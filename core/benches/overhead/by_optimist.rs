//! The same through Optimist. The edit of a `save` is timed with it.

use std::hint::black_box;

use optimist::{Stored, Table};

use crate::Result;
use crate::account::Account;
use crate::contender::Contender;

pub struct ByOptimist<E>(pub Table<E>);

impl<E: Account> Contender for ByOptimist<E> {
    type New = E;
    type Read = Stored<E>;

    async fn read(&self, key: &str) -> Result<Stored<E>> {
        Ok(self.0.require(key).await?)
    }

    async fn absent(&self, key: &str) -> Result<E> {
        self.0.delete_unchecked(key).await?;
        Ok(E::filled(key))
    }

    async fn fresh(&self, key: &str) -> Result<Stored<E>> {
        let entity = self.absent(key).await?;
        self.0.insert(entity).await?;
        self.read(key).await
    }

    async fn insert(&self, entity: E) -> Result<()> {
        black_box(self.0.insert(entity).await?);
        Ok(())
    }

    async fn save(&self, mut stored: Stored<E>) -> Result<()> {
        stored.edit();
        self.0.save(&mut stored).await?;
        black_box(stored);
        Ok(())
    }

    async fn update(&self, mut stored: Stored<E>) -> Result<()> {
        self.0.update(&mut stored, E::change()).await?;
        black_box(stored);
        Ok(())
    }

    async fn apply(&self, key: String) -> Result<()> {
        black_box(self.0.apply(key.as_str(), E::change()).await?);
        Ok(())
    }

    async fn delete(&self, stored: Stored<E>) -> Result<()> {
        black_box(self.0.delete(stored).await?);
        Ok(())
    }

    async fn modify(&self, key: String) -> Result<()> {
        black_box(self.0.modify(key.as_str(), E::edit).await?);
        Ok(())
    }
}
