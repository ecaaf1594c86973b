//! What an engine can do that others cannot, found out by asking it.

use std::collections::BTreeSet;
use std::fmt;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeValue, PutRequest, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TimeToLiveSpecification, TransactWriteItem, Update, WriteRequest,
};
use optimist::Entity;
use tokio::sync::OnceCell;

use crate::{Backend, Fault, Machine};

/// What DynamoDB does and some engines do not. [`lacks`] asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// A refused condition brings the item back.
    Image,
    /// `begins_with` compares binaries by their bytes. Every save under a version with a journal needs it.
    BinaryPrefix,
    /// TransactWriteItems is known.
    Transactions,
    /// A transaction that is sent twice under one client request token is carried out once.
    RequestTokens,
    /// Lists and maps are equal whose elements are.
    ListEquality,
    /// Arithmetic gives no number of more than 38 digits, which DynamoDB could not hold.
    DigitLimit,
    /// Strings are ordered by their bytes in UTF-8.
    ByteOrder,
    /// Removals of several list elements all count positions in the list as it was.
    RemovalsAtOnce,
    /// Comparisons with a value of another type, or with none, are false.
    UnlikeTypes,
    /// Signatures are not checked, so that a transport may change a request.
    AnySignature,
    /// Time to live can be turned on.
    TimeToLive,
}

/// Every capability.
pub const CAPABILITIES: [Capability; 11] = [
    Capability::Image,
    Capability::BinaryPrefix,
    Capability::Transactions,
    Capability::RequestTokens,
    Capability::ListEquality,
    Capability::DigitLimit,
    Capability::ByteOrder,
    Capability::RemovalsAtOnce,
    Capability::UnlikeTypes,
    Capability::AnySignature,
    Capability::TimeToLive,
];

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Image => "an image with a refusal",
            Self::BinaryPrefix => "begins_with on binaries",
            Self::Transactions => "transactions",
            Self::RequestTokens => "client request tokens",
            Self::ListEquality => "equality of lists and maps",
            Self::DigitLimit => "arithmetic within 38 digits",
            Self::ByteOrder => "strings ordered by their bytes",
            Self::RemovalsAtOnce => "removals that count in the list as it was",
            Self::UnlikeTypes => "comparisons of unlike types",
            Self::AnySignature => "requests changed after they were signed",
            Self::TimeToLive => "time to live",
        })
    }
}

/// What the engine that the environment names cannot do; it is asked once in a process.
///
/// # Panics
/// If the engine cannot even make a table and put an item.
pub async fn lacks() -> &'static BTreeSet<Capability> {
    static LACKS: OnceCell<BTreeSet<Capability>> = OnceCell::const_new();
    LACKS
        .get_or_init(async || {
            let probe = Probe::new().await.expect("a table for the probe");
            let mut lacks = BTreeSet::new();
            for capability in CAPABILITIES {
                probe.put().await;
                if probe.shows(capability).await != Some(true) {
                    lacks.insert(capability);
                }
            }
            lacks
        })
        .await
}

/// An item to ask about, in a table of its own.
struct Probe {
    machine: Machine,
    table: String,
}

#[derive(Entity)]
#[entity(table = "probe")]
struct Item {
    #[entity(partition_key)]
    id: String,
}

impl Probe {
    async fn new() -> optimist::Result<Self> {
        let backend = Backend::from_env()?;
        backend.create_table::<Item>().await?;
        let machine = backend.machine();
        let table = machine.db.table::<Item>().name().to_owned();
        Ok(Self { machine, table })
    }

    async fn put(&self) {
        let put = self.client().put_item().table_name(&self.table);
        put.item("id", s("probe"))
            .item("n", n(1))
            .item("b", b("é"))
            .item("s", s("\u{FFFD}"))
            .item("l", l(["x", "y", "z"]))
            .send()
            .await
            .expect("an item for the probe");
    }

    async fn shows(&self, capability: Capability) -> Option<bool> {
        match capability {
            Capability::Image => self.refusal_brings_the_item().await,
            // A prefix that ends inside a character: bytes are compared, not text.
            Capability::BinaryPrefix => {
                let half = AttributeValue::B(Blob::new(&"é".as_bytes()[..1]));
                self.holds("begins_with(b, :v)", half).await
            }
            Capability::Transactions => self.transact("one").await.map(|()| true),
            Capability::RequestTokens => {
                self.transact("two").await?;
                self.transact("two").await?;
                self.holds("n = :v", n(2)).await
            }
            Capability::ListEquality => self.holds("l = :v", l(["x", "y", "z"])).await,
            Capability::DigitLimit => self.stays_within_digits().await,
            // In UTF-16 it is the other way round.
            Capability::ByteOrder => self.holds("s < :v", s("\u{10000}")).await,
            Capability::RemovalsAtOnce => self.removes_at_once().await,
            Capability::UnlikeTypes => {
                let unlike = self.holds("b < :v", n(1)).await?;
                let missing = self.holds("absent_one < :v", n(1)).await?;
                Some(!unlike && !missing)
            }
            Capability::AnySignature => self.takes_half_of_a_batch().await,
            Capability::TimeToLive => self.turns_time_to_live_on().await,
        }
    }

    /// Whether a condition holds on the item; `None` where it is not understood.
    async fn holds(&self, condition: &str, value: AttributeValue) -> Option<bool> {
        let delete = self.client().delete_item().table_name(&self.table);
        let sent = delete
            .key("id", s("probe"))
            .condition_expression(condition)
            .expression_attribute_values(":v", value)
            .send()
            .await;
        self.put().await;
        match sent {
            Ok(_) => Some(true),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Some(false),
            Err(_) => None,
        }
    }

    async fn refusal_brings_the_item(&self) -> Option<bool> {
        let put = self.client().put_item().table_name(&self.table);
        let refused = put
            .item("id", s("probe"))
            .condition_expression("attribute_not_exists(id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await
            .err()?
            .into_service_error();
        match refused {
            PutItemError::ConditionalCheckFailedException(refused) => {
                Some(refused.item().is_some())
            }
            _ => None,
        }
    }

    /// Adds one to the number, under a token.
    async fn transact(&self, token: &str) -> Option<()> {
        let update = Update::builder()
            .table_name(&self.table)
            .key("id", s("probe"))
            .update_expression("SET n = n + :v")
            .expression_attribute_values(":v", n(1))
            .build()
            .ok()?;
        let write = TransactWriteItem::builder().update(update).build();
        let transact = self.client().transact_write_items().transact_items(write);
        let token = format!("{}-{token}", self.table);
        let sent = transact.client_request_token(token).send().await;
        sent.ok().map(drop)
    }

    async fn stays_within_digits(&self) -> Option<bool> {
        let (large, small) = ("1".repeat(30), format!("0.{}", "1".repeat(20)));
        let update = self.client().update_item().table_name(&self.table);
        let added = update
            .key("id", s("probe"))
            .update_expression("SET n = :large + :small")
            .expression_attribute_values(":large", AttributeValue::N(large))
            .expression_attribute_values(":small", AttributeValue::N(small))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let Ok(answer) = added else {
            return Some(true);
        };
        let sum = answer.attributes?.remove("n")?;
        Some(sum.as_n().ok()?.bytes().filter(u8::is_ascii_digit).count() <= 38)
    }

    async fn removes_at_once(&self) -> Option<bool> {
        let update = self.client().update_item().table_name(&self.table);
        let sent = update
            .key("id", s("probe"))
            .update_expression("REMOVE l[0], l[1]")
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let left = sent.ok()?.attributes?.remove("l");
        Some(left == Some(l(["z"])))
    }

    async fn takes_half_of_a_batch(&self) -> Option<bool> {
        let put = |id| {
            let put = PutRequest::builder().item("id", s(id)).build().ok()?;
            Some(WriteRequest::builder().put_request(put).build())
        };
        let puts = vec![put("one")?, put("two")?];
        let transport = &self.machine.transport;
        transport.script("BatchWriteItem", [Fault::Unprocessed]);
        let batch = self.client().batch_write_item();
        let sent = batch.request_items(&self.table, puts).send().await;
        let left = sent.ok()?.unprocessed_items?.remove(&self.table);
        Some(left?.len() == 1)
    }

    async fn turns_time_to_live_on(&self) -> Option<bool> {
        let specification = TimeToLiveSpecification::builder()
            .attribute_name("expires")
            .enabled(true);
        let update = self.client().update_time_to_live().table_name(&self.table);
        let update = update.time_to_live_specification(specification.build().ok()?);
        Some(update.send().await.is_ok())
    }

    fn client(&self) -> &Client {
        self.machine.db.client()
    }
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: u8) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn b(text: &str) -> AttributeValue {
    AttributeValue::B(Blob::new(text))
}

fn l<const N: usize>(elements: [&str; N]) -> AttributeValue {
    AttributeValue::L(elements.map(s).to_vec())
}
