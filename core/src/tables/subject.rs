use std::sync::Arc;

use aws_sdk_dynamodb::types::TableDescription;

use super::union::{Layout, union};
use crate::db::{Asking, Db};
use crate::entity::TableOf;
use crate::error::{Error, ErrorKind, Result};

/// The table that a call is about: what it is called, and how it should be.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) db: Db,
    pub(super) name: Arc<str>,
    pub(super) layout: Layout,
}

impl Subject {
    pub(super) fn of<T: TableOf>(db: &Db) -> Result<Self> {
        let layout = union(T::SCHEMAS)?;
        Ok(Self {
            db: db.clone(),
            name: db.physical_name(layout.table),
            layout,
        })
    }

    /// Asks for the table as it is.
    ///
    /// # Errors
    /// `Service` with the code `ResourceNotFoundException`: there is none.
    pub(super) async fn describe(&self, asking: &mut Asking) -> Result<TableDescription> {
        let wire = self.db.wire();
        let answer = asking.ask(|limit| wire.describe_table(&self.name, limit));
        self.named(answer.await)
    }

    pub(super) fn mismatch(&self, differences: &[String], advice: &str) -> Error {
        let message = format!("{}. {advice}", differences.join("; "));
        Error::new(ErrorKind::TableMismatch, message).in_table(&self.name)
    }

    pub(super) fn named<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| error.in_table(&self.name))
    }
}
