use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use super::attempts::Attempts;
use crate::value::Item;

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What came back for a write.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It was carried out; with the attributes that were asked for.
    Done(Option<Item>),
    /// Its condition did not hold for the last copy; as many as `doubtful` may have been carried out before.
    Refused {
        image: Option<Item>,
        doubtful: u32,
        source: Source,
    },
    Failed(Failure),
}

/// A request that came to nothing, or to nobody knows what.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It may have been carried out, or may still be.
    Ambiguous { source: Source },
    /// It was not carried out, and the same request may fare better later.
    Transient { source: Source },
    /// It was not carried out and never will be.
    Final { source: Source },
}

impl Failure {
    pub(crate) fn into_source(self) -> Source {
        match self {
            Self::Ambiguous { source } | Self::Transient { source } | Self::Final { source } => {
                source
            }
        }
    }
}

/// Refusals that pass with time ("Error handling with DynamoDB", retryable errors). They are answers: nothing was done.
const TRANSIENT: [&str; 8] = [
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// A failure other than a refused condition. Whatever the last answer says, a copy before it may have been carried out;
/// and what never left the process was not.
pub(super) fn classify<E>(error: SdkError<E, HttpResponse>, attempts: &Attempts) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let transient = error.code().is_some_and(|code| TRANSIENT.contains(&code));
    let source = Box::new(error);
    if attempts.doubtful() > 0 {
        Failure::Ambiguous { source }
    } else if transient {
        Failure::Transient { source }
    } else {
        Failure::Final { source }
    }
}
