use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::value::Item;

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What came back for a write.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It was carried out.
    Done,
    /// Its condition did not hold, at least for the last of `attempts` copies.
    Refused {
        image: Option<Item>,
        attempts: u32,
        source: Source,
    },
    Failed(Failure),
}

/// A request that came to nothing, or to nobody knows what.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It may have been carried out, or may still be.
    Ambiguous { attempts: u32, source: Source },
    /// It was not carried out, and the same request may fare better later.
    Transient { source: Source },
    /// It was not carried out and never will be.
    Final { source: Source },
}

impl Failure {
    pub(crate) fn into_source(self) -> Source {
        match self {
            Self::Ambiguous { source, .. }
            | Self::Transient { source }
            | Self::Final { source } => source,
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

/// A failure other than a refused condition. After more than one attempt, any error may follow a copy that was carried out.
pub(super) fn classify<E>(error: SdkError<E, HttpResponse>, attempts: u32) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let ambiguous = match &error {
        SdkError::ConstructionFailure(_) => false,
        SdkError::DispatchFailure(failure) => !failure.is_user(),
        SdkError::ServiceError(service) => service.raw().status().as_u16() >= 500,
        _ => true,
    };
    let transient = error.code().is_some_and(|code| TRANSIENT.contains(&code));
    let source = Box::new(error);
    if ambiguous || attempts > 1 {
        Failure::Ambiguous { attempts, source }
    } else if transient {
        Failure::Transient { source }
    } else {
        Failure::Final { source }
    }
}
