//! Kinds: what tells the items of one entity from others in their table.

use optimist::{Deleted, Entity, Error, ErrorKind, Item, Lock, Projection, Stored, Table};

use crate::support::{n, put_raw, s, world};

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "pets", kind = "cat")]
struct Cat {
    #[entity(partition_key)]
    owner: String,
    #[entity(sort_key)]
    name: String,
    lives: u32,
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "pets", kind = "dog", lock(version, journal = off))]
struct Dog {
    #[entity(partition_key)]
    owner: String,
    #[entity(sort_key)]
    name: String,
    #[entity(default)]
    lives: u32,
}

#[derive(Projection)]
#[projection(of = Dog)]
#[allow(dead_code)]
struct Name {
    name: String,
}

fn cat(name: &str, lives: u32) -> Cat {
    let (owner, name) = ("ann".into(), name.into());
    Cat { owner, name, lives }
}

fn dog(name: &str) -> Dog {
    let (owner, name) = ("ann".into(), name.into());
    let lives = 1;
    Dog { owner, name, lives }
}

async fn raw<E: Entity>(table: &Table<E>, name: &str) -> Item {
    let get = table.db().client().get_item().table_name(table.name());
    let get = get.key("owner", s("ann")).key("name", s(name));
    get.consistent_read(true)
        .send()
        .await
        .unwrap()
        .item
        .unwrap()
}

fn assert_names_both(error: &Error) {
    let text = error.to_string();
    let names = ["`kind`", "of kind `cat`, not `dog`", "\"ann\" / \"tom\""];
    for name in names {
        assert!(text.contains(name), "{text}");
    }
    assert_eq!(error.kind(), ErrorKind::Marshalling);
}

#[tokio::test]
async fn every_verb_leaves_an_item_of_another_kind_alone() {
    let (_, machine, cats) = world!(Cat);
    let dogs = machine.db.table::<Dog>();
    cats.insert(cat("tom", 9)).await.unwrap();
    let before = raw(&cats, "tom").await;
    assert_eq!(before["kind"], s("cat"));
    let key = ("ann", "tom");
    assert_names_both(&dogs.get(key).await.unwrap_err());
    assert_names_both(&dogs.modify(key, |dog| dog.lives = 0).await.unwrap_err());
    assert_names_both(&dogs.adopt(key).await.unwrap_err());
    let change = || Dog::LIVES.set(0);
    assert_names_both(&dogs.apply(key, change()).await.unwrap_err());
    let upsert = dogs.apply(key, change()).or_insert(dog("tom"));
    assert_names_both(&upsert.await.unwrap_err());
    assert_names_both(&dogs.delete_unchecked(key).await.unwrap_err());
    assert_names_both(&dogs.get(key).select::<Name>().await.map(drop).unwrap_err());
    let exists = dogs.insert(dog("tom")).await.unwrap_err();
    assert!(exists.is_already_exists());
    assert_names_both(&exists.current::<Dog>().unwrap_err());
    let stored = dogs.stored(before.clone()).unwrap_err();
    assert_eq!(stored.kind(), ErrorKind::Marshalling);
    let many = dogs.get_many([key]).collect().await.unwrap_err();
    assert_names_both(&many);
    assert_eq!(raw(&cats, "tom").await, before);
}

#[tokio::test]
async fn blind_writes_of_the_own_kind_land() {
    let (_, machine, cats) = world!(Cat);
    let dogs = machine.db.table::<Dog>();
    let rex = ("ann", "rex");
    let change = || Dog::LIVES.add(1);
    assert!(dogs.apply(rex, change()).await.unwrap_err().is_not_found());
    dogs.apply(rex, change())
        .or_insert(dog("rex"))
        .await
        .unwrap();
    assert_eq!(dogs.apply(rex, change()).await.unwrap().lives, 3);
    assert_eq!(raw(&dogs, "rex").await["kind"], s("dog"));
    dogs.delete_unchecked(rex).await.unwrap();
    dogs.delete_unchecked(rex).await.unwrap();
    // Put as an update, and put as a put.
    dogs.put_unchecked(dog("rex")).await.unwrap();
    assert_eq!(raw(&dogs, "rex").await["kind"], s("dog"));
    cats.put_unchecked(cat("rex", 9)).await.unwrap();
    let rex = cats.require(rex).await.unwrap();
    assert_eq!(cats.delete(rex).await.unwrap(), Deleted::Done);
}

#[tokio::test]
async fn an_item_without_a_kind_is_read_after_it_was_adopted() {
    let (_, machine, cats) = world!(Cat);
    let (owner, name) = (("owner", s("ann")), ("name", s("tom")));
    put_raw(&cats, [owner, name, ("lives", n(9))]).await;
    let key = ("ann", "tom");
    let error = cats.get(key).await.unwrap_err();
    assert!(error.to_string().contains("Table::adopt"), "{error}");
    assert!(cats.apply(key, Cat::LIVES.set(0)).await.is_err());
    let mut tom = cats.adopt(key).await.unwrap().stored;
    assert_eq!(Stored::lock(&tom), Some(&Lock::Version(1)));
    assert_eq!(*Stored::image(&tom), raw(&cats, "tom").await);
    tom.lives = 8;
    cats.save(&mut tom).await.unwrap();
    machine.transport.reset();
    cats.adopt(key).await.unwrap();
    assert_eq!(machine.transport.count("UpdateItem"), 0);

    // With a lock, the kind alone is missing.
    let mut item = raw(&cats, "tom").await;
    item.remove("kind");
    put_raw(&cats, item.iter().map(|(k, v)| (k.as_str(), v.clone()))).await;
    let tom = cats.adopt(key).await.unwrap().stored;
    assert_eq!(
        (Stored::lock(&tom), tom.lives),
        (Some(&Lock::Version(3)), 8)
    );
}

#[tokio::test]
async fn queries_and_scans_ask_for_their_own_kind() {
    let (_, machine, cats) = world!(Cat);
    let dogs = machine.db.table::<Dog>();
    for name in ["a", "c"] {
        dogs.insert(dog(name)).await.unwrap();
    }
    for name in ["b", "d"] {
        cats.insert(cat(name, 9)).await.unwrap();
    }
    let of_ann = || cats.query("ann");
    assert_eq!(of_ann().count().await.unwrap(), 2);
    assert_eq!(*of_ann().first().await.unwrap().unwrap(), cat("b", 9));
    assert_eq!(of_ann().filter(Cat::LIVES.lt(9)).count().await.unwrap(), 0);
    assert_eq!(dogs.scan().segments(3).collect().await.unwrap().len(), 2);
    assert_eq!(
        dogs.scan().select::<Name>().collect().await.unwrap().len(),
        2
    );
    let mut pages = 0;
    let (mut found, mut resume) = (0, None);
    loop {
        let query = of_ann().page_size(1);
        let query = match resume {
            Some(token) => query.resume(token),
            None => query,
        };
        let page = query.page().await.unwrap();
        (pages, found, resume) = (pages + 1, found + page.items.len(), page.resume);
        if resume.is_none() {
            break;
        }
    }
    assert_eq!(found, 2);
    assert!(pages >= 4, "{pages}");
}

/// Two kinds that share the text of their sort keys.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(
    table = "events",
    partition_key(pk = "SITE#{site}"),
    sort_key(sk = "EVENT#{second:010}"),
    kind("click", attribute = "type")
)]
struct Click {
    site: String,
    second: u64,
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(
    table = "events",
    partition_key(pk = "SITE#{site}"),
    sort_key(sk = "EVENT#{second:010}"),
    kind("view", attribute = "type")
)]
struct View {
    site: String,
    second: u64,
}

#[tokio::test]
async fn a_query_by_text_asks_for_no_more_than_is_wanted_until_it_meets_another_kind() {
    let (_, machine, clicks) = world!(Click);
    let views = machine.db.table::<View>();
    let site = || "a".to_owned();
    for second in 0..20 {
        clicks
            .insert(Click {
                site: site(),
                second,
            })
            .await
            .unwrap();
    }
    for second in 20..60 {
        views
            .insert(View {
                site: site(),
                second,
            })
            .await
            .unwrap();
    }
    machine.transport.reset();
    let first = clicks.query("a").first().await.unwrap().unwrap();
    assert_eq!(first.second, 0);
    let page = clicks.query("a").limit(3).page().await.unwrap();
    assert_eq!((page.items.len(), page.scanned), (3, 3));
    assert_eq!(machine.transport.total(), 2);

    machine.transport.reset();
    let first = views.query("a").first().await.unwrap().unwrap();
    assert_eq!(first.second, 20);
    assert_eq!(machine.transport.total(), 2);
    assert_eq!(
        views.query("a").limit(30).collect().await.unwrap().len(),
        30
    );
    assert_eq!(views.query("a").count().await.unwrap(), 40);
}
