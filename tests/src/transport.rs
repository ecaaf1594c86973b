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

use crate::carry_out::carry_out;
use crate::stale::{Answers, Read};
use crate::whole::Whole;

pub(crate) type Answer = Result<HttpResponse, ConnectorError>;

/// What happens to one request on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Nothing.
    Pass,
    /// It never arrives, and the connection breaks.
    LoseRequest,
    /// It is carried out, and the connection breaks before the answer.
    LoseAnswer,
    /// It is carried out, and the client stops waiting for the answer.
    TimeoutAfter,
    /// It is not carried out, and answered with this status (500, 503).
    FailBefore(u16),
    /// It is carried out, and answered with status 500.
    FailAfter,
    /// It is carried out twice; the second answer comes back.
    Twice,
    /// The connection breaks, and it is carried out so much later: after the retry, or after the caller gave up.
    Late(Duration),
    /// It is carried out and answered, and so much later carried out again.
    LateCopy(Duration),
    /// It is carried out and answered, after so long.
    Slow(Duration),
    /// It is not carried out, and answered with a throttling error.
    Throttle,
    /// It is not carried out, and answered with `RequestLimitExceeded`.
    LimitExceeded,
    /// It is not carried out, and answered with this status and error code.
    Answer(u16, &'static str),
    /// It is not carried out, and answered with a throttling error that asks to wait so long (`x-amz-retry-after`).
    RetryAfter(Duration),
    /// It never arrives: nobody listens.
    ConnectionRefused,
    /// It never arrives, and the connection fails in another way than breaking: TLS, say.
    ConnectionFailed,
    /// It is carried out, and answered with what does not read.
    Garble,
    /// Of a BatchWriteItem or BatchGetItem, the first half is carried out, and the rest answered as unprocessed. Other
    /// requests pass.
    Unprocessed,
    /// Of a BatchWriteItem or BatchGetItem, each entry is left unprocessed with this probability in percent. The seed says
    /// which; a plan draws another for each request. Other requests pass.
    UnprocessedShare(u8, u64),
    /// It is not carried out, and answered with `TransactionConflictException`.
    TransactionConflict,
    /// It is not carried out, and answered with `TransactionInProgressException`.
    TransactionInProgress,
    /// It never arrives, and no answer ever comes.
    Silence,
    /// It is carried out, and no answer ever comes.
    SilenceAfter,
    /// A read without `ConsistentRead` is answered with what the same read was answered before. Other requests pass.
    Stale,
    /// It is carried out, and a refusal comes back without the item, as from engines and SDKs that know no image.
    WithoutImage,
    /// It is not carried out, and answered with status 413 and no code, as a body over 16 MB.
    TooLarge,
}

/// One request, and what was done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `PutItem`, say.
    pub operation: String,
    /// What happened to it.
    pub fault: Fault,
}

/// An `HttpClient` that wraps another: it counts requests by operation, delays them, and does to them what a script or a
/// seeded plan says. Clones share counts, script and plan.
#[derive(Clone)]
pub struct Transport {
    inner: SharedHttpClient,
    latency: Duration,
    state: Arc<Mutex<State>>,
    answers: Answers,
}

#[derive(Default)]
struct State {
    counts: HashMap<String, u64>,
    events: Vec<Event>,
    scripts: HashMap<String, VecDeque<Fault>>,
    plan: Option<Plan>,
    poison: Option<String>,
    largest: HashMap<String, usize>,
    in_flight: usize,
    most_in_flight: usize,
}

/// Faults that befall requests at random.
struct Plan {
    random: fastrand::Rng,
    /// The operations that they befall; none means all.
    operations: Vec<String>,
    faults: Vec<(Fault, f64)>,
}

impl Transport {
    /// Wraps a client.
    #[must_use]
    pub fn new(inner: impl HttpClient + 'static) -> Self {
        Self {
            inner: SharedHttpClient::new(inner),
            latency: Duration::ZERO,
            state: Arc::default(),
            answers: Answers::default(),
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

    /// From now on, requests of these operations (of all, if none is named) meet each of the faults with its probability.
    /// The same seed gives the same faults to the same requests. Scripts go first.
    pub fn plan(
        &self,
        seed: u64,
        operations: &[&str],
        faults: impl IntoIterator<Item = (Fault, f64)>,
    ) {
        self.state().plan = Some(Plan {
            random: fastrand::Rng::with_seed(seed),
            operations: operations.iter().map(ToString::to_string).collect(),
            faults: faults.into_iter().collect(),
        });
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

    /// From now on, a write that holds this text is not carried out, and answered with `ValidationException`, as a whole and
    /// naming nobody; or its answer is lost all the same.
    pub fn poison(&self, text: &str) {
        self.state().poison = Some(text.to_owned());
    }

    /// The largest body of an operation's requests, in bytes.
    #[must_use]
    pub fn largest_body(&self, operation: &str) -> usize {
        self.state().largest.get(operation).copied().unwrap_or(0)
    }

    /// How many requests were under way at once, at most.
    #[must_use]
    pub fn most_in_flight(&self) -> usize {
        self.state().most_in_flight
    }

    /// The requests that met a fault, in order.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.state().events.clone()
    }

    /// Counts from zero again, and forgets script, plan and events.
    pub fn reset(&self) {
        *self.state() = State::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, operation: &str, request: &HttpRequest) -> (Fault, UnderWay) {
        let mut fault = self.next_fault(operation);
        let body = request.body().bytes().unwrap_or_default();
        let mut state = self.state();
        let largest = state.largest.entry(operation.to_owned()).or_default();
        *largest = body.len().max(*largest);
        state.in_flight += 1;
        state.most_in_flight = state.in_flight.max(state.most_in_flight);
        let is_read = operation.contains("Get") || operation == "Query" || operation == "Scan";
        let holds = |text: &String| String::from_utf8_lossy(body).contains(&**text);
        if !is_read && state.poison.as_ref().is_some_and(holds) {
            fault = match fault {
                Fault::Pass | Fault::Unprocessed | Fault::UnprocessedShare(..) => {
                    Fault::Answer(400, "ValidationException")
                }
                Fault::LoseAnswer | Fault::TimeoutAfter | Fault::FailAfter => Fault::LoseRequest,
                Fault::SilenceAfter => Fault::Silence,
                fault => fault,
            };
        }
        (fault, UnderWay(self.clone()))
    }

    fn next_fault(&self, operation: &str) -> Fault {
        let mut state = self.state();
        *state.counts.entry(operation.to_owned()).or_default() += 1;
        let scripted = state
            .scripts
            .get_mut(operation)
            .and_then(VecDeque::pop_front);
        let fault = scripted
            .or_else(|| state.plan.as_mut()?.draw(operation))
            .unwrap_or(Fault::Pass);
        if fault != Fault::Pass {
            let operation = operation.to_owned();
            state.events.push(Event { operation, fault });
        }
        fault
    }
}

/// One request, as long as it is under way.
struct UnderWay(Transport);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.0.state();
        // Counts may have begun anew meanwhile.
        state.in_flight = state.in_flight.saturating_sub(1);
    }
}

impl Plan {
    fn draw(&mut self, operation: &str) -> Option<Fault> {
        if !self.operations.is_empty() && self.operations.iter().all(|o| o != operation) {
            return None;
        }
        let mut drawn = self.random.f64();
        let found = self.faults.iter().find(|(_, probability)| {
            drawn -= probability;
            drawn < 0.0
        });
        match *found? {
            (Fault::UnprocessedShare(percent, _), _) => {
                Some(Fault::UnprocessedShare(percent, self.random.u64(..)))
            }
            (fault, _) => Some(fault),
        }
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
            inner: SharedHttpConnector::new(Whole(self.inner.http_connector(settings, components))),
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
        let operation = operation(&request).to_owned();
        let (fault, under_way) = self.transport.begin(&operation, &request);
        let (inner, latency) = (self.inner.clone(), self.transport.latency);
        let answers = self.transport.answers.clone();
        HttpConnectorFuture::new(async move {
            let _under_way = under_way;
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            let Some(read) = Read::of(&operation, &request) else {
                return carry_out(inner, request, fault).await;
            };
            match (fault, answers.older(&read)) {
                (Fault::Stale, Some(older)) => older,
                _ => answers.keep(read, carry_out(inner, request, fault).await),
            }
        })
    }
}

pub(crate) fn operation(request: &HttpRequest) -> &str {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default()
}
