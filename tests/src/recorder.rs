use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use optimist::{Db, Result};
use serde_json::Value;

use crate::{Backend, Machine};

/// Notes the bodies of requests and of answers. Clones share what they note.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Bodies>>);

#[derive(Debug, Default)]
struct Bodies {
    sent: Vec<Value>,
    answered: Vec<Value>,
}

impl Recorder {
    /// A `Db` like that of a machine, to which this one listens.
    ///
    /// # Errors
    /// The configuration is not valid.
    pub fn listen(&self, backend: &Backend, machine: &Machine) -> Result<Db> {
        let config = machine.db.client().config().to_builder();
        let client = Client::from_conf(config.interceptor(self.clone()).build());
        Db::builder(client).table_prefix(backend.prefix()).build()
    }

    /// What was sent and what was answered since this was asked last.
    #[must_use]
    pub fn take(&self) -> (Vec<Value>, Vec<Value>) {
        let bodies = self.with(std::mem::take);
        (bodies.sent, bodies.answered)
    }

    fn with<T>(&self, of: impl FnOnce(&mut Bodies) -> T) -> T {
        of(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Intercept for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        let body = context.request().body().bytes().unwrap_or_default();
        let body = serde_json::from_slice(body)?;
        self.with(|bodies| bodies.sent.push(body));
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default();
        let body = serde_json::from_slice(body)?;
        self.with(|bodies| bodies.answered.push(body));
        Ok(())
    }
}
