use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld;
use aws_sdk_dynamodb::types::{CancellationReason, Delete, Put, TransactWriteItem, Update};

use super::answer::classify;
use super::attempts::Attempts;
use super::send::{some, traced};
use super::{Answer, Failure, WriteOperation, WriteRequest};

/// Sends a write as a transaction of one item. The token makes it safe to repeat for ten minutes.
pub(crate) async fn transact(
    client: &Client,
    table: &Arc<str>,
    request: &WriteRequest,
    token: &str,
) -> Answer {
    let item = match transact_item(table, request) {
        Ok(item) => item,
        Err(source) => {
            return Answer::Failed(Failure::Final {
                source: source.into(),
            });
        }
    };
    let attempts = Attempts::default();
    let call = client
        .transact_write_items()
        .transact_items(item)
        .client_request_token(token);
    let answer = match call.customize().interceptor(attempts.clone()).send().await {
        Ok(_) => Answer::Done(None),
        Err(error) => match reason(&error).cloned() {
            Some(reason) if reason.code() == Some("ConditionalCheckFailed") => Answer::Refused {
                image: reason.item,
                doubtful: attempts.doubtful(),
                source: error.into(),
            },
            // A cancelled copy says nothing of one that is still on its way: its token is carried out again.
            Some(_) if attempts.doubtful() > 0 => Answer::Failed(Failure::Ambiguous {
                source: error.into(),
            }),
            Some(reason) if is_transient(&reason) => Answer::Failed(Failure::Transient {
                source: error.into(),
            }),
            Some(_) => Answer::Failed(Failure::Final {
                source: error.into(),
            }),
            // Another copy is being carried out.
            None if error.code() == Some("TransactionInProgressException") => {
                Answer::Failed(Failure::Ambiguous {
                    source: error.into(),
                })
            }
            None => Answer::Failed(classify(error, &attempts)),
        },
    };
    traced(table, "TransactWriteItems", attempts.sent(), &answer);
    answer
}

fn is_transient(reason: &CancellationReason) -> bool {
    let codes = [
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    ];
    reason.code().is_some_and(|code| codes.contains(&code))
}

/// Why the one item of a cancelled transaction was not written.
fn reason<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<&CancellationReason> {
    match error.as_service_error()? {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            cancelled.cancellation_reasons().first()
        }
        _ => None,
    }
}

fn transact_item(table: &str, request: &WriteRequest) -> Result<TransactWriteItem, BuildError> {
    let expression = &request.expression;
    let item = TransactWriteItem::builder();
    // The three operations have three builders and one shape.
    macro_rules! build {
        ($kind:ident) => {
            $kind::builder()
                .table_name(table)
                .set_condition_expression(expression.condition.clone())
                .set_expression_attribute_names(some(&expression.names))
                .set_expression_attribute_values(some(&expression.values))
                .return_values_on_condition_check_failure(AllOld)
        };
    }
    Ok(match &request.operation {
        WriteOperation::Put { item: new } => {
            item.put(build!(Put).set_item(Some(new.clone())).build()?)
        }
        WriteOperation::Update { key, .. } => item.update(
            build!(Update)
                .set_key(Some(key.clone()))
                .set_update_expression(expression.update.clone())
                .build()?,
        ),
        WriteOperation::Delete { key } => {
            item.delete(build!(Delete).set_key(Some(key.clone())).build()?)
        }
    }
    .build())
}
