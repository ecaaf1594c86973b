//! The embedded engine behind a socket.

use std::convert::Infallible;
use std::io::Read;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use optimist::local::{self, Engine};
use optimist::{Db, Entity, Item, item_size};
use tokio::net::TcpListener;

use crate::{Event, ITEM_BYTES, Result, event};

/// The most that BatchWriteItem takes.
const BATCH: u64 = 25;

/// Fills an engine, listens, prints where, and serves until the process at the other end is gone.
pub fn run(items: u64) -> Result<()> {
    // This end of the pipe closes with the other process, however that ends.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let engine = Engine::in_memory()?;
        fill(&engine, items).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("http://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            let engine = engine.clone();
            tokio::spawn(async move {
                let service = hyper::service::service_fn(|request| answer(&engine, request));
                let connection = hyper::server::conn::http1::Builder::new();
                // A client that goes away is no failure.
                let _ = connection
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    })
}

async fn answer(
    engine: &Engine,
    request: Request<Incoming>,
) -> std::result::Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let target = head.headers.get("x-amz-target");
    let target = target.and_then(|target| target.to_str().ok());
    let answered = match body.collect().await {
        Ok(body) => call(engine, target.unwrap_or_default(), body.to_bytes()).await,
        Err(error) => Err(error.into()),
    };
    let (status, body) = answered.unwrap_or_else(|error| (500, error.to_string().into()));
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status.try_into().unwrap_or_default();
    Ok(response)
}

async fn call(engine: &Engine, target: &str, body: Bytes) -> Result<(u16, Bytes)> {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request
        .headers_mut()
        .insert("x-amz-target", target.to_owned());
    let response = engine.call(request).await?;
    let body = response.body().bytes().unwrap_or_default();
    Ok((response.status().as_u16(), Bytes::copy_from_slice(body)))
}

async fn fill(engine: &Engine, items: u64) -> Result<()> {
    let http = engine.clone();
    let client = Client::from_conf(local::config().http_client(http).build());
    Db::new(client.clone()).create_table::<Event>().await?;
    let mut next = 0;
    while next < items {
        let end = items.min(next + BATCH);
        let puts: Vec<_> = (next..end).map(put).collect::<Result<_>>()?;
        let batch = client.batch_write_item();
        let answer = batch.request_items(Event::SCHEMA.table, puts).send();
        if answer
            .await?
            .unprocessed_items
            .is_some_and(|left| !left.is_empty())
        {
            return Err("the engine left items unprocessed".into());
        }
        next = end;
    }
    Ok(())
}

fn put(number: u64) -> Result<WriteRequest> {
    use AttributeValue::{N, S};
    let event = event(number);
    let attributes = [
        ("id", S(event.id)),
        ("kind", S(event.kind)),
        ("text", S(event.text)),
        ("count", N(event.count.to_string())),
    ];
    let item: Item = attributes
        .map(|(name, value)| (name.to_owned(), value))
        .into();
    if item_size(&item) != ITEM_BYTES {
        return Err(format!("an item of {} bytes", item_size(&item)).into());
    }
    let put = PutRequest::builder().set_item(Some(item)).build()?;
    Ok(WriteRequest::builder().put_request(put).build())
}
