use std::future::IntoFuture;
use std::time::Duration;

use aws_sdk_dynamodb::types::TableStatus;
use futures::future::BoxFuture;

use super::differences::Unmapped;
use super::presence::Presence;
use super::subject::Subject;
use crate::db::{Asking, Db};
use crate::entity::TableOf;
use crate::error::{Error, ErrorKind, Result};
use crate::wire::{CreateTableRequest, Throughput};

/// Creates a table. See [`Db::create_table`].
#[must_use = "a call does nothing until it is awaited"]
pub struct CreateTable {
    subject: Result<Subject>,
    throughput: Option<Throughput>,
    time_limit: Duration,
}

impl Db {
    /// Creates the table of an entity, or of several that share one, with their keys and indexes, and waits until it can be
    /// used. A table that is there already is compared with the entities, and left as it is.
    ///
    /// Sends one DescribeTable; if there is no table, a CreateTable, and DescribeTable again until table and indexes are
    /// active. Where items expire (`#[entity(ttl)]`) a DescribeTimeToLive follows, and an UpdateTimeToLive if the table is new and
    /// its time to live is off: in a table that was there it would delete items. Capacity is on demand, unless it is
    /// [`provisioned`](CreateTable::provisioned). Several machines may call it at once. See [`tables`](crate::tables) for the
    /// permissions.
    ///
    /// For tests, tools and small systems. A table in production is usually made by infrastructure code; then a service calls
    /// [`verify_table`](Self::verify_table) at its start.
    ///
    /// # Errors
    /// `InvalidInput`, before a request: the entities do not fit into one table (other names, keys or types, one index defined
    /// in two ways, over 20 global or 5 local indexes or 100 included attributes), or a throughput is 0.
    /// `TableMismatch`: there is a table, and it differs in keys, types, indexes, projections or time to live; the message says
    /// how. Billing and capacity are not compared. (Time to live may also be off because another machine has just created the
    /// table, or was stopped while it did.)
    /// `Exhausted`: the table was not active within the [time limit](CreateTable::time_limit). It is still being created.
    /// `Service`: DynamoDB refused, at once.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// #[derive(Entity, Debug)]
    /// #[entity(table = "shop")]
    /// struct Customer {
    ///     #[entity(partition_key, rename = "pk")]
    ///     id: String,
    ///     #[entity(sort_key, rename = "sk")]
    ///     kind: String,
    ///     #[entity(index("by-email", partition_key))]
    ///     email: Option<String>,
    /// }
    ///
    /// #[derive(Entity, Debug)]
    /// #[entity(table = "shop")]
    /// struct Order {
    ///     #[entity(partition_key, rename = "pk")]
    ///     customer: String,
    ///     #[entity(sort_key, rename = "sk")]
    ///     number: String,
    ///     #[entity(index("by-day", partition_key, projection = keys))]
    ///     day: String,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// let db = Db::new(local::client()?);
    /// db.create_table::<(Customer, Order)>().await?; // with both indexes
    /// db.create_table::<(Customer, Order)>().await?; // is there, and as it should be
    ///
    /// let error = db.create_table::<Customer>().await.unwrap_err();
    /// assert!(error.is_table_mismatch() && error.to_string().contains("index `by-day`"));
    /// db.verify_table::<Customer>().await?; // which accepts more indexes
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_table<T: TableOf>(&self) -> CreateTable {
        CreateTable {
            subject: Subject::of::<T>(self),
            throughput: None,
            time_limit: Duration::from_mins(5),
        }
    }
}

impl CreateTable {
    /// The name of the table, as it is known at run time: the prefix of the `Db` does not stand before it.
    pub fn named(mut self, name: &str) -> Self {
        if let Ok(subject) = &mut self.subject {
            subject.name = name.into();
        }
        self
    }

    /// Provisioned capacity instead of capacity on demand: so many reads of 4 KB and writes of 1 KB a second, for the table,
    /// and as many again for each of its global indexes. It is charged by the hour, used or not.
    pub fn provisioned(mut self, read_units: u32, write_units: u32) -> Self {
        self.throughput = Some(Throughput {
            read_capacity_units: read_units,
            write_capacity_units: write_units,
        });
        self
    }

    /// The most time that the whole call may take, waiting included. Default: 5 minutes.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// The request as JSON, as `aws dynamodb create-table --cli-input-json` takes it, and with the same names as an
    /// `AWS::DynamoDB::Table` resource. Sends nothing. The same entities always give the same text. Time to live is no part of
    /// it: that is turned on by `aws dynamodb update-time-to-live`.
    ///
    /// # Errors
    /// `InvalidInput` as for [`Db::create_table`].
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// #[derive(Entity, Debug)]
    /// #[entity(table = "users")]
    /// struct User {
    ///     #[entity(partition_key)]
    ///     id: String,
    ///     #[entity(index("by-email", partition_key, projection = include(logins)))]
    ///     email: Option<String>,
    ///     logins: u64,
    /// }
    ///
    /// # fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// let json = db.create_table::<User>().to_json()?;
    /// assert_eq!(json, r#"{
    ///   "TableName": "users",
    ///   "AttributeDefinitions": [
    ///     {
    ///       "AttributeName": "id",
    ///       "AttributeType": "S"
    ///     },
    ///     {
    ///       "AttributeName": "email",
    ///       "AttributeType": "S"
    ///     }
    ///   ],
    ///   "KeySchema": [
    ///     {
    ///       "AttributeName": "id",
    ///       "KeyType": "HASH"
    ///     }
    ///   ],
    ///   "GlobalSecondaryIndexes": [
    ///     {
    ///       "IndexName": "by-email",
    ///       "KeySchema": [
    ///         {
    ///           "AttributeName": "email",
    ///           "KeyType": "HASH"
    ///         }
    ///       ],
    ///       "Projection": {
    ///         "ProjectionType": "INCLUDE",
    ///         "NonKeyAttributes": [
    ///           "logins"
    ///         ]
    ///       }
    ///     }
    ///   ],
    ///   "BillingMode": "PAY_PER_REQUEST"
    /// }"#);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_json(self) -> Result<String> {
        let request = request(&self.subject?, self.throughput)?;
        serde_json::to_string_pretty(&request).map_err(|error| {
            Error::new(ErrorKind::Marshalling, "the request gives no JSON").because(error)
        })
    }

    async fn run(self) -> Result<()> {
        let subject = self.subject?;
        let request = request(&subject, self.throughput)?;
        let mut asking = subject.db.asking_until(
            self.time_limit,
            "Call again to wait on, or raise `.time_limit(…)`",
        );
        let mut is_new = false;
        loop {
            let presence = match subject.describe(&mut asking).await {
                Ok(table) => {
                    is_new |= table.table_status() == Some(&TableStatus::Creating);
                    Presence::of(&table, &subject.layout.shape, Unmapped::Differ)
                }
                Err(error) if error.code() == Some("ResourceNotFoundException") => {
                    create(&subject, &request, &mut asking).await?;
                    is_new = true;
                    Presence::NotYet("the table does not show yet".to_owned())
                }
                Err(error) => return Err(error),
            };
            match presence {
                Presence::Ready if is_new => {
                    return subject.enable_time_to_live(&mut asking).await;
                }
                Presence::Ready => return subject.verify_time_to_live(&mut asking).await,
                Presence::NotYet(why) => {
                    subject.named(asking.again_after_nothing(&why).await)?;
                }
                Presence::Differs(how) => {
                    let advice = "Nothing was changed: change the table or its entities. `verify_table` accepts indexes that no entity maps";
                    return Err(subject.mismatch(&how, advice));
                }
            }
        }
    }
}

/// A table that another has created in the meantime is as good: it is compared next.
async fn create(
    subject: &Subject,
    request: &CreateTableRequest,
    asking: &mut Asking,
) -> Result<()> {
    let wire = subject.db.wire();
    let answer = asking.ask(|limit| wire.create_table(request, limit));
    match answer.await {
        Err(error) if error.code() == Some("ResourceInUseException") => Ok(()),
        answer => subject.named(answer),
    }
}

fn request(subject: &Subject, throughput: Option<Throughput>) -> Result<CreateTableRequest> {
    if throughput.is_some_and(|t| t.read_capacity_units == 0 || t.write_capacity_units == 0) {
        return Err(Error::invalid("`.provisioned(…)` takes units from 1").in_table(&subject.name));
    }
    Ok(subject.layout.shape.request(&subject.name, throughput))
}

impl IntoFuture for CreateTable {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
