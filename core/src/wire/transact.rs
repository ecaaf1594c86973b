use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld;
use aws_sdk_dynamodb::types::{CancellationReason, Delete, Put, TransactWriteItem, Update};

use super::{Answer, Failure, FailureKind, Wire, WriteOperation, WriteRequest};
use crate::retry::TimeLimit;

type TransactError = SdkError<TransactWriteItemsError, HttpResponse>;

impl Wire<'_> {
    /// Sends one copy of a write as a transaction of one item. The token makes it safe to repeat for ten minutes.
    pub(crate) async fn transact(
        &self,
        request: &WriteRequest,
        token: &str,
        limit: TimeLimit,
    ) -> Answer {
        let item = match transact_item(request) {
            Ok(item) => item,
            Err(source) => {
                return Answer::Failed(Failure {
                    kind: FailureKind::Final,
                    retry_after: None,
                    reply: None,
                    source: source.into(),
                });
            }
        };
        let call = self
            .client()
            .transact_write_items()
            .transact_items(item)
            .client_request_token(token)
            .set_return_consumed_capacity(self.report());
        let copy = self.send(Box::pin(call.send()), limit).await;
        let answer = match copy.result {
            Some(Ok(_)) => Answer::Done(None),
            Some(Err(error)) => failed(error, copy.transmitted),
            None => Answer::Failed(Failure::silent(copy.transmitted)),
        };
        self.answered(request.target.table(), "TransactWriteItems", &answer);
        answer
    }
}

fn failed(error: TransactError, transmitted: bool) -> Answer {
    let kind = match reason(&error) {
        Some(reason) if reason.code() == Some("ConditionalCheckFailed") => {
            return Answer::Refused {
                image: reason.item.clone(),
                source: error.into(),
            };
        }
        Some(reason) if is_throttled(reason) => Some(FailureKind::Throttled),
        // Another copy is being carried out.
        None if error.code() == Some("TransactionInProgressException") => Some(FailureKind::Broken),
        _ => None,
    };
    let failure = Failure::from_sdk(error, transmitted);
    Answer::Failed(Failure {
        kind: kind.unwrap_or(failure.kind),
        ..failure
    })
}

fn is_throttled(reason: &CancellationReason) -> bool {
    let codes = [
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    ];
    reason.code().is_some_and(|code| codes.contains(&code))
}

/// Why the one item of a cancelled transaction was not written.
fn reason(error: &TransactError) -> Option<&CancellationReason> {
    match error.as_service_error()? {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            cancelled.cancellation_reasons().first()
        }
        _ => None,
    }
}

fn transact_item(request: &WriteRequest) -> Result<TransactWriteItem, BuildError> {
    let expression = &request.expression;
    let item = TransactWriteItem::builder();
    // The three operations have three builders and one shape.
    macro_rules! build {
        ($kind:ident) => {
            $kind::builder()
                .table_name(&**request.target.table())
                .set_condition_expression(expression.condition.clone())
                .set_expression_attribute_names(expression.names())
                .set_expression_attribute_values(expression.values())
                .return_values_on_condition_check_failure(AllOld)
        };
    }
    Ok(match &request.operation {
        WriteOperation::Put { item: new } => {
            item.put(build!(Put).set_item(Some(new.clone())).build()?)
        }
        WriteOperation::Update { .. } => item.update(
            build!(Update)
                .set_key(Some(request.target.key_item()))
                .set_update_expression(expression.update.clone())
                .build()?,
        ),
        WriteOperation::Delete => item.delete(
            build!(Delete)
                .set_key(Some(request.target.key_item()))
                .build()?,
        ),
    }
    .build())
}
