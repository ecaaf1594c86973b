//! What a chunk is planned by never falls short of what is sent.

use std::sync::{Arc, LazyLock, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents};
use aws_sdk_dynamodb::primitives::Blob;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_types::body::SdkBody;
use proptest::collection::{hash_map, vec};
use proptest::prelude::*;

use super::operation::tests::{delete, put_of};
use super::operation::{ENVELOPE, Operation};
use crate::db::Db;
use crate::local;
use crate::value::{AttributeValue, Item, item_size};
use crate::wire::Meter;

/// Keeps the size of the last body, and answers that all was carried out.
#[derive(Debug, Clone, Default)]
struct Scales(Arc<Mutex<usize>>);

impl HttpClient for Scales {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Scales {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        *self.0.lock().unwrap() = request.body().bytes().unwrap().len();
        let ok = 200.try_into().unwrap();
        let answer = HttpResponse::new(ok, SdkBody::from("{}"));
        HttpConnectorFuture::ready(Ok(answer))
    }
}

/// One client for all: to make one takes longer than to send.
static DB: LazyLock<(Scales, Db)> = LazyLock::new(|| {
    let scales = Scales::default();
    let config = local::config().http_client(scales.clone());
    let db = Db::new(Client::from_conf(config.build()));
    (scales, db.metered(&Meter::new()))
});

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The size of the body that holds these operations.
fn weigh(operations: &mut [Operation]) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    let (Scales(last), db) = &*DB;
    let _turn = ONE_AT_A_TIME.lock();
    runtime.block_on(async {
        let requests = operations
            .iter_mut()
            .map(|operation| operation.request().unwrap());
        let limit = db.budget(None).request_time();
        db.wire()
            .batch_write(requests.collect(), limit)
            .await
            .unwrap();
    });
    *last.lock().unwrap()
}

fn value() -> impl Strategy<Value = AttributeValue> {
    let bytes = || vec(any::<u8>(), 0..40).prop_map(Blob::new);
    let number = || "-?[0-9]{1,12}(\\.[0-9]{1,5})?(E-?[0-9]{1,2})?";
    let leaf = prop_oneof![
        any::<String>().prop_map(AttributeValue::S),
        "[\u{0}-\u{ff}\"\\\\]{0,20}".prop_map(AttributeValue::S),
        number().prop_map(AttributeValue::N),
        bytes().prop_map(AttributeValue::B),
        any::<bool>().prop_map(AttributeValue::Bool),
        Just(AttributeValue::Null(true)),
        vec(any::<String>(), 1..4).prop_map(AttributeValue::Ss),
        vec(number(), 1..4).prop_map(AttributeValue::Ns),
        vec(bytes(), 1..4).prop_map(AttributeValue::Bs),
    ];
    leaf.prop_recursive(4, 40, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(AttributeValue::L),
            hash_map(any::<String>(), inner, 0..8).prop_map(AttributeValue::M),
        ]
    })
}

fn operation(table: &str, id: usize, item: Option<Item>) -> Operation {
    item.map_or_else(|| delete(id), |item| put_of(table, id, item))
}

proptest! {
    #[test]
    fn the_estimate_never_falls_short_and_is_close(
        items in vec(proptest::option::of(hash_map(any::<String>(), value(), 0..5)), 1..25),
        tables in 1..4_usize,
    ) {
        let names = ["t", "a-longer.name_of-a-table", "third"];
        let operations = items.into_iter().enumerate();
        let operations = operations.map(|(id, item)| operation(names[id % tables], id, item));
        let mut operations: Vec<_> = operations.collect();
        let estimate = operations.iter().map(|o| o.bytes).sum::<usize>() + ENVELOPE;
        let sent = weigh(&mut operations);
        prop_assert!(sent <= estimate, "{sent} bytes were sent, {estimate} planned");
        // Control characters have shorter forms too, and a table is named once.
        prop_assert!(estimate <= 6 * sent, "{sent} bytes were sent, {estimate} planned");
    }
}

#[test]
fn lists_of_small_numbers_grow_threefold_on_their_way() {
    let numbers = vec![AttributeValue::N("1".into()); 100_000];
    let item = Item::from([("l".into(), AttributeValue::L(numbers))]);
    let size = item_size(&item);
    let operation = operation("t", 1, Some(item));
    let estimate = operation.bytes + ENVELOPE;
    let sent = weigh(&mut [operation]);
    assert!(sent > 3 * size && sent <= estimate && estimate < sent + 100);
}
