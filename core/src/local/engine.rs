use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use serde::{Serialize, de::DeserializeOwned};

use crate::error::{Error, ErrorKind, Result};

/// The engine, as an `HttpClient` of the SDK. Clones share the data: give one to several clients to have several machines
/// on one table.
#[derive(Clone)]
pub struct Engine(Arc<Database>);

impl Engine {
    /// A new, empty engine in memory.
    ///
    /// # Errors
    /// `Service`: the engine could not be opened.
    pub fn in_memory() -> Result<Self> {
        let database = Database::memory().map_err(|error| {
            Error::new(
                ErrorKind::Service,
                "the embedded engine could not be opened",
            )
            .because(error)
        })?;
        Ok(Self(Arc::new(database)))
    }

    /// An engine on a file, which is created if need be. Several processes may share one: items are safe, but each process
    /// has its own memory of client request tokens.
    ///
    /// # Errors
    /// `Service`: the file could not be opened.
    pub fn on_file(path: &str) -> Result<Self> {
        let database = Database::new(path).map_err(|error| {
            let message = format!("the embedded engine could not open `{path}`");
            Error::new(ErrorKind::Service, message).because(error)
        })?;
        Ok(Self(Arc::new(database)))
    }

    fn answer(&self, request: &HttpRequest) -> std::result::Result<HttpResponse, ConnectorError> {
        let operation = request
            .headers()
            .get("x-amz-target")
            .and_then(|target| target.rsplit('.').next())
            .unwrap_or_default();
        let body = request.body().bytes().unwrap_or_default();
        let (status, answer) = match dispatch(&self.0, operation, body) {
            Ok(answer) => (200, answer),
            Err(error) => (error.status_code(), error.to_json().into_bytes()),
        };
        let status = status
            .try_into()
            .map_err(|e| ConnectorError::other(Box::new(e), None))?;
        let mut response = HttpResponse::new(status, SdkBody::from(answer));
        response
            .headers_mut()
            .insert("content-type", "application/x-amz-json-1.0");
        Ok(response)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl HttpClient for Engine {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Engine {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(self.answer(&request))
    }
}

type Answer = std::result::Result<Vec<u8>, DynoxideError>;

fn dispatch(db: &Database, operation: &str, body: &[u8]) -> Answer {
    match operation {
        "BatchGetItem" => run(body, |r| db.batch_get_item(r)),
        "BatchWriteItem" => run(body, |r| db.batch_write_item(r)),
        "CreateTable" => run(body, |r| db.create_table(r)),
        "DeleteItem" => run(body, |r| db.delete_item(r)),
        "DeleteTable" => run(body, |r| db.delete_table(r)),
        "DescribeTable" => run(body, |r| db.describe_table(r)),
        "DescribeTimeToLive" => run(body, |r| db.describe_time_to_live(r)),
        "GetItem" => run(body, |r| db.get_item(r)),
        "ListTables" => run(body, |r| db.list_tables(r)),
        "PutItem" => run(body, |r| db.put_item(r)),
        "Query" => run(body, |r| db.query(r)),
        "Scan" => run(body, |r| db.scan(r)),
        "TransactGetItems" => run(body, |r| db.transact_get_items(r)),
        "TransactWriteItems" => run(body, |r| db.transact_write_items(r)),
        "UpdateItem" => run(body, |r| db.update_item(r)),
        "UpdateTable" => run(body, |r| db.update_table(r)),
        "UpdateTimeToLive" => run(body, |r| db.update_time_to_live(r)),
        other => Err(DynoxideError::ValidationException(format!(
            "the embedded engine does not answer {other:?}"
        ))),
    }
}

fn run<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    call: impl FnOnce(Q) -> std::result::Result<A, DynoxideError>,
) -> Answer {
    let request = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    serde_json::to_vec(&call(request)?)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// The engine's own checks speak through its deserializer, with a mark in front of the message.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let message = error.to_string();
    for mark in ["VALIDATION_REQUEST:", "VALIDATION:"] {
        if let Some(rest) = message.strip_prefix(mark) {
            return DynoxideError::ValidationException(rest.to_owned());
        }
    }
    DynoxideError::SerializationException(message)
}
