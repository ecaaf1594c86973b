use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

/// What happens to one request on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    Pass,
    /// It never arrives, and the connection breaks.
    LoseRequest,
    /// It is carried out, and the connection breaks before the answer.
    LoseAnswer,
    /// It is carried out, and answered with status 500.
    FailAfter,
    /// It is carried out twice; the second answer comes back.
    Twice,
    /// It is not carried out, and answered with a throttling error.
    Throttle,
    /// It never arrives, and no answer ever comes.
    Silence,
    /// It is carried out, and no answer ever comes.
    SilenceAfter,
}

/// An `HttpClient` that wraps another: it counts requests by operation, delays them, and does to them what a script says.
/// Clones share counts and script.
#[derive(Clone)]
pub struct Transport {
    inner: SharedHttpClient,
    latency: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    counts: HashMap<String, u64>,
    scripts: HashMap<String, VecDeque<Fault>>,
}

impl Transport {
    /// Wraps a client.
    #[must_use]
    pub fn new(inner: impl HttpClient + 'static) -> Self {
        Self {
            inner: SharedHttpClient::new(inner),
            latency: Duration::ZERO,
            state: Arc::default(),
        }
    }

    /// Adds a delay to every request, before it is carried out.
    #[must_use]
    pub fn with_latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// The next requests of an operation (`"PutItem"`) meet these faults, one each; later ones pass.
    pub fn script(&self, operation: &str, faults: impl IntoIterator<Item = Fault>) {
        let mut state = self.state();
        let script = state.scripts.entry(operation.to_owned()).or_default();
        script.extend(faults);
    }

    /// How many requests of an operation were sent, those of the SDK's own retries included.
    #[must_use]
    pub fn count(&self, operation: &str) -> u64 {
        self.state().counts.get(operation).copied().unwrap_or(0)
    }

    /// How many requests were sent.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.state().counts.values().sum()
    }

    /// Counts from zero again, and forgets the script.
    pub fn reset(&self) {
        *self.state() = State::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_fault(&self, request: &HttpRequest) -> Fault {
        let operation = request
            .headers()
            .get("x-amz-target")
            .and_then(|target| target.rsplit('.').next())
            .unwrap_or_default();
        let mut state = self.state();
        *state.counts.entry(operation.to_owned()).or_default() += 1;
        let script = state.scripts.get_mut(operation);
        script.and_then(VecDeque::pop_front).unwrap_or(Fault::Pass)
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

impl HttpClient for Transport {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            inner: self.inner.http_connector(settings, components),
            transport: self.clone(),
        })
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    transport: Transport,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let fault = self.transport.next_fault(&request);
        let (inner, latency) = (self.inner.clone(), self.transport.latency);
        HttpConnectorFuture::new(async move {
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            match fault {
                Fault::Pass => inner.call(request).await,
                Fault::LoseRequest => Err(broken()),
                Fault::LoseAnswer => {
                    inner.call(request).await?;
                    Err(broken())
                }
                Fault::FailAfter => {
                    inner.call(request).await?;
                    canned(500, "InternalServerError")
                }
                Fault::Twice => {
                    if let Some(copy) = request.try_clone() {
                        inner.call(copy).await?;
                    }
                    inner.call(request).await
                }
                Fault::Throttle => canned(400, "ThrottlingException"),
                Fault::Silence => std::future::pending().await,
                Fault::SilenceAfter => {
                    inner.call(request).await?;
                    std::future::pending().await
                }
            }
        })
    }
}

fn broken() -> ConnectorError {
    ConnectorError::io(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into())
}

fn canned(status: u16, code: &str) -> Result<HttpResponse, ConnectorError> {
    let status = status
        .try_into()
        .map_err(|error| ConnectorError::other(Box::new(error), None))?;
    let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}"}}"#);
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    let headers = response.headers_mut();
    headers.insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}
