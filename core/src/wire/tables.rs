use std::error::Error as StdError;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{TableDescription, TimeToLiveDescription, TimeToLiveSpecification};
use tracing::debug;

use super::{CreateTableRequest, Failure, FailureKind, Wire, copy};
use crate::retry::TimeLimit;

impl Wire<'_> {
    /// Sends a CreateTable.
    pub(crate) async fn create_table(
        &self,
        request: &CreateTableRequest,
        limit: TimeLimit,
    ) -> Result<(), Failure> {
        let input = request.input().map_err(unbuilt)?;
        let call = input.send_with(self.client());
        let answer = send(&request.table_name, "CreateTable", call, limit).await;
        answer.map(drop)
    }

    /// Sends a DescribeTable.
    pub(crate) async fn describe_table(
        &self,
        table: &str,
        limit: TimeLimit,
    ) -> Result<TableDescription, Failure> {
        let call = self.client().describe_table().table_name(table).send();
        let answer = send(table, "DescribeTable", call, limit).await?;
        answer.table.ok_or_else(|| unread("a table"))
    }

    /// Sends a DescribeTimeToLive.
    pub(crate) async fn describe_time_to_live(
        &self,
        table: &str,
        limit: TimeLimit,
    ) -> Result<TimeToLiveDescription, Failure> {
        let call = self.client().describe_time_to_live();
        let call = call.table_name(table).send();
        let answer = send(table, "DescribeTimeToLive", call, limit).await?;
        let described = answer.time_to_live_description;
        described.ok_or_else(|| unread("a time to live"))
    }

    /// Sends an UpdateTimeToLive that turns it on.
    pub(crate) async fn enable_time_to_live(
        &self,
        table: &str,
        attribute: &str,
        limit: TimeLimit,
    ) -> Result<(), Failure> {
        let specification = TimeToLiveSpecification::builder()
            .attribute_name(attribute)
            .enabled(true);
        let call = self
            .client()
            .update_time_to_live()
            .table_name(table)
            .time_to_live_specification(specification.build().map_err(unbuilt)?)
            .send();
        let answer = send(table, "UpdateTimeToLive", call, limit).await;
        answer.map(drop)
    }
}

async fn send<T, E>(
    table: &str,
    operation: &str,
    call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    limit: TimeLimit,
) -> Result<T, Failure>
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let copy = copy::send(Box::pin(call), limit).await;
    let result = match copy.result {
        Some(Ok(answer)) => Ok(answer),
        Some(Err(error)) => Err(Failure::from_sdk(error, copy.transmitted)),
        None => Err(Failure::silent(copy.transmitted)),
    };
    let outcome = match &result {
        Ok(_) => "done",
        Err(failure) => failure.kind.name(),
    };
    debug!(table, operation, outcome);
    result
}

/// The request could not be built.
fn unbuilt(source: BuildError) -> Failure {
    Failure {
        kind: FailureKind::Final,
        retry_after: None,
        reply: None,
        source: source.into(),
    }
}

/// The answer does not hold what was asked for.
fn unread(what: &str) -> Failure {
    Failure {
        kind: FailureKind::Broken,
        retry_after: None,
        reply: None,
        source: format!("the answer does not describe {what}").into(),
    }
}
