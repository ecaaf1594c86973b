//! Time to live of tables: turned on where a table is new, compared where it is not.

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::types::TimeToLiveStatus;
use optimist::{Db, Entity};
use optimist_tests::Fault::{Answer, LoseAnswer, Throttle};
use optimist_tests::{Backend, Machine};

use crate::support::{Counter, client, world};

macro_rules! sessions {
    ($($name:ident { $($(#[$of:meta])? $field:ident: $type:ty),* })+) => {$(
        #[derive(Entity)]
        #[entity(table = "sessions")]
        struct $name {
            #[entity(partition_key)]
            id: String,
            $($(#[$of])? $field: $type,)*
        }
    )+};
}
sessions! {
    Session { #[entity(ttl)] expires: Option<SystemTime> }
    Other { #[entity(ttl)] ends: Option<SystemTime> }
    Lasting { name: String }
}

async fn ttl(db: &Db) -> (Option<TimeToLiveStatus>, Option<String>) {
    let describe = client(db).describe_time_to_live();
    let describe = describe.table_name(db.table::<Session>().name()).send();
    let described = describe.await.unwrap().time_to_live_description.unwrap();
    (described.time_to_live_status, described.attribute_name)
}

#[tokio::test]
async fn it_is_turned_on_once() {
    let (_, machine, _) = world!(Counter, needs TimeToLive);
    let (db, transport) = (&machine.db, &machine.transport);
    transport.reset();
    db.create_table::<(Lasting, Session)>().await.unwrap();
    let on = (Some(TimeToLiveStatus::Enabled), Some("expires".to_owned()));
    assert_eq!(ttl(db).await, on);
    assert_eq!(transport.count("UpdateTimeToLive"), 1);
    db.create_table::<Session>().await.unwrap();
    db.verify_table::<Session>().await.unwrap();
    db.verify_table::<Lasting>().await.unwrap();
    assert_eq!(transport.count("UpdateTimeToLive"), 1);
    for error in [
        db.create_table::<Other>().await.unwrap_err(),
        db.verify_table::<Other>().await.unwrap_err(),
    ] {
        assert!(error.is_table_mismatch(), "{error}");
        let words = "items expire by `expires`, not by `ends`";
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(ttl(db).await, on);
}

#[tokio::test]
async fn it_is_not_turned_on_in_a_table_that_was_there() {
    let (_, machine, _) = world!(Counter, needs TimeToLive);
    let (db, transport) = (&machine.db, &machine.transport);
    db.create_table::<Lasting>().await.unwrap();
    for error in [
        db.create_table::<Session>().await.unwrap_err(),
        db.verify_table::<Session>().await.unwrap_err(),
    ] {
        assert!(error.is_table_mismatch(), "{error}");
        assert!(
            error.to_string().contains("should expire by `expires`"),
            "{error}"
        );
    }
    assert_eq!(transport.count("UpdateTimeToLive"), 0);
}

/// A machine whose tables are other ones.
fn machine_of(backend: &Backend, prefix: &str) -> Machine {
    let prefix = format!("{}{prefix}-", backend.prefix());
    backend.machine_with(Duration::ZERO, |db| db.table_prefix(prefix))
}

#[tokio::test]
async fn lost_answers_and_others_that_are_quicker_do_no_harm() {
    let (backend, machine, _) = world!(Counter, needs TimeToLive);
    let (db, transport) = (&machine.db, &machine.transport);
    transport.script("DescribeTimeToLive", [Throttle]);
    transport.script("UpdateTimeToLive", [LoseAnswer]);
    db.create_table::<Session>().await.unwrap();

    // As DynamoDB refuses to turn it on twice.
    let slow = machine_of(&backend, "slow");
    let script = [LoseAnswer, Answer(400, "ValidationException")];
    slow.transport.script("UpdateTimeToLive", script);
    slow.db.create_table::<Session>().await.unwrap();

    let refused = machine_of(&backend, "refused");
    let script = [Answer(400, "AccessDeniedException")];
    refused.transport.script("UpdateTimeToLive", script);
    let error = refused.db.create_table::<Session>().await.unwrap_err();
    assert_eq!(error.code(), Some("AccessDeniedException"));
    assert_eq!(refused.transport.count("UpdateTimeToLive"), 1);
}

#[tokio::test]
async fn two_attributes_are_told_before_a_request() {
    let (_, machine, _) = world!(Counter);
    machine.transport.reset();
    let error = machine.db.create_table::<(Session, Other)>().await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("`expires` and `ends`"), "{error}");
    assert_eq!(machine.transport.total(), 0);
}
