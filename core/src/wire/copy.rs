use std::cell::Cell;
use std::error::Error as StdError;
use std::pin::pin;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::{BoxError, ProvideErrorMetadata, SdkError};

use super::Failure;
use crate::retry::TimeLimit;

tokio::task_local! {
    static TRANSMITTED: Cell<bool>;
}

/// One copy of a request, as far as it came.
pub(super) struct Copy<T> {
    /// What the SDK gave back; `None` if it gave nothing back in time.
    pub(super) result: Option<T>,
    /// Whether it was handed to the connection: otherwise nobody can have carried it out.
    pub(super) transmitted: bool,
}

impl<T, E> Copy<Result<T, SdkError<E, HttpResponse>>>
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    /// What came back, or why nothing did.
    pub(super) fn into_answer(self) -> Result<T, Failure> {
        match self.result {
            Some(Ok(output)) => Ok(output),
            Some(Err(error)) => Err(Failure::from_sdk(error, self.transmitted)),
            None => Err(Failure::silent(self.transmitted)),
        }
    }
}

/// Sends one copy.
pub(super) async fn send<F: Future>(call: F, limit: TimeLimit) -> Copy<F::Output> {
    let mut call = pin!(TRANSMITTED.scope(Cell::new(false), call));
    let result = limit.run(call.as_mut()).await;
    let transmitted = call.take_value().is_none_or(Cell::into_inner);
    Copy {
        result,
        transmitted,
    }
}

/// Notes that the copy of this task is being transmitted. Credentials, endpoint and signature stand by then.
#[derive(Debug)]
pub(super) struct Watch;

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "optimist: transmitted"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Requests that are not ours have no flag to set.
        let _ = TRANSMITTED.try_with(|transmitted| transmitted.set(true));
        Ok(())
    }
}
