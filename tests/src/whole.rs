use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

/// Hands on answers whose bodies are in memory: those of a socket stream, and could be neither kept nor changed.
#[derive(Debug)]
pub(crate) struct Whole(pub(crate) SharedHttpConnector);

impl HttpConnector for Whole {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let inner = self.0.clone();
        HttpConnectorFuture::new(async move {
            let mut response = inner.call(request).await?;
            if response.body().bytes().is_none() {
                let body = std::mem::replace(response.body_mut(), SdkBody::taken());
                let read = ByteStream::new(body).collect().await;
                let bytes = read.map_err(|error| ConnectorError::io(error.into()))?;
                *response.body_mut() = SdkBody::from(bytes.into_bytes());
            }
            Ok(response)
        })
    }
}
