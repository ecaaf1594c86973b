use std::error::Error as StdError;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld;
use tracing::debug;

use super::answer::classify;
use super::attempts::Attempts;
use super::{Answer, Failure, ReadRequest, WriteRequest};
use crate::value::Item;

/// Sends a GetItem.
pub(crate) async fn read(client: &Client, request: &ReadRequest) -> Result<Option<Item>, Failure> {
    let attempts = Attempts::default();
    let answer = client
        .get_item()
        .table_name(&*request.table)
        .set_key(Some(request.key.clone()))
        .consistent_read(request.consistent)
        .customize()
        .interceptor(attempts.clone())
        .send()
        .await;
    let result = answer
        .map(|output| output.item)
        .map_err(|error| classify(error, attempts.count()));
    debug!(
        table = &*request.table,
        operation = "GetItem",
        consistent = request.consistent,
        attempts = attempts.count(),
        ok = result.is_ok(),
    );
    result
}

/// Sends a conditional write once; the SDK may send copies of it.
pub(crate) async fn write(client: &Client, table: &Arc<str>, request: &WriteRequest) -> Answer {
    let attempts = Attempts::default();
    // The three operations have three types and one shape.
    macro_rules! send {
        ($call:ident, $expression:expr, $error:ident, |$request:ident| $more:expr) => {{
            let $request = client
                .$call()
                .table_name(&**table)
                .set_condition_expression($expression.condition.clone())
                .set_expression_attribute_names(some($expression.names.clone()))
                .set_expression_attribute_values(some($expression.values.clone()))
                .return_values_on_condition_check_failure(AllOld);
            match $more.customize().interceptor(attempts.clone()).send().await {
                Ok(_) => Answer::Done,
                Err(error) => failed(error, attempts.count(), |service| match service {
                    aws_sdk_dynamodb::operation::$call::$error::ConditionalCheckFailedException(
                        e,
                    ) => Some(e.item.clone()),
                    _ => None,
                }),
            }
        }};
    }
    let answer = match request {
        WriteRequest::Put { item, expression } => {
            send!(put_item, expression, PutItemError, |r| r
                .set_item(Some(item.clone())))
        }
        WriteRequest::Update { key, expression } => {
            send!(update_item, expression, UpdateItemError, |r| r
                .set_key(Some(key.clone()))
                .set_update_expression(expression.update.clone()))
        }
        WriteRequest::Delete { key, expression } => {
            send!(delete_item, expression, DeleteItemError, |r| r
                .set_key(Some(key.clone())))
        }
    };
    debug!(
        table = &**table,
        operation = request.operation(),
        attempts = attempts.count(),
        answer = match &answer {
            Answer::Done => "done",
            Answer::Refused { .. } => "refused",
            Answer::Failed(Failure::Ambiguous { .. }) => "ambiguous",
            Answer::Failed(Failure::Transient { .. }) => "transient",
            Answer::Failed(Failure::Final { .. }) => "final",
        },
    );
    answer
}

/// DynamoDB refuses empty maps of names and values.
fn some<V>(
    map: std::collections::HashMap<String, V>,
) -> Option<std::collections::HashMap<String, V>> {
    (!map.is_empty()).then_some(map)
}

fn failed<E>(
    error: SdkError<E, HttpResponse>,
    attempts: u32,
    refused: impl FnOnce(&E) -> Option<Option<Item>>,
) -> Answer
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let image = match &error {
        SdkError::ServiceError(service) => refused(service.err()),
        _ => None,
    };
    match image {
        Some(image) => Answer::Refused {
            image,
            attempts,
            source: Box::new(error),
        },
        None => Answer::Failed(classify(error, attempts)),
    }
}
