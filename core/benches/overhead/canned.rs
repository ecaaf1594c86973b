//! Answers that are ready bytes: what is left of a call's cost is the SDK and what stands above it.

use std::sync::Arc;

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use optimist::local::Engine;
use serde_json::{Value, json};

use crate::Result;

/// Answers a read and a write that asks for `ALL_NEW` with one item, every other write with nothing.
#[derive(Debug, Clone)]
pub struct Canned {
    item: Arc<str>,
    attributes: Arc<str>,
    ok: StatusCode,
}

impl Canned {
    /// Answers with an item of the engine, in the engine's own bytes.
    pub async fn of(engine: &Engine, table: &str, key: &str) -> Result<Self> {
        let read = json!({ "TableName": table, "Key": { "id": { "S": key } } });
        let mut request = HttpRequest::new(SdkBody::from(read.to_string()));
        let target = "DynamoDB_20120810.GetItem";
        request.headers_mut().insert("x-amz-target", target);
        let answer = engine.call(request).await?;
        let ok = answer.status();
        let answer: Value = serde_json::from_slice(answer.body().bytes().unwrap_or_default())?;
        let item = answer.get("Item").ok_or("the engine has no such item")?;
        let text = |name: &str| Arc::from(json!({ name: item }).to_string());
        Ok(Self {
            item: text("Item"),
            attributes: text("Attributes"),
            ok,
        })
    }
}

impl HttpClient for Canned {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_read = request
            .headers()
            .get("x-amz-target")
            .is_some_and(|target| target.ends_with("GetItem"));
        let body = request.body().bytes().unwrap_or_default();
        let wants_item = || str::from_utf8(body).is_ok_and(|body| body.contains("\"ALL_NEW\""));
        let answer = if is_read {
            &self.item
        } else if wants_item() {
            &self.attributes
        } else {
            "{}"
        };
        let mut response = HttpResponse::new(self.ok, SdkBody::from(answer));
        let json = "application/x-amz-json-1.0";
        response.headers_mut().insert("content-type", json);
        HttpConnectorFuture::ready(Ok(response))
    }
}
