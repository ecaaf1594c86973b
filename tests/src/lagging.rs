use std::collections::HashMap;
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
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::transport::operation;
use crate::whole::Whole;

/// An `HttpClient` over two engines: the second receives each write that the first has carried out some time later, and
/// answers what is asked of indexes, as the copies behind a global index do. The writes of one item arrive in their order.
#[derive(Clone)]
pub(crate) struct Lagging {
    table: SharedHttpClient,
    indexes: SharedHttpClient,
    state: Arc<Mutex<State>>,
}

struct State {
    random: fastrand::Rng,
    most: Duration,
    /// The key attributes of each table.
    keys: HashMap<String, Vec<String>>,
    /// When the last write of an item arrives, by table and key.
    last: HashMap<String, Instant>,
}

impl Lagging {
    /// Every write arrives after at most `most`.
    pub(crate) fn new(
        table: impl HttpClient + 'static,
        indexes: impl HttpClient + 'static,
        seed: u64,
        most: Duration,
    ) -> Self {
        let state = State {
            random: fastrand::Rng::with_seed(seed),
            most,
            keys: HashMap::new(),
            last: HashMap::new(),
        };
        Self {
            table: SharedHttpClient::new(table),
            indexes: SharedHttpClient::new(indexes),
            state: Arc::new(Mutex::new(state)),
        }
    }
}

impl fmt::Debug for Lagging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lagging").finish_non_exhaustive()
    }
}

impl HttpClient for Lagging {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let whole = |client: &SharedHttpClient| {
            SharedHttpConnector::new(Whole(client.http_connector(settings, components)))
        };
        SharedHttpConnector::new(Connector {
            table: whole(&self.table),
            indexes: whole(&self.indexes),
            state: Arc::clone(&self.state),
        })
    }
}

#[derive(Clone)]
struct Connector {
    table: SharedHttpConnector,
    indexes: SharedHttpConnector,
    state: Arc<Mutex<State>>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(connector.answer(request))
    }
}

impl Connector {
    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let operation = operation(&request).to_owned();
        let body = request.body().bytes().map(serde_json::from_slice::<Value>);
        let (Some(Ok(body)), Some(copy)) = (body, request.try_clone()) else {
            return self.table.call(request).await;
        };
        match operation.as_str() {
            "Query" | "Scan" if body["IndexName"].is_string() => self.indexes.call(request).await,
            "CreateTable" | "DeleteTable" => {
                self.know(&body);
                self.indexes.call(copy).await?;
                self.table.call(request).await
            }
            _ => {
                let written = self.written(&operation, &body);
                let answer = self.table.call(request).await?;
                if answer.status().is_success() {
                    for (table, key) in written {
                        self.send_on(&copy, &table, key).await?;
                    }
                }
                Ok(answer)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn know(&self, create: &Value) {
        let elements = create["KeySchema"].as_array().into_iter().flatten();
        let names = elements.filter_map(|e| e["AttributeName"].as_str().map(str::to_owned));
        let (table, names) = (text(&create["TableName"]), names.collect());
        self.state().keys.insert(table, names);
    }

    /// The keys that a request writes, by table.
    fn written(&self, operation: &str, body: &Value) -> Vec<(String, Value)> {
        let state = self.state();
        let key_of = |table: &str, item: &Value| {
            let names = state.keys.get(table).into_iter().flatten();
            let key = names.map(|name| (name.clone(), item[name].clone()));
            Value::Object(key.collect::<Map<_, _>>())
        };
        let one = |write: &Value| {
            let table = text(&write["TableName"]);
            let key = match &write["Key"] {
                Value::Null => key_of(&table, &write["Item"]),
                key => key.clone(),
            };
            (table, key)
        };
        match operation {
            "PutItem" | "UpdateItem" | "DeleteItem" => vec![one(body)],
            "TransactWriteItems" => {
                let items = body["TransactItems"].as_array().into_iter().flatten();
                let writes = items.flat_map(|item| {
                    let writes = ["Put", "Update", "Delete"].map(|kind| &item[kind]);
                    writes.into_iter().filter(|write| !write.is_null())
                });
                writes.map(one).collect()
            }
            "BatchWriteItem" => {
                let tables = body["RequestItems"].as_object().into_iter().flatten();
                let writes = tables.flat_map(|(table, writes)| {
                    let writes = writes.as_array().into_iter().flatten();
                    writes
                        .map(move |write| match &write["DeleteRequest"]["Key"] {
                            Value::Null => key_of(table, &write["PutRequest"]["Item"]),
                            key => key.clone(),
                        })
                        .map(move |key| (table.clone(), key))
                });
                writes.collect()
            }
            _ => Vec::new(),
        }
    }

    /// Sends what the table has now to the indexes, some time later.
    async fn send_on(
        &self,
        like: &HttpRequest,
        table: &str,
        key: Value,
    ) -> Result<(), ConnectorError> {
        let get = json!({ "TableName": table, "Key": &key, "ConsistentRead": true });
        let Some(get) = request(like, "GetItem", &get) else {
            return Ok(());
        };
        let shown = self.table.call(get).await?;
        let shown = shown.body().bytes().map(serde_json::from_slice::<Value>);
        let Some(Ok(mut shown)) = shown else {
            return Ok(());
        };
        let copy = match shown["Item"].take() {
            Value::Null => request(
                like,
                "DeleteItem",
                &json!({ "TableName": table, "Key": &key }),
            ),
            item => request(
                like,
                "PutItem",
                &json!({ "TableName": table, "Item": item }),
            ),
        };
        let arrives = self.arrival(format!("{table} {key}"));
        let indexes = self.indexes.clone();
        tokio::spawn(async move {
            tokio::time::sleep_until(arrives).await;
            if let Some(copy) = copy {
                // Nobody is there to take the answer.
                let _ = indexes.call(copy).await;
            }
        });
        Ok(())
    }

    /// When a write of this item arrives: not before the one before it.
    fn arrival(&self, item: String) -> Instant {
        let mut state = self.state();
        let lag = state.most.mul_f64(state.random.f64());
        let mut arrives = Instant::now() + lag;
        if let Some(last) = state.last.get(&item) {
            arrives = arrives.max(*last + Duration::from_millis(1));
        }
        state.last.insert(item, arrives);
        arrives
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Another request to the same endpoint.
fn request(like: &HttpRequest, operation: &str, body: &Value) -> Option<HttpRequest> {
    let mut request = like.try_clone()?;
    let body = body.to_string();
    let headers = request.headers_mut();
    headers.insert("x-amz-target", format!("DynamoDB_20120810.{operation}"));
    headers.insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body);
    Some(request)
}
