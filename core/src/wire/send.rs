use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Config;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::ReturnValue;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld;
use tracing::debug;

use super::answer::classify;
use super::attempts::Attempts;
use super::{Answer, Failure, ReadRequest, Returns, WriteOperation, WriteRequest};
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
        .map_err(|error| classify(error, &attempts));
    debug!(
        table = &*request.table,
        operation = "GetItem",
        consistent = request.consistent,
        attempts = attempts.sent(),
        ok = result.is_ok(),
    );
    result
}

/// Sends a write once; the SDK may send copies of it, if the request lets it.
pub(crate) async fn write(client: &Client, table: &Arc<str>, request: &WriteRequest) -> Answer {
    let attempts = Attempts::default();
    let expression = &request.expression;
    // The three operations have three types and one shape.
    macro_rules! send {
        ($call:ident, $error:ident, |$request:ident| $more:expr) => {{
            let $request = client
                .$call()
                .table_name(&**table)
                .set_condition_expression(expression.condition.clone())
                .set_expression_attribute_names(some(&expression.names))
                .set_expression_attribute_values(some(&expression.values))
                .return_values_on_condition_check_failure(AllOld);
            let mut call = $more.customize().interceptor(attempts.clone());
            if !request.sdk_retries {
                let once = Config::builder().retry_config(RetryConfig::disabled());
                call = call.config_override(once);
            }
            match call.send().await {
                Ok(output) => Answer::Done(output.attributes),
                Err(error) => failed(error, &attempts, |service| match service {
                    aws_sdk_dynamodb::operation::$call::$error::ConditionalCheckFailedException(
                        e,
                    ) => Some(e.item.clone()),
                    _ => None,
                }),
            }
        }};
    }
    let answer = match &request.operation {
        WriteOperation::Put { item } => {
            send!(put_item, PutItemError, |r| r.set_item(Some(item.clone())))
        }
        WriteOperation::Update { key, returns } => {
            let returns = match returns {
                Returns::Nothing => ReturnValue::None,
                Returns::Item => ReturnValue::AllNew,
                Returns::Updated => ReturnValue::UpdatedNew,
            };
            send!(update_item, UpdateItemError, |r| r
                .set_key(Some(key.clone()))
                .set_update_expression(expression.update.clone())
                .return_values(returns))
        }
        WriteOperation::Delete { key } => {
            send!(delete_item, DeleteItemError, |r| r
                .set_key(Some(key.clone())))
        }
    };
    traced(table, request.name(), attempts.sent(), &answer);
    answer
}

/// Tells of a write: everything but values.
pub(super) fn traced(table: &str, operation: &str, attempts: u32, answer: &Answer) {
    debug!(
        table,
        operation,
        attempts,
        answer = match answer {
            Answer::Done(_) => "done",
            Answer::Refused { .. } => "refused",
            Answer::Failed(Failure::Ambiguous { .. }) => "ambiguous",
            Answer::Failed(Failure::Transient { .. }) => "transient",
            Answer::Failed(Failure::Final { .. }) => "final",
        },
    );
}

/// DynamoDB refuses empty maps of names and values.
pub(super) fn some<V: Clone>(map: &HashMap<String, V>) -> Option<HashMap<String, V>> {
    (!map.is_empty()).then(|| map.clone())
}

fn failed<E>(
    error: SdkError<E, HttpResponse>,
    attempts: &Attempts,
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
            doubtful: attempts.doubtful(),
            source: Box::new(error),
        },
        None => Answer::Failed(classify(error, attempts)),
    }
}
