use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde_json::{Map, Value};

use crate::transport::{json, operation};

/// Carries out the first half of a batch; the rest is answered as unprocessed.
pub(crate) async fn half(
    inner: SharedHttpConnector,
    mut request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let parsed = request
        .body()
        .bytes()
        .and_then(|b| serde_json::from_slice::<Value>(b).ok());
    let Some((body, rest)) = parsed.and_then(split) else {
        return inner.call(request).await;
    };
    let reads = operation(&request) == "BatchGetItem";
    let body = body.to_string();
    let headers = request.headers_mut();
    headers.insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body);
    let answer = inner.call(request).await?;
    let Some(Ok(mut shown)) = answer.body().bytes().map(serde_json::from_slice::<Value>) else {
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

/// A batch of the first half of each table's requests, and the other halves.
fn split(mut body: Value) -> Option<(Value, Value)> {
    let mut rest = Map::new();
    for (table, requests) in body.get_mut("RequestItems")?.as_object_mut()? {
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
        let mut first = list(requests)?;
        let second = first.split_off(first.len().div_ceil(2));
        put(requests, first);
        if !second.is_empty() {
            put(&mut others, second);
            rest.insert(table.clone(), others);
        }
    }
    Some((body, rest.into()))
}
