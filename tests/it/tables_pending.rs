//! Tables that are not there yet, or never will be: what DescribeTable shows is scripted.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_types::body::SdkBody;
use optimist::{Entity, ErrorKind, local};
use optimist_tests::{Backend, Machine};
use serde_json::{Value, json};

#[derive(Entity)]
#[entity(table = "users")]
struct User {
    #[entity(partition_key)]
    id: String,
    #[entity(index("by-email", partition_key))]
    email: Option<String>,
}

/// A DynamoDB whose one table is in these states, one after the other; the last stays.
#[derive(Debug, Clone)]
struct Scripted(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    shown: VecDeque<Shown>,
    created: Vec<Value>,
}

/// What a DescribeTable shows.
#[derive(Debug, Clone, Copy)]
enum Shown {
    Nothing,
    Table(&'static str),
    /// The table is active, and its index in this state.
    Index(&'static str),
}
use Shown::{Index, Nothing, Table};

impl Scripted {
    fn new(shown: impl IntoIterator<Item = Shown>) -> (Self, Machine) {
        let scripted = Self(Arc::new(Mutex::new(State {
            shown: shown.into_iter().collect(),
            created: Vec::new(),
        })));
        let http = SharedHttpClient::new(scripted.clone());
        let backend = Backend::of(http, local::config(), "scripted-");
        (scripted, backend.machine())
    }

    fn created(&self) -> Vec<Value> {
        self.0.lock().unwrap().created.clone()
    }

    fn answer(&self, request: &HttpRequest) -> (u16, Value) {
        let mut state = self.0.lock().unwrap();
        let target = request.headers().get("x-amz-target").unwrap();
        if target.ends_with("CreateTable") {
            let body = request.body().bytes().unwrap();
            state.created.push(serde_json::from_slice(body).unwrap());
            return (
                200,
                json!({ "TableDescription": table("CREATING", "CREATING") }),
            );
        }
        assert!(target.ends_with("DescribeTable"), "{target}");
        let shown = match state.shown.len() {
            1 => state.shown[0],
            _ => state.shown.pop_front().unwrap(),
        };
        let table = match shown {
            Nothing => return (400, json!({ "__type": "ResourceNotFoundException" })),
            Table(status) => table(status, "CREATING"),
            Index(status) => table("ACTIVE", status),
        };
        (200, json!({ "Table": table }))
    }
}

fn table(status: &str, index: &str) -> Value {
    let key = |name: &str| json!([{ "AttributeName": name, "KeyType": "HASH" }]);
    let string = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    json!({
        "TableStatus": status,
        "KeySchema": key("id"),
        "AttributeDefinitions": [string("id"), string("email")],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-email",
            "IndexStatus": index,
            "KeySchema": key("email"),
            "Projection": { "ProjectionType": "ALL" },
        }],
    })
}

impl HttpClient for Scripted {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (status, body) = self.answer(&request);
        let status = status.try_into().unwrap();
        let answer = HttpResponse::new(status, SdkBody::from(body.to_string()));
        HttpConnectorFuture::ready(Ok(answer))
    }
}

#[tokio::test(start_paused = true)]
async fn table_and_index_are_waited_for() {
    let shown = [
        Nothing,
        Nothing, // it does not show at once
        Table("CREATING"),
        Index("CREATING"),
        Index("CREATING"),
        Index("ACTIVE"),
    ];
    let (scripted, machine) = Scripted::new(shown);
    machine.db.create_table::<User>().await.unwrap();
    assert_eq!(machine.transport.count("DescribeTable"), 6);
    // What is sent is what is exported.
    let json = machine.db.create_table::<User>().to_json().unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(scripted.created().iter().all(|created| *created == json));
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_being_deleted_is_created_again() {
    let shown = [
        Table("DELETING"),
        Table("DELETING"),
        Nothing,
        Index("ACTIVE"),
    ];
    let (scripted, machine) = Scripted::new(shown);
    machine.db.create_table::<User>().await.unwrap();
    assert_eq!(scripted.created().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_being_changed_can_be_used() {
    let (_, machine) = Scripted::new([Table("UPDATING")]);
    let error = machine.db.verify_table::<User>().await.unwrap_err();
    assert!(error.to_string().contains("index `by-email`"), "{error}");
    let (_, machine) = Scripted::new([Index("UPDATING")]);
    machine.db.verify_table::<User>().await.unwrap();
    machine.db.create_table::<User>().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_the_time_limit() {
    for pending in [Table("CREATING"), Index("CREATING")] {
        let (_, machine) = Scripted::new([Nothing, pending]);
        let begin = tokio::time::Instant::now();
        let create = machine.db.create_table::<User>();
        let error = create
            .time_limit(Duration::from_secs(40))
            .await
            .unwrap_err();
        assert_eq!(begin.elapsed(), Duration::from_secs(40));
        assert_eq!(error.kind(), ErrorKind::Exhausted);
        assert!(error.to_string().contains("still being created"), "{error}");
        let error = machine.db.verify_table::<User>().await.unwrap_err();
        assert!(error.is_table_mismatch(), "it does not wait: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_no_wait_can_mend_ends_at_once() {
    let never = [
        (Table("INACCESSIBLE_ENCRYPTION_CREDENTIALS"), "INACCESSIBLE"),
        (Table("ARCHIVED"), "ARCHIVED"),
        (Index("DELETING"), "index `by-email` is being deleted"),
    ];
    for (shown, words) in never {
        let (_, machine) = Scripted::new([shown]);
        let error = machine.db.create_table::<User>().await.unwrap_err();
        assert!(
            error.is_table_mismatch() && error.to_string().contains(words),
            "{error}"
        );
        assert_eq!(machine.transport.total(), 1);
    }
}
