use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld;
use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, ReturnValue};
use tracing::debug;

use super::copy::{self, Copy, Watch};
use super::meter::{Meter, Reports};
use super::{Answer, Failure, ReadRequest, Returns, WriteOperation, WriteRequest};
use crate::retry::TimeLimit;
use crate::value::Item;

/// The client that requests are sent with: the user's own, without the retries of the SDK, so that one request is one copy.
#[derive(Debug)]
pub(crate) struct Connection(Client);

/// Sends requests, and counts what they consume.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wire<'a> {
    client: &'a Client,
    meter: Option<&'a Meter>,
}

impl Connection {
    /// Connections, credentials, signing and endpoint are the client's.
    pub(crate) fn new(client: &Client) -> Self {
        let config = client.config();
        let retries = config.retry_config().cloned();
        let once = retries
            .unwrap_or_else(RetryConfig::standard)
            .with_max_attempts(1);
        let config = config.to_builder().retry_config(once).interceptor(Watch);
        Self(Client::from_conf(config.build()))
    }

    pub(crate) fn wire<'a>(&'a self, meter: Option<&'a Meter>) -> Wire<'a> {
        let client = &self.0;
        Wire { client, meter }
    }
}

impl Wire<'_> {
    pub(super) fn client(&self) -> &Client {
        self.client
    }

    /// What the server is to report: nothing where nobody counts.
    pub(super) fn report(&self) -> Option<ReturnConsumedCapacity> {
        self.meter.map(|_| ReturnConsumedCapacity::Total)
    }

    /// Sends one copy.
    pub(super) async fn send<T: Reports, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        limit: TimeLimit,
    ) -> Copy<Result<T, E>> {
        let copy = copy::send(call, limit).await;
        if let Some(meter) = self.meter {
            if copy.transmitted {
                meter.count_request();
            }
            if let Some(Ok(answer)) = &copy.result {
                meter.count_units(answer);
            }
        }
        copy
    }

    /// Sends a GetItem.
    pub(crate) async fn read(
        &self,
        request: &ReadRequest,
        limit: TimeLimit,
    ) -> Result<Option<Item>, Failure> {
        let call = self
            .client()
            .get_item()
            .table_name(&**request.target.table())
            .set_key(Some(request.target.key_item()))
            .consistent_read(request.consistent)
            .set_projection_expression(request.expression.projection.clone())
            .set_expression_attribute_names(request.expression.names())
            .set_return_consumed_capacity(self.report());
        let copy = self.send(Box::pin(call.send()), limit).await;
        let result = copy.into_answer().map(|output| output.item);
        let outcome = match &result {
            Ok(_) => "done",
            Err(failure) => failure.kind.name(),
        };
        debug!(
            table = &**request.target.table(),
            operation = "GetItem",
            request.consistent,
            outcome
        );
        result
    }

    /// Sends one copy of a write.
    pub(crate) async fn write(&self, request: &WriteRequest, limit: TimeLimit) -> Answer {
        let expression = &request.expression;
        // The three operations have three types and one shape.
        macro_rules! send {
            ($call:ident, $error:ident, |$request:ident| $more:expr) => {{
                use aws_sdk_dynamodb::operation::$call::$error;
                let $request = self
                    .client()
                    .$call()
                    .table_name(&**request.target.table())
                    .set_condition_expression(expression.condition.clone())
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .return_values_on_condition_check_failure(AllOld)
                    .set_return_consumed_capacity(self.report());
                let copy = self.send(Box::pin($more.send()), limit).await;
                match copy.result {
                    Some(Ok(output)) => Answer::Done(output.attributes),
                    Some(Err(error)) => match error.as_service_error() {
                        Some($error::ConditionalCheckFailedException(refused)) => Answer::Refused {
                            image: refused.item.clone(),
                            source: error.into(),
                        },
                        _ => Answer::Failed(Failure::from_sdk(error, copy.transmitted)),
                    },
                    None => Answer::Failed(Failure::silent(copy.transmitted)),
                }
            }};
        }
        let answer = match &request.operation {
            WriteOperation::Put { item } => {
                send!(put_item, PutItemError, |r| r.set_item(Some(item.clone())))
            }
            WriteOperation::Update { returns } => {
                let returns = match returns {
                    Returns::Nothing => ReturnValue::None,
                    Returns::Item => ReturnValue::AllNew,
                    Returns::Updated => ReturnValue::UpdatedNew,
                };
                send!(update_item, UpdateItemError, |r| r
                    .set_key(Some(request.target.key_item()))
                    .set_update_expression(expression.update.clone())
                    .return_values(returns))
            }
            WriteOperation::Delete => {
                send!(delete_item, DeleteItemError, |r| r
                    .set_key(Some(request.target.key_item())))
            }
        };
        self.answered(request.target.table(), request.name(), &answer);
        answer
    }

    /// Counts a refusal, and tells of a write: everything but values.
    pub(super) fn answered(&self, table: &str, operation: &str, answer: &Answer) {
        let outcome = match answer {
            Answer::Done(_) => "done",
            Answer::Refused { .. } => "refused",
            Answer::Failed(failure) => failure.kind.name(),
        };
        if let (Some(meter), Answer::Refused { .. }) = (self.meter, answer) {
            meter.count_refusal();
        }
        debug!(table, operation, outcome);
    }
}
