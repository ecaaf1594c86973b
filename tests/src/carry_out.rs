//! What a fault does to a request.

use std::time::Duration;

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

use crate::batch;
use crate::transport::{Answer, Fault};

pub(crate) async fn carry_out(
    inner: SharedHttpConnector,
    request: HttpRequest,
    fault: Fault,
) -> Answer {
    match fault {
        Fault::Pass | Fault::Stale => inner.call(request).await,
        Fault::LoseRequest => Err(broken()),
        Fault::LoseAnswer => {
            inner.call(request).await?;
            Err(broken())
        }
        Fault::TimeoutAfter => {
            inner.call(request).await?;
            Err(ConnectorError::timeout("no answer in time".into()))
        }
        Fault::FailBefore(status) => canned(status, "InternalServerError"),
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
        Fault::Late(after) => {
            later(inner, request, after);
            Err(broken())
        }
        Fault::LateCopy(after) => {
            if let Some(copy) = request.try_clone() {
                later(inner.clone(), copy, after);
            }
            inner.call(request).await
        }
        Fault::Slow(after) => {
            let answer = inner.call(request).await;
            tokio::time::sleep(after).await;
            answer
        }
        Fault::Throttle => canned(400, "ThrottlingException"),
        Fault::LimitExceeded => canned(400, "RequestLimitExceeded"),
        Fault::Answer(status, code) => canned(status, code),
        Fault::RetryAfter(wait) => canned(400, "ThrottlingException").map(|mut answer| {
            let wait = wait.as_millis().to_string();
            answer.headers_mut().insert("x-amz-retry-after", wait);
            answer
        }),
        Fault::ConnectionRefused => {
            let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
            Err(ConnectorError::io(refused.into()))
        }
        Fault::ConnectionFailed => Err(ConnectorError::other("no common cipher".into(), None)),
        Fault::Garble => inner
            .call(request)
            .await
            .map(|answer| json(answer.status(), "<html>")),
        Fault::Unprocessed => batch::half(inner, request).await,
        Fault::UnprocessedShare(percent, seed) => batch::share(inner, request, percent, seed).await,
        Fault::WithoutImage => Ok(without_image(inner.call(request).await?)),
        Fault::TooLarge => canned(413, "").map(|answer| json(answer.status(), "")),
        Fault::TransactionConflict => canned(400, "TransactionConflictException"),
        Fault::TransactionInProgress => canned(400, "TransactionInProgressException"),
        Fault::Silence => std::future::pending().await,
        Fault::SilenceAfter => {
            inner.call(request).await?;
            std::future::pending().await
        }
    }
}

/// A refusal of a condition without the item that came with it.
fn without_image(answer: HttpResponse) -> HttpResponse {
    let body = answer.body().bytes().map(serde_json::from_slice::<Value>);
    let Some(Ok(mut shown)) = body else {
        return answer;
    };
    let refused = shown.as_object_mut().and_then(|body| body.remove("Item"));
    match refused {
        Some(_) if !answer.status().is_success() => json(answer.status(), shown.to_string()),
        _ => answer,
    }
}

/// Carries a request out some time from now, whether or not anybody still waits.
fn later(inner: SharedHttpConnector, request: HttpRequest, after: Duration) {
    tokio::spawn(async move {
        tokio::time::sleep(after).await;
        // Nobody is there to take the answer.
        let _ = inner.call(request).await;
    });
}

fn broken() -> ConnectorError {
    ConnectorError::io(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into())
}

fn canned(status: u16, code: &str) -> Answer {
    let status = status
        .try_into()
        .map_err(|error| ConnectorError::other(Box::new(error), None))?;
    let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}"}}"#);
    Ok(json(status, body))
}

/// An answer of DynamoDB's.
pub(crate) fn json(status: StatusCode, body: impl Into<SdkBody>) -> HttpResponse {
    let mut response = HttpResponse::new(status, body.into());
    let headers = response.headers_mut();
    headers.insert("content-type", "application/x-amz-json-1.0");
    response
}
