use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use tracing::debug;

use super::{Failure, FailureKind, Wire};
use crate::expr::Compiled;
use crate::retry::TimeLimit;
use crate::value::Item;

/// A BatchGetItem of one table.
#[derive(Debug)]
pub(crate) struct BatchGetRequest {
    pub(crate) table: Arc<str>,
    /// The key attributes of each item; at most a hundred, and none twice.
    pub(crate) keys: Vec<Item>,
    pub(crate) consistent: bool,
    /// Which attributes, if not all.
    pub(crate) expression: Arc<Compiled>,
}

/// What came back. What is neither found nor unprocessed does not exist.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) found: Vec<Item>,
    /// The key attributes of what is to be asked again.
    pub(crate) unprocessed: Vec<Item>,
}

impl Wire<'_> {
    /// Sends a BatchGetItem.
    pub(crate) async fn batch_get(
        &self,
        request: BatchGetRequest,
        limit: TimeLimit,
    ) -> Result<Batch, Failure> {
        let BatchGetRequest {
            table,
            keys,
            consistent,
            expression,
        } = request;
        let asked = keys.len();
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(consistent)
            .set_projection_expression(expression.projection.clone())
            .set_expression_attribute_names(expression.names())
            .build();
        let result = match keys {
            Ok(keys) => {
                let call = self
                    .client()
                    .batch_get_item()
                    .request_items(&*table, keys)
                    .set_return_consumed_capacity(self.report());
                let copy = self.send(Box::pin(call.send()), limit).await;
                copy.into_answer().map(|output| Batch {
                    found: flat(output.responses, |items| items),
                    unprocessed: flat(output.unprocessed_keys, |keys| keys.keys),
                })
            }
            Err(source) => Err(Failure {
                kind: FailureKind::Final,
                retry_after: None,
                reply: None,
                source: source.into(),
            }),
        };
        let (outcome, unprocessed) = match &result {
            Ok(batch) => ("done", batch.unprocessed.len()),
            Err(failure) => (failure.kind.name(), asked),
        };
        debug!(
            table = &*table,
            operation = "BatchGetItem",
            consistent,
            asked,
            unprocessed,
            outcome
        );
        result
    }
}

/// The items of all tables: there is one.
fn flat<T>(tables: Option<HashMap<String, T>>, items: impl Fn(T) -> Vec<Item>) -> Vec<Item> {
    let mut tables = tables.unwrap_or_default().into_values().map(items);
    let mut all = tables.next().unwrap_or_default();
    all.extend(tables.flatten());
    all
}
