use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;

use crate::carry_out::json;

/// What eventually consistent reads were answered, to be answered again.
#[derive(Clone, Default)]
pub(crate) struct Answers(Arc<Mutex<HashMap<Read, Vec<u8>>>>);

/// A read that may be answered from an older state, by its body.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Read(Vec<u8>);

impl Read {
    /// The read that a request is, if it may be stale: one without `ConsistentRead`.
    pub(crate) fn of(operation: &str, request: &HttpRequest) -> Option<Self> {
        let body = request.body().bytes()?;
        let reads = ["BatchGetItem", "GetItem", "Query", "Scan"].contains(&operation);
        let text = std::str::from_utf8(body).ok()?;
        (reads && !text.contains(r#""ConsistentRead":true"#)).then(|| Self(body.to_vec()))
    }
}

impl Answers {
    /// An older answer to the same read.
    pub(crate) fn older(&self, read: &Read) -> Option<Result<HttpResponse, ConnectorError>> {
        let body = self.all().get(read)?.clone();
        let status = 200.try_into().ok()?;
        Some(Ok(json(status, body)))
    }

    /// Remembers the first answer to a read.
    pub(crate) fn keep(
        &self,
        read: Read,
        answer: Result<HttpResponse, ConnectorError>,
    ) -> Result<HttpResponse, ConnectorError> {
        if let Ok(response) = &answer
            && response.status().is_success()
            && let Some(body) = response.body().bytes()
        {
            self.all().entry(read).or_insert_with(|| body.to_vec());
        }
        answer
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Read, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
