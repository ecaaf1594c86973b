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

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_sdk_dynamodb::types::error::{
        ResourceNotFoundException, TransactionCanceledException, TransactionInProgressException,
    };
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use super::*;
    use crate::value::{AttributeValue, Item};

    fn meta(code: &str) -> ErrorMetadata {
        ErrorMetadata::builder().code(code).build()
    }

    fn answer(error: TransactWriteItemsError) -> Answer {
        let response = HttpResponse::new(StatusCode::try_from(400).unwrap(), SdkBody::empty());
        failed(TransactError::service_error(error, response), true)
    }

    fn cancelled(reason: CancellationReason) -> Answer {
        let cancelled = TransactionCanceledException::builder()
            .cancellation_reasons(reason)
            .meta(meta("TransactionCanceledException"))
            .build();
        answer(TransactWriteItemsError::TransactionCanceledException(
            cancelled,
        ))
    }

    fn kind(answer: &Answer) -> FailureKind {
        match answer {
            Answer::Failed(failure) => failure.kind,
            _ => panic!("{answer:?} is no failure"),
        }
    }

    #[test]
    fn a_cancelled_transaction_is_read_by_the_reason_of_its_one_item() {
        let item = Item::from([("id".to_owned(), AttributeValue::S("c".into()))]);
        let reason = |code: &str| CancellationReason::builder().code(code);
        let refused = reason("ConditionalCheckFailed").set_item(Some(item.clone()));
        let refused = cancelled(refused.build());
        assert!(
            matches!(&refused, Answer::Refused { image, .. } if *image == Some(item)),
            "{refused:?}"
        );
        for (code, told) in [
            ("TransactionConflict", FailureKind::Throttled),
            ("ThrottlingError", FailureKind::Throttled),
            ("ProvisionedThroughputExceeded", FailureKind::Throttled),
            ("ValidationError", FailureKind::Final),
            ("ItemCollectionSizeLimitExceeded", FailureKind::Final),
        ] {
            assert_eq!(kind(&cancelled(reason(code).build())), told, "{code}");
        }
    }

    #[test]
    fn a_copy_that_is_being_carried_out_is_doubt_and_any_other_error_is_final() {
        let in_progress = TransactionInProgressException::builder()
            .meta(meta("TransactionInProgressException"))
            .build();
        let in_progress = TransactWriteItemsError::TransactionInProgressException(in_progress);
        assert_eq!(kind(&answer(in_progress)), FailureKind::Broken);
        let missing = ResourceNotFoundException::builder()
            .meta(meta("ResourceNotFoundException"))
            .build();
        let missing = TransactWriteItemsError::ResourceNotFoundException(missing);
        assert_eq!(kind(&answer(missing)), FailureKind::Final);
    }
}
