use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;

use crate::error::{Reply, Source};

/// A request that came to nothing, or to nobody knows what.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    /// How long the service asks to wait.
    pub(crate) retry_after: Option<Duration>,
    /// What the service said, if it answered.
    pub(crate) reply: Option<Reply>,
    pub(crate) source: Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// No answer in time: it may have been carried out, or may still be.
    Silent,
    /// A broken connection, an answer that does not read, or a failure of the service: likewise.
    Broken,
    /// Nothing was sent, and it may fare better later: nobody listens, or the credentials do not come.
    Unreachable,
    /// An answer that passes with time: it was not carried out.
    Throttled,
    /// An answer: the signature's time is wrong, and the SDK has just learnt the right one. It was not carried out.
    Skewed,
    /// It was not carried out and never will be.
    Final,
}

impl FailureKind {
    /// Whether the request may have been carried out.
    pub(crate) fn is_doubt(self) -> bool {
        matches!(self, Self::Silent | Self::Broken)
    }

    /// What a retry after it takes from the quota: as in the SDK's standard mode.
    pub(crate) fn cost(self) -> u32 {
        match self {
            Self::Silent => 10,
            Self::Broken | Self::Unreachable => 5,
            Self::Throttled | Self::Skewed | Self::Final => 0,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Broken => "broken",
            Self::Unreachable => "unreachable",
            Self::Throttled => "throttled",
            Self::Skewed => "skewed",
            Self::Final => "final",
        }
    }
}

/// Refusals that pass with time: the codes that the SDK's standard mode retries, and DynamoDB's own ("Error handling with
/// DynamoDB", retryable errors). They are answers: nothing was done.
const THROTTLED: [&str; 17] = [
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// The time in the signature is too far from the service's.
const SKEWED: [&str; 5] = [
    "InvalidSignatureException",
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
];

/// No answer within the time of one attempt.
#[derive(Debug, thiserror::Error)]
#[error(
    "no answer within the time of one attempt; the request was {}sent",
    if *.transmitted { "" } else { "not " }
)]
struct NoAnswer {
    transmitted: bool,
}

impl Failure {
    /// No answer came in time.
    pub(super) fn silent(transmitted: bool) -> Self {
        Self {
            kind: if transmitted {
                FailureKind::Silent
            } else {
                FailureKind::Unreachable
            },
            retry_after: None,
            reply: None,
            source: NoAnswer { transmitted }.into(),
        }
    }

    /// An answer to something else: what became of the request is not known.
    pub(crate) fn unlike_what_was_asked() -> Self {
        Self {
            kind: FailureKind::Broken,
            retry_after: None,
            reply: None,
            source: "the answer shows keys that were not asked for".into(),
        }
    }

    /// Whether a part of the request may fare better: what it is about was refused, not who sent it.
    pub(crate) fn is_about_content(&self) -> bool {
        self.kind == FailureKind::Final && self.reply.as_ref().is_some_and(Reply::is_about_content)
    }

    /// Whether there is no such table.
    pub(crate) fn is_missing_table(&self) -> bool {
        let code = self.reply.as_ref().and_then(|reply| reply.code.as_deref());
        code == Some("ResourceNotFoundException")
    }

    pub(super) fn from_sdk<E>(error: SdkError<E, HttpResponse>, transmitted: bool) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        Self {
            kind: kind(&error, transmitted),
            retry_after: error.raw_response().and_then(retry_after),
            reply: error.raw_response().map(|response| Reply {
                status: response.status().as_u16(),
                code: error.code().map(ToOwned::to_owned),
                message: error.message().map(ToOwned::to_owned),
                request_id: error.request_id().map(ToOwned::to_owned),
            }),
            source: Box::new(error),
        }
    }
}

fn kind<E>(error: &SdkError<E, HttpResponse>, transmitted: bool) -> FailureKind
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    // A 4xx is an answer: this copy was not carried out. (408 is a gateway that stopped waiting.)
    if let Some(response) = error.raw_response() {
        let status = response.status();
        return match error.code() {
            _ if !status.is_client_error() || status.as_u16() == 408 => FailureKind::Broken,
            Some(code) if THROTTLED.contains(&code) => FailureKind::Throttled,
            Some(code) if SKEWED.contains(&code) => FailureKind::Skewed,
            _ => FailureKind::Final,
        };
    }
    let silent = match error {
        SdkError::TimeoutError(_) => true,
        SdkError::DispatchFailure(failure) => failure.is_timeout(),
        _ => false,
    };
    if transmitted && !is_refused(error) {
        if silent {
            FailureKind::Silent
        } else {
            FailureKind::Broken
        }
    } else if transmitted || silent {
        FailureKind::Unreachable
    } else {
        FailureKind::Final
    }
}

/// Nobody listens at the endpoint: the connection was never made.
fn is_refused(error: &(dyn StdError + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source()).any(|error| {
        error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    })
}

/// In milliseconds, as the SDK's retries read it.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let header = response.headers().get("x-amz-retry-after")?;
    header.parse().ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use super::*;

    type GetError = SdkError<GetItemError, HttpResponse>;

    #[test]
    fn without_an_answer_it_counts_what_was_sent_and_what_ended_it() {
        use FailureKind::{Broken, Final, Silent, Unreachable};
        let timeout = || GetError::timeout_error("the SDK's own limit");
        let dispatch = GetError::dispatch_failure;
        let io = |kind: io::ErrorKind| ConnectorError::io(Box::new(io::Error::from(kind)));
        let connection_timeout = || ConnectorError::timeout("the connector's limit".into());
        for (error, transmitted, told) in [
            (timeout(), true, Silent),
            (timeout(), false, Unreachable),
            (dispatch(connection_timeout()), true, Silent),
            (dispatch(connection_timeout()), false, Unreachable),
            (dispatch(io(io::ErrorKind::ConnectionReset)), true, Broken),
            (
                dispatch(io(io::ErrorKind::ConnectionRefused)),
                true,
                Unreachable,
            ),
            (dispatch(io(io::ErrorKind::ConnectionReset)), false, Final),
            (GetError::construction_failure("no region"), false, Final),
        ] {
            assert_eq!(kind(&error, transmitted), told, "{error:?}, {transmitted}");
        }
    }
}
