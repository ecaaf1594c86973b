//! Tables that are created for entities, compared with them, and left as they are.

use optimist::tables::TableOf;
use optimist::{Db, Entity, Error, ErrorKind};
use optimist_tests::Fault::{Answer, FailBefore, LoseAnswer, Throttle};
use optimist_tests::{Backend, Machine};

use crate::support::client;

#[derive(Entity)]
#[entity(table = "things")]
struct Thing {
    #[entity(partition_key, index("by-rank", partition_key, projection = keys))]
    id: String,
    #[entity(sort_key)]
    part: u64,
    #[entity(
        index("by-owner", partition_key),
        index("digest", partition_key, projection = include(title, text))
    )]
    owner: Option<String>,
    #[entity(
        index("by-owner", sort_key),
        index("by-rank", sort_key),
        index("ranked", sort_key, local, projection = keys)
    )]
    rank: i64,
    title: String,
    text: String,
}

/// Entities that take the table of `Thing` to be another.
mod other {
    use optimist::Entity;

    macro_rules! things {
        ($($name:ident { $($body:tt)* })+) => {$(
            #[derive(Entity)]
            #[entity(table = "things")]
            pub struct $name { $($body)* }
        )+};
    }
    things! {
        Plain { #[entity(partition_key)] id: String, #[entity(sort_key)] part: u64 }
        OtherKey { #[entity(partition_key)] name: String, #[entity(sort_key)] part: u64 }
        OtherType { #[entity(partition_key)] id: String, #[entity(sort_key)] part: String }
        NoSortKey { #[entity(partition_key)] id: String }
        More {
            #[entity(partition_key)] id: String,
            #[entity(sort_key)] part: u64,
            #[entity(index("by-colour", partition_key))] colour: String,
        }
        OtherIndexKey {
            #[entity(partition_key)] id: String,
            #[entity(sort_key)] part: u64,
            #[entity(index("by-owner", partition_key))] owner: String,
        }
        OtherProjection {
            #[entity(partition_key)] id: String,
            #[entity(sort_key)] part: u64,
            #[entity(index("digest", partition_key, projection = include(title)))] owner: String,
            title: String,
        }
        Local {
            #[entity(partition_key)] id: String,
            #[entity(sort_key)] part: u64,
            #[entity(index("by-rank", sort_key, local, projection = keys))] rank: i64,
        }
        TypedOtherwise {
            #[entity(partition_key)] id: String,
            #[entity(sort_key)] part: u64,
            #[entity(index("by-rank-alone", partition_key))] rank: String,
        }
    }

    #[derive(Entity)]
    #[entity(table = "elsewhere")]
    pub struct Elsewhere {
        #[entity(partition_key)]
        id: String,
        #[entity(sort_key)]
        part: u64,
    }
}
use other::{
    Elsewhere, Local, More, NoSortKey, OtherIndexKey, OtherKey, OtherProjection, OtherType, Plain,
    TypedOtherwise,
};

fn machine() -> Machine {
    Backend::from_env().unwrap().machine()
}

#[tokio::test]
async fn a_table_that_is_there_is_asked_about_and_left_alone() {
    let machine = machine();
    machine.db.create_table::<Thing>().await.unwrap();
    assert_eq!(machine.transport.count("CreateTable"), 1);
    let things = machine.db.table::<Thing>();
    let thing = Thing {
        id: "a".into(),
        part: 1,
        owner: Some("ann".into()),
        rank: 3,
        title: "A".into(),
        text: "…".into(),
    };
    things.insert(thing).await.unwrap();
    machine.transport.reset();
    machine.db.create_table::<Thing>().await.unwrap();
    machine.db.verify_table::<Thing>().await.unwrap();
    assert_eq!(machine.transport.count("DescribeTable"), 2);
    assert_eq!(machine.transport.total(), 2);
    let hits = things.query_index(Thing::BY_OWNER, "ann").count().await;
    assert_eq!(hits.unwrap(), 1);
}

#[tokio::test]
async fn a_table_that_differs_is_an_error_that_says_how() {
    let machine = machine();
    let db = &machine.db;
    db.create_table::<Thing>().await.unwrap();
    machine.transport.reset();
    let expected = [
        (
            of::<OtherKey>(db).await,
            "its key is `id` (S), `part` (N), not `name` (S), `part` (N)",
        ),
        (
            of::<OtherType>(db).await,
            "its key is `id` (S), `part` (N), not `id` (S), `part` (S)",
        ),
        (
            of::<NoSortKey>(db).await,
            "its key is `id` (S), `part` (N), not `id` (S)",
        ),
        (
            of::<More>(db).await,
            "index `by-colour` is missing (global, by `colour` (S), with all attributes)",
        ),
        (
            of::<OtherIndexKey>(db).await,
            "the key of index `by-owner` is `owner` (S), `rank` (N), not `owner` (S)",
        ),
        (
            of::<OtherProjection>(db).await,
            "index `digest` has keys, `text`, `title`, not keys, `title`",
        ),
        (
            of::<Local>(db).await,
            "index `by-rank` is global, not local",
        ),
    ];
    for ((create, verify), expected) in expected {
        for error in [create, verify.unwrap()] {
            assert!(error.is_table_mismatch(), "{error}");
            assert!(error.to_string().contains(expected), "{error}");
            assert_eq!(error.table(), Some(db.table::<Thing>().name()));
        }
    }
    let (create, verify) = of::<Plain>(db).await;
    assert!(
        create
            .to_string()
            .contains("index `ranked` is mapped by no entity"),
        "{create}"
    );
    assert!(verify.is_none(), "{verify:?}");
    let asked = machine.transport.count("DescribeTable");
    assert_eq!(machine.transport.total(), asked, "nothing else is sent");
}

/// How creating and verifying the table of `T` fail.
async fn of<T: TableOf>(db: &Db) -> (Error, Option<Error>) {
    let create = db.create_table::<T>().await.unwrap_err();
    (create, db.verify_table::<T>().await.err())
}

#[tokio::test]
async fn entities_that_share_a_table_get_all_their_indexes() {
    let machine = machine();
    let db = &machine.db;
    db.create_table::<(Plain, Thing, More)>().await.unwrap();
    db.create_table::<(More, Plain, Thing, Plain)>()
        .await
        .unwrap();
    db.verify_table::<Thing>().await.unwrap();
    db.verify_table::<(More, Thing)>().await.unwrap();
    let error = db.create_table::<(Plain, Thing)>().await.unwrap_err();
    assert!(
        error.to_string().contains("`by-colour` is mapped by no"),
        "{error}"
    );
    assert_eq!(machine.transport.count("CreateTable"), 1);
}

#[tokio::test]
async fn entities_that_fit_into_no_table_are_told_before_a_request() {
    let machine = machine();
    let db = &machine.db;
    let wrong = [
        (
            db.create_table::<(Thing, Elsewhere)>().await,
            vec!["`things`", "`elsewhere`", "two tables"],
        ),
        (
            db.create_table::<(Plain, OtherType)>().await,
            vec!["`part` (N)", "`part` (S)"],
        ),
        (
            db.create_table::<(Plain, Thing, Local)>().await,
            vec!["`by-rank`", "two ways", "(global", "(local"],
        ),
        (
            db.create_table::<(Thing, OtherProjection)>().await,
            vec!["`digest`", "`text`, `title`", "keys, `title`)"],
        ),
        (
            db.create_table::<(Thing, TypedOtherwise)>().await,
            vec!["`rank`", "N and S"],
        ),
        (
            db.verify_table::<(Thing, Elsewhere)>().await,
            vec!["two tables"],
        ),
        (
            db.create_table::<Plain>().provisioned(0, 5).await,
            vec!["from 1"],
        ),
        (
            db.create_table::<(Thing, Elsewhere)>().to_json().map(drop),
            vec!["two tables"],
        ),
    ];
    for (result, words) in wrong {
        let error = result.unwrap_err();
        assert!(error.is_invalid_input(), "{error}");
        for word in words {
            assert!(error.to_string().contains(word), "{word}: {error}");
        }
    }
    assert_eq!(machine.transport.total(), 0);
}

macro_rules! many {
    (global $name:ident: $($field:ident = $index:literal)+) => {
        #[derive(Entity)]
        #[entity(table = "many")]
        struct $name {
            #[entity(partition_key)]
            id: String,
            #[entity(sort_key)]
            part: u64,
            $(
                #[entity(index($index, partition_key, projection = include(x1, x2, x3, x4, x5, x6)))]
                $field: String,
            )+
            x1: u8,
            x2: u8,
            x3: u8,
            x4: u8,
            x5: u8,
            x6: u8,
        }
    };
    (local $name:ident: $($field:ident = $index:literal)+) => {
        #[derive(Entity)]
        #[entity(table = "many")]
        struct $name {
            #[entity(partition_key)]
            id: String,
            #[entity(sort_key)]
            part: u64,
            $(#[entity(index($index, sort_key, local))] $field: String,)+
        }
    };
}
many!(global Ten: a="a00" b="a01" c="a02" d="a03" e="a04" f="a05" g="a06" h="a07" i="a08" j="a09");
many!(global Ten2: a="b00" b="b01" c="b02" d="b03" e="b04" f="b05" g="b06" h="b07" i="b08" j="b09");
many!(global Six: k="c00" l="c01" m="c02" n="c03" o="c04" p="c05");
many!(global One: k="d00");
many!(local Three: q="l00" r="l01" s="l02");
many!(local Three2: t="m00" u="m01" v="m02");
many!(local Two: t="m00" u="m01");

#[tokio::test]
async fn what_is_too_much_for_a_table_is_told_before_a_request() {
    let machine = machine();
    let db = &machine.db;
    let wrong = [
        (
            db.create_table::<(Ten, Ten2, One)>().await,
            "21 global indexes",
        ),
        (
            db.create_table::<(Three, Three2)>().await,
            "6 local indexes",
        ),
        (db.create_table::<(Ten, Ten2)>().await, "120 attributes"),
    ];
    for (result, words) in wrong {
        let error = result.unwrap_err();
        assert!(
            error.is_invalid_input() && error.to_string().contains(words),
            "{error}"
        );
    }
    assert_eq!(machine.transport.total(), 0);
    db.create_table::<(Ten, Six, Three, Two)>().await.unwrap();
    db.verify_table::<(Six, Two)>().await.unwrap();
}

#[tokio::test]
async fn failures_that_pass_are_waited_out_and_others_end_at_once() {
    let machine = machine();
    let (db, transport) = (&machine.db, &machine.transport);
    transport.script("DescribeTable", [Throttle, FailBefore(503)]);
    transport.script("CreateTable", [FailBefore(500), LoseAnswer]);
    db.create_table::<Thing>().await.unwrap();
    assert_eq!(
        transport.count("CreateTable"),
        3,
        "the last finds the table of the second"
    );
    db.verify_table::<Thing>().await.unwrap();

    for operation in ["DescribeTable", "CreateTable"] {
        transport.reset();
        transport.script(operation, [Answer(400, "AccessDeniedException")]);
        let error = db.create_table::<Elsewhere>().await.unwrap_err();
        assert!(error.is_service(), "{error}");
        assert_eq!(error.code(), Some("AccessDeniedException"));
        assert_eq!(error.table(), Some(db.table::<Elsewhere>().name()));
        assert_eq!(transport.count(operation), 1);
    }
    let error = db.verify_table::<Elsewhere>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Service);
    assert_eq!(error.code(), Some("ResourceNotFoundException"));
}

#[tokio::test]
async fn machines_that_create_one_table_at_once_all_have_it() {
    let backend = Backend::from_env().unwrap();
    let machines: Vec<_> = (0..8).map(|_| backend.machine()).collect();
    let creations = machines.iter().map(|machine| {
        let create = machine.db.create_table::<Thing>();
        tokio::spawn(create.into_future())
    });
    for creation in futures::future::join_all(creations).await {
        creation.unwrap().unwrap();
    }
}

#[tokio::test]
async fn provisioned_capacity_is_that_of_the_table_and_of_its_global_indexes() {
    let machine = machine();
    let name = format!("{}-named", machine.db.table::<Thing>().name());
    let create = || machine.db.create_table::<Thing>().named(&name);
    create().provisioned(7, 3).await.unwrap();
    create().await.unwrap(); // capacity is not compared
    machine
        .db
        .verify_table::<Thing>()
        .named(&name)
        .await
        .unwrap();
    let table = client(&machine.db)
        .describe_table()
        .table_name(&name)
        .send()
        .await;
    let table = table.unwrap().table.unwrap();
    let indexes = table.global_secondary_indexes().iter();
    let provisioned = indexes
        .map(|index| index.provisioned_throughput())
        .chain([table.provisioned_throughput()]);
    let units: Vec<_> = provisioned
        .map(|units| units.map(|units| (units.read_capacity_units(), units.write_capacity_units())))
        .collect();
    assert_eq!(units, [Some((Some(7), Some(3))); 4]);
}
