//! `None`, NULL and absence are one thing to conditions, whatever the history of the item.

use std::collections::BTreeMap;

use optimist::{AttributeValue, Entity, Part};
use serde::{Deserialize, Serialize};

use crate::support::{put_raw, read_raw, s, update_raw, world};

#[derive(Part, Serialize, Deserialize, Debug, Clone, PartialEq, Default)]
struct Contact {
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    fax: Option<String>,
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "contacts")]
struct Person {
    #[entity(partition_key)]
    id: String,
    nick: Option<String>,
    contact: Contact,
    limits: BTreeMap<String, Option<u32>>,
}

fn person() -> Person {
    Person {
        id: "p".into(),
        nick: None,
        contact: Contact::default(),
        limits: [("a".to_owned(), None)].into(),
    }
}

#[tokio::test]
async fn nested_none_is_null_and_counts_as_missing_whatever_the_history() {
    let (_, _, people) = world!(Person, needs ListEquality);
    let phone = || Person::CONTACT.field(Contact::PHONE);
    people.insert(person()).await.unwrap();
    for round in 0..3 {
        let missing = phone().missing()
            & phone().eq(None)
            & !phone().exists()
            & !phone().ne(None)
            & Person::CONTACT.field(Contact::FAX).missing()
            & Person::CONTACT.eq(Contact::default())
            & Person::LIMITS.key("a").missing()
            & (Person::NICK.missing() | Person::NICK.exists())
            & Person::NICK.eq(None);
        people
            .apply("p", phone().set("1") + Person::NICK.set("x"))
            .condition(missing)
            .await
            .unwrap_or_else(|error| panic!("round {round}: {error}"));
        let present = phone().exists() & phone().ne(None) & Person::NICK.exists();
        people
            .apply("p", phone().set(None) + Person::NICK.set(None))
            .condition(present)
            .await
            .unwrap();
        let item = read_raw(&people, "p").await.unwrap();
        let contact = item["contact"].as_m().unwrap();
        assert_eq!(contact["phone"], AttributeValue::Null(true));
        assert!(!contact.contains_key("fax") && !item.contains_key("nick"));
        if round == 1 {
            update_raw(&people, "p", "nick", AttributeValue::Null(true)).await;
        }
    }
}

#[tokio::test]
async fn set_if_missing_does_not_take_the_null_of_a_none_for_a_value() {
    let (_, machine, people) = world!(Person);
    people.insert(person()).await.unwrap();
    machine.transport.reset();
    let phone = Person::CONTACT.field(Contact::PHONE);
    let refused = people.apply("p", phone.set_if_missing("1")).await;
    let error = refused.unwrap_err();
    assert!(error.to_string().contains("`contact.phone`"), "{error}");
    assert!(error.to_string().contains("missing()"), "{error}");
    assert_eq!(machine.transport.total(), 0);
    let fax = Person::CONTACT.field(Contact::FAX);
    let change = fax.set_if_missing("2") + Person::NICK.set_if_missing("n");
    let changed = people.apply("p", change).await.unwrap();
    assert_eq!(changed.contact.fax.as_deref(), Some("2"));
    assert_eq!(changed.nick.as_deref(), Some("n"));
}

#[tokio::test]
async fn in_nothing_is_a_condition_that_is_false() {
    let (_, _, people) = world!(Person, needs Transactions);
    put_raw(&people, [("id", s("p"))]).await;
    let none = || Person::ID.is_in(Vec::<String>::new());
    let nick = Person::NICK.set("x");
    let refused = people.apply("p", nick.clone()).condition(none()).await;
    assert!(refused.unwrap_err().is_condition_refused());
    people
        .apply("p", nick)
        .condition(!none())
        .exactly_once()
        .await
        .unwrap();
}
