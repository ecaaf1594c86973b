use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::interceptors::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;

/// Counts the copies of a request that the SDK sends for one call, and those that were refused by an answer: what is left
/// may have been carried out.
#[derive(Debug, Clone, Default)]
pub(super) struct Attempts(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU32,
    refused: AtomicU32,
}

impl Attempts {
    /// The copies that left the process.
    pub(super) fn sent(&self) -> u32 {
        self.0.sent.load(Ordering::Relaxed)
    }

    /// The copies that may have been carried out: no answer says that they were not.
    pub(super) fn doubtful(&self) -> u32 {
        let refused = self.0.refused.load(Ordering::Relaxed);
        self.sent().saturating_sub(refused)
    }
}

impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "optimist attempts"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.sent.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // A 4xx is an answer: this copy was not carried out. (408 is a gateway that stopped waiting.)
        let refused = context
            .response()
            .map(HttpResponse::status)
            .is_some_and(|status| status.is_client_error() && status.as_u16() != 408);
        self.0
            .refused
            .fetch_add(u32::from(refused), Ordering::Relaxed);
        Ok(())
    }
}
