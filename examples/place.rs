use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::operation::delete_table::DeleteTableError;
use optimist::{DbBuilder, Entity};
use optimist_tests::{Backend, Machine};

/// An error of an example.
pub type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// Where an example runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The engine in this process, empty.
    Embedded,
    /// The same, with indexes that show each write some time later, at most so much.
    Lagging(Duration),
    /// DynamoDB Local, say.
    Endpoint(String),
    /// The account and region that the AWS tools would use.
    Aws,
}

/// A place that is open: machines, and the tables that they were given.
#[derive(Debug)]
pub struct Site {
    backend: Backend,
    tables: Mutex<BTreeSet<String>>,
}

/// US dollars for a million write units of an on-demand table: twice what us-east-1 asks. A consistent read costs a fifth of it.
const DOLLARS_PER_MILLION: f64 = 1.25;

impl Place {
    /// The embedded engine with indexes that lag, where no other place was named.
    #[must_use]
    pub fn or_lagging(self, most: Duration) -> Self {
        match self {
            Self::Embedded => Self::Lagging(most),
            named => named,
        }
    }

    /// Does the work here, then deletes the tables that it created, also after an error. On AWS, first says what about so
    /// many requests cost: each is taken for a write of one unit.
    ///
    /// # Errors
    /// The place cannot be reached, the work failed, or a table could not be deleted.
    pub async fn run<R>(
        &self,
        requests: u64,
        work: impl AsyncFnOnce(&Site) -> Result<R, AnyError>,
    ) -> Result<R, AnyError> {
        let site = self.open().await?;
        // Also where to look if the process is killed.
        if *self == Self::Aws {
            println!(
                "on AWS: about {requests} requests, {:.2} dollars or less; tables {}*, deleted at the end\n",
                dollars(requests),
                site.backend.prefix()
            );
        }
        let outcome = work(&site).await;
        let deleted = site.delete_tables().await;
        match (outcome, deleted) {
            (Err(error), Err(left)) => Err(format!("{error}; and {left}").into()),
            (outcome, deleted) => deleted.and(outcome),
        }
    }

    #[cfg_attr(not(feature = "aws"), allow(clippy::unused_async))]
    async fn open(&self) -> Result<Site, AnyError> {
        let backend = match self {
            Self::Embedded => Backend::at(None)?,
            Self::Lagging(most) => Backend::lagging(fastrand::u64(..), *most)?,
            Self::Endpoint(url) => Backend::at(Some(url.clone()))?,
            #[cfg(feature = "aws")]
            Self::Aws => crate::aws::backend().await?,
            #[cfg(not(feature = "aws"))]
            Self::Aws => {
                return Err("this was built without AWS; say `cargo run --features aws …`".into());
            }
        };
        Ok(Site {
            backend,
            tables: Mutex::default(),
        })
    }
}

impl Site {
    /// A machine: see [`Backend::machine`].
    #[must_use]
    pub fn machine(&self) -> Machine {
        self.backend.machine()
    }

    /// A machine whose requests take longer by `latency`: see [`Backend::machine_with`].
    #[must_use]
    pub fn machine_with(
        &self,
        latency: Duration,
        configure: impl FnOnce(DbBuilder) -> DbBuilder,
    ) -> Machine {
        self.backend.machine_with(latency, configure)
    }

    /// Creates the table of an entity. It is deleted at the end.
    ///
    /// # Errors
    /// DynamoDB refused.
    pub async fn create_table<E: Entity>(&self) -> Result<(), AnyError> {
        let name = self.machine().db.table::<E>().name().to_owned();
        self.tables().insert(name);
        Ok(self.backend.create_table::<E>().await?)
    }

    async fn delete_tables(&self) -> Result<(), AnyError> {
        let client = self.machine().db.client().clone();
        let tables = std::mem::take(&mut *self.tables());
        let mut left = Vec::new();
        for table in tables {
            let deleted = client.delete_table().table_name(&table).send().await;
            if let Err(error) = deleted
                && !error
                    .as_service_error()
                    .is_some_and(DeleteTableError::is_resource_not_found_exception)
            {
                left.push(format!("{table}: {}", DisplayErrorContext(error)));
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        Err(format!("tables could not be deleted: {}", left.join("; ")).into())
    }

    fn tables(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In whole cents, rounded up.
#[allow(clippy::cast_precision_loss)]
fn dollars(requests: u64) -> f64 {
    (requests as f64 * DOLLARS_PER_MILLION / 1e6 * 100.0).ceil() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Entity)]
    #[entity(table = "notes")]
    struct Note {
        #[entity(partition_key)]
        id: String,
    }

    /// Gives a client that outlives the place.
    async fn note(site: &Site) -> Result<aws_sdk_dynamodb::Client, AnyError> {
        site.create_table::<Note>().await?;
        let machine = site.machine();
        let note = Note { id: "a".into() };
        machine.db.table::<Note>().insert(note).await?;
        Ok(machine.db.client().clone())
    }

    async fn tables(client: &aws_sdk_dynamodb::Client) -> usize {
        let tables = client.list_tables().send().await.unwrap();
        tables.table_names().len()
    }

    #[tokio::test]
    async fn nothing_is_left() {
        let client = Place::Embedded.run(2, note).await.unwrap();
        assert_eq!(tables(&client).await, 0);
    }

    #[tokio::test]
    async fn nothing_is_left_after_an_error() {
        let mut client = None;
        let failed = Place::Embedded
            .run(2, async |site| {
                client = Some(note(site).await?);
                Err::<(), _>("the work failed".into())
            })
            .await;
        assert_eq!(failed.unwrap_err().to_string(), "the work failed");
        assert_eq!(tables(&client.unwrap()).await, 0);
    }

    #[test]
    fn cents_are_rounded_up() {
        for (requests, cost) in [(1, 0.01), (8_000, 0.01), (8_001, 0.02), (1_000_000, 1.25)] {
            assert!((dollars(requests) - cost).abs() < 1e-9, "{requests}");
        }
    }

    #[cfg(not(feature = "aws"))]
    #[tokio::test]
    async fn aws_is_a_feature() {
        let refused = Place::Aws.run(2, note).await.unwrap_err();
        assert!(refused.to_string().contains("--features aws"));
    }
}
