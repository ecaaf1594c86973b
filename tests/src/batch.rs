use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use fastrand::Rng;
use serde_json::{Map, Value};

use crate::carry_out::json;
use crate::transport::operation;

/// Carries out the first half of a batch; the rest is answered as unprocessed.
pub(crate) async fn half(
    inner: SharedHttpConnector,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    carry_out(inner, request, |entry, of| entry >= of.div_ceil(2)).await
}

/// Carries out a batch but for each entry with this probability; those are answered as unprocessed.
pub(crate) async fn share(
    inner: SharedHttpConnector,
    request: HttpRequest,
    percent: u8,
    seed: u64,
) -> Result<HttpResponse, ConnectorError> {
    let mut random = Rng::with_seed(seed);
    carry_out(inner, request, |_, _| random.u8(..100) < percent).await
}

/// Carries out the part of a batch that is not left out; an entry is known by its place and how many there are.
async fn carry_out(
    inner: SharedHttpConnector,
    mut request: HttpRequest,
    left_out: impl FnMut(usize, usize) -> bool,
) -> Result<HttpResponse, ConnectorError> {
    let parsed = request
        .body()
        .bytes()
        .and_then(|b| serde_json::from_slice::<Value>(b).ok());
    let Some((body, rest)) = parsed.and_then(|body| split(body, left_out)) else {
        return inner.call(request).await;
    };
    let reads = operation(&request) == "BatchGetItem";
    let nothing = body["RequestItems"].as_object().is_none_or(Map::is_empty);
    let answer = if nothing {
        let status = 200.try_into();
        let status = status.map_err(|error| ConnectorError::other(Box::new(error), None))?;
        json(status, r#"{"Responses":{}}"#)
    } else {
        let body = body.to_string();
        let headers = request.headers_mut();
        headers.insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
        inner.call(request).await?
    };
    let shown = answer.body().bytes().map(serde_json::from_slice::<Value>);
    let Some(Ok(mut shown)) = shown.filter(|_| answer.status().is_success()) else {
        return Ok(answer);
    };
    let unprocessed = if reads {
        "UnprocessedKeys"
    } else {
        "UnprocessedItems"
    };
    shown[unprocessed] = rest;
    Ok(json(answer.status(), shown.to_string()))
}

/// A batch of the entries of each table that are carried out, and those that are left out.
fn split(
    mut body: Value,
    mut left_out: impl FnMut(usize, usize) -> bool,
) -> Option<(Value, Value)> {
    let mut rest = Map::new();
    let tables = body.get_mut("RequestItems")?.as_object_mut()?;
    for (table, requests) in tables.iter_mut() {
        // Writes are a list; reads have one, besides the terms of the read.
        let mut others = requests.clone();
        let list = |value: &mut Value| -> Option<Vec<Value>> {
            let value = if value.is_array() {
                value
            } else {
                value.get_mut("Keys")?
            };
            value.as_array_mut().map(std::mem::take)
        };
        let put = |value: &mut Value, entries: Vec<Value>| {
            let place = if value.is_array() {
                value
            } else {
                &mut value["Keys"]
            };
            *place = entries.into();
        };
        let entries = list(requests)?;
        let left_out: Vec<_> = (0..entries.len())
            .map(|entry| left_out(entry, entries.len()))
            .collect();
        let sort = |wanted: bool| {
            let entries = entries.iter().zip(&left_out);
            let entries = entries.filter(move |(_, left_out)| **left_out == wanted);
            entries.map(|(entry, _)| entry.clone()).collect::<Vec<_>>()
        };
        let second = sort(true);
        if second.len() == entries.len() {
            *requests = Value::Null;
        } else {
            put(requests, sort(false));
        }
        if !second.is_empty() {
            put(&mut others, second);
            rest.insert(table.clone(), others);
        }
    }
    tables.retain(|_, requests| !requests.is_null());
    Some((body, rest.into()))
}
