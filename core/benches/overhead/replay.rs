//! An engine that is asked once for each operation: what it answered then is given again, as ready bytes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_types::body::SdkBody;
use optimist::local::Engine;

#[derive(Debug, Clone)]
pub struct Replay {
    engine: Engine,
    answers: Arc<Mutex<HashMap<String, Arc<[u8]>>>>,
}

impl Replay {
    pub fn of(engine: &Engine) -> Self {
        Self {
            engine: engine.clone(),
            answers: Arc::default(),
        }
    }
}

impl HttpClient for Replay {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = answers.get(target) {
            let ok = 200.try_into().expect("a status");
            let mut response = HttpResponse::new(ok, SdkBody::from(answer.to_vec()));
            let json = "application/x-amz-json-1.0";
            response.headers_mut().insert("content-type", json);
            return HttpConnectorFuture::ready(Ok(response));
        }
        drop(answers);
        let (replay, target) = (self.clone(), target.to_owned());
        HttpConnectorFuture::new(async move {
            let response = replay.engine.call(request).await?;
            if response.status().is_success() {
                let bytes = response.body().bytes().unwrap_or_default().into();
                let mut answers = replay
                    .answers
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                answers.insert(target, bytes);
            }
            Ok(response)
        })
    }
}
