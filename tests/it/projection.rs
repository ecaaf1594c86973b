//! Views of some attributes: they are read as the entity reads them, and nothing else travels.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use optimist::query::ResumeToken;
use optimist::{Entity, Projection, Table};
use optimist_tests::{Recorder, seed};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::support::{n, put_raw, s, world};

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "articles")]
struct Article {
    #[entity(partition_key)]
    id: String,
    #[entity(sort_key)]
    part: u64,
    #[entity(index("by-author", partition_key, projection = include(title)))]
    author: Option<String>,
    #[entity(
        index("by-author", sort_key),
        index("by-score", sort_key, local, projection = keys)
    )]
    score: i64,
    #[serde(alias = "headline", alias = "heading")]
    title: Option<String>,
    #[entity(set)]
    tags: BTreeSet<String>,
    #[entity(default = "first")]
    edition: u32,
    #[entity(with = optimist::time::epoch_seconds, rename = "at")]
    written: SystemTime,
    #[entity(const = "BODY")]
    text: String,
}

fn first() -> u32 {
    1
}

/// All that is not key, in every form.
#[derive(Projection, Debug, PartialEq)]
#[projection(of = Article)]
struct Card {
    title: Option<String>,
    tags: BTreeSet<String>,
    edition: u32,
    written: SystemTime,
    #[projection(const = "BODY")]
    words: String,
}

/// What the index has.
#[derive(Projection, Debug, PartialEq)]
#[projection(of = Article)]
struct Byline {
    part: u64,
    author: Option<String>,
    title: Option<String>,
}

#[derive(Projection, Debug, PartialEq)]
#[projection(of = Article)]
struct Title {
    title: Option<String>,
}

#[derive(Projection, Debug, PartialEq)]
#[projection(of = Article)]
struct Score {
    score: i64,
}

#[derive(Entity, Debug)]
#[entity(table = "events")]
struct Event<T: Serialize + DeserializeOwned + Send + 'static> {
    #[entity(partition_key)]
    id: u64,
    r#type: String,
    payload: T,
}

#[derive(Projection, Debug)]
#[projection(of = "Event<T>")]
struct Payload<T: Serialize + DeserializeOwned + Send + 'static> {
    payload: T,
    r#type: String,
}

#[derive(Entity, Debug)]
#[entity(table = "sessions")]
struct Session {
    #[entity(partition_key)]
    id: u64,
    user: String,
    #[entity(ttl, hide_expired)]
    expires: Option<SystemTime>,
}

#[derive(Projection, Debug, PartialEq)]
#[projection(of = Session)]
struct Who {
    user: String,
}

fn article(id: &str, part: u64) -> Article {
    let author = (!part.is_multiple_of(3)).then(|| "ann".to_owned());
    Article {
        id: id.into(),
        part,
        author,
        score: i64::try_from(part / 4).unwrap(),
        title: Some(format!("title {part}")),
        tags: [format!("tag {part}")].into(),
        edition: 2,
        written: SystemTime::UNIX_EPOCH + Duration::from_secs(part),
        text: "long ".repeat(500),
    }
}

async fn fill(table: &Table<Article>, parts: u64) {
    for part in 0..parts {
        table.insert(article("a", part)).await.unwrap();
    }
}

fn title(part: u64) -> Title {
    Title {
        title: article("a", part).title,
    }
}

/// The one request that was sent, and its answer.
fn one(recorder: &Recorder) -> (Value, Value) {
    let (mut sent, mut answered) = recorder.take();
    assert_eq!((sent.len(), answered.len()), (1, 1));
    (sent.remove(0), answered.remove(0))
}

/// The names of a projection, in order, with nothing else named.
fn projected(request: &Value) -> Vec<&str> {
    let expression = request["ProjectionExpression"].as_str().unwrap();
    let names = expression
        .split(", ")
        .map(|name| request["ExpressionAttributeNames"][name].as_str().unwrap());
    names.collect()
}

fn attributes(item: &Value) -> BTreeSet<&str> {
    let item = item.as_object().unwrap();
    item.keys().map(String::as_str).collect()
}

#[tokio::test]
async fn only_what_is_shown_travels_and_the_keys() {
    let (backend, machine, articles) = world!(Article);
    fill(&articles, 3).await;
    let recorder = Recorder::default();
    let articles = recorder
        .listen(&backend, &machine)
        .unwrap()
        .table::<Article>();
    let under_all_names = ["id", "part", "title", "headline", "heading"];
    let shown = BTreeSet::from(["id", "part", "title"]);

    let found = articles.get(("a", 1)).select::<Title>().await.unwrap();
    assert_eq!(found, Some(title(1)));
    let (sent, answered) = one(&recorder);
    assert_eq!(projected(&sent), under_all_names);
    assert_eq!(sent["ConsistentRead"], true);
    assert_eq!(attributes(&answered["Item"]), shown);

    let many = articles.get_many([("a", 2), ("a", 9), ("a", 0)]);
    let many = many.select::<Title>().collect().await.unwrap();
    assert_eq!(many, [Some(title(2)), None, Some(title(0))]);
    let (sent, answered) = one(&recorder);
    assert_eq!(
        projected(&sent["RequestItems"][articles.name()]),
        under_all_names
    );
    let answered = answered["Responses"][articles.name()].as_array().unwrap();
    assert!(answered.iter().all(|item| attributes(item) == shown));

    let query = articles.query("a").filter(Article::EDITION.eq(2));
    let all = query.select::<Title>().collect().await.unwrap();
    assert_eq!(all, [title(0), title(1), title(2)]);
    let (sent, answered) = one(&recorder);
    assert_eq!(projected(&sent), under_all_names);
    assert_eq!(attributes(&answered["Items"][0]), shown);

    let scan = articles.scan().select::<Title>();
    assert_eq!(scan.collect().await.unwrap().len(), 3);
    let (sent, answered) = one(&recorder);
    assert_eq!(projected(&sent), under_all_names);
    assert_eq!(sent["ConsistentRead"], false);
    assert_eq!(attributes(&answered["Items"][0]), shown);

    // What is counted is not shown, and a name that no expression uses is refused.
    let query = articles.query("a").filter(Article::EDITION.eq(2));
    assert_eq!(query.select::<Title>().count().await.unwrap(), 3);
    let (sent, _) = one(&recorder);
    assert!(sent.get("ProjectionExpression").is_none());
    assert_eq!(
        sent["ExpressionAttributeNames"].as_object().unwrap().len(),
        2
    );
    assert_eq!(sent["Select"], "COUNT");
}

#[tokio::test]
async fn a_view_reads_what_the_entity_reads() {
    let (_, _, articles) = world!(Article);
    let full = article("a", 1);
    articles.insert(full.clone()).await.unwrap();
    // By an older release, and by hand.
    let old = [
        ("id", s("a")),
        ("part", n(2)),
        ("score", n(0)),
        ("headline", s("old")),
        ("at", n(7)),
        ("text", s("")),
    ];
    put_raw(&articles, old).await;
    for part in [1, 2] {
        let entity = articles.require(("a", part)).await.unwrap();
        let card = articles
            .require(("a", part))
            .select::<Card>()
            .await
            .unwrap();
        let expected = Card {
            title: entity.title.clone(),
            tags: entity.tags.clone(),
            edition: entity.edition,
            written: entity.written,
            words: entity.text.clone(),
        };
        assert_eq!(card, expected);
    }
    let old = articles.get(("a", 2)).eventually_consistent();
    let old = old.select::<Card>().await.unwrap().unwrap();
    assert_eq!((old.title.as_deref(), old.edition), (Some("old"), 1));

    assert!(
        articles
            .get(("b", 1))
            .select::<Card>()
            .await
            .unwrap()
            .is_none()
    );
    let missing = articles.require(("b", 1)).select::<Card>().await;
    assert!(missing.unwrap_err().is_not_found());
    let wrong = articles.get(("", 1)).select::<Card>().await.unwrap_err();
    assert!(wrong.is_invalid_input() && wrong.key().is_some(), "{wrong}");
}

#[tokio::test]
async fn a_view_of_what_has_expired_is_none_where_it_is_hidden() {
    let (_, _, sessions) = world!(Session);
    let hour = Duration::from_hours(1);
    for (id, expires) in [(1, SystemTime::now() - hour), (2, SystemTime::now() + hour)] {
        let user = "ann".into();
        let expires = Some(expires);
        sessions
            .insert(Session { id, user, expires })
            .await
            .unwrap();
    }
    let ann = || Who { user: "ann".into() };
    let get = async |id: u64| sessions.get(id).select::<Who>().await.unwrap();
    assert_eq!((get(1).await, get(2).await), (None, Some(ann())));
    let many = sessions.get_many([1, 2]).select::<Who>().collect().await;
    assert_eq!(many.unwrap(), [None, Some(ann())]);
    let all: Vec<Who> = sessions.scan().select().collect().await.unwrap();
    assert_eq!(all, [ann()]);
}

#[tokio::test]
async fn a_view_of_an_entity_with_a_type_parameter() {
    let (_, _, events) = world!(Event<Vec<u8>>);
    let event = Event {
        id: 1,
        r#type: "login".into(),
        payload: vec![1, 2],
    };
    events.insert(event).await.unwrap();
    let view: Payload<Vec<u8>> = events.require(1).select().await.unwrap();
    assert_eq!((view.payload, view.r#type.as_str()), (vec![1, 2], "login"));
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_in_its_place() {
    let (_, _, articles) = world!(Article);
    fill(&articles, 2).await;
    let wrong = [
        ("id", s("a")),
        ("part", n(2)),
        ("title", n(1)),
        ("at", n(1)),
    ];
    put_raw(&articles, wrong).await;
    // Another attribute than the view shows.
    put_raw(
        &articles,
        [("id", s("a")), ("part", n(3)), ("at", s("noon"))],
    )
    .await;

    let mut stream = articles.query("a").select::<Title>().stream();
    for part in [0, 1] {
        assert_eq!(stream.try_next().await.unwrap(), Some(title(part)));
    }
    let error = stream.try_next().await.unwrap_err();
    assert!(error.is_marshalling(), "{error}");
    assert_eq!(error.key().unwrap().to_string(), r#""a" / 2"#);
    assert!(error.to_string().contains("`title`"), "{error}");
    let nothing = stream.try_next().await.unwrap();
    assert_eq!(nothing, Some(Title { title: None }));
    assert_eq!(stream.try_next().await.unwrap(), None);

    let error = articles.get(("a", 2)).select::<Title>().await.unwrap_err();
    assert_eq!(error.key().unwrap().to_string(), r#""a" / 2"#);
    let many = articles.get_many([("a", 2), ("a", 1)]).select::<Title>();
    let mut many = many.stream();
    assert!(many.try_next().await.unwrap_err().is_marshalling());
    let (key, found) = many.try_next().await.unwrap().unwrap();
    assert_eq!(
        (key.to_string().as_str(), found),
        (r#""a" / 1"#, Some(title(1)))
    );
}

#[tokio::test]
async fn pages_of_views_equal_one_full_read_and_tokens_fit_other_selections() {
    let (_, _, articles) = world!(Article);
    fill(&articles, 30).await;
    let titles: Vec<_> = (4..30).filter(|part| part % 2 == 0).map(title).collect();
    let mut random = fastrand::Rng::with_seed(seed());
    for round in 0..20 {
        let (mut pieces, mut token): (Vec<Title>, Option<ResumeToken>) = (Vec::new(), None);
        loop {
            let even = (0..30).filter(|part| part % 2 == 0);
            let even = even.map(|part| BTreeSet::from([format!("tag {part}")]));
            let even = even.fold(Article::TAGS.contains("nothing"), |any, tags| {
                any | Article::TAGS.contains(tags.first().unwrap().as_str())
            });
            let query = articles.query("a").sort_key(|k| k.ge(4)).filter(even);
            let mut query = query.page_size(random.u32(1..9)).limit(random.usize(1..6));
            if let Some(token) = token {
                query = query.resume(token);
            }
            if random.bool() {
                let mut views = query.select::<Title>().stream();
                while let Some(view) = views.try_next().await.unwrap() {
                    pieces.push(view);
                }
                token = views.resume_token();
            } else {
                let page = query.page().await.unwrap();
                let items = page
                    .items
                    .into_iter()
                    .map(|item| item.unwrap().title.clone());
                pieces.extend(items.map(|title| Title { title }));
                token = page.resume;
            }
            if token.is_none() {
                break;
            }
        }
        assert_eq!(pieces, titles, "round {round}");
    }
}

#[tokio::test]
async fn views_of_indexes() {
    let (backend, machine, articles) = world!(Article);
    fill(&articles, 8).await;
    let recorder = Recorder::default();
    let articles = recorder
        .listen(&backend, &machine)
        .unwrap()
        .table::<Article>();
    let keys = ["id", "part", "author", "score"];

    let of_ann = articles.query_index(Article::BY_AUTHOR, "ann");
    let of_ann = of_ann.sort_key(|k| k.ge(1)).select::<Byline>();
    let mut of_ann = of_ann.collect().await.unwrap();
    of_ann.sort_by_key(|byline| byline.part);
    let parts: Vec<_> = of_ann.iter().map(|byline| byline.part).collect();
    assert_eq!(parts, [4, 5, 7]);
    assert_eq!(of_ann[0].title, title(4).title);
    let (sent, _) = one(&recorder);
    let (of_keys, of_title) = (&keys[..], &["title", "headline", "heading"][..]);
    assert_eq!(projected(&sent), [of_keys, of_title].concat());

    let all = articles.scan_index(Article::BY_AUTHOR).select::<Byline>();
    assert_eq!(all.collect().await.unwrap().len(), 5);
    one(&recorder);

    // What is read again from the table is not asked of the index.
    let fresh = articles.query_index(Article::BY_AUTHOR, "ann").fresh();
    assert_eq!(fresh.count().await.unwrap(), 5);
    let (sent, answered) = recorder.take();
    assert_eq!(projected(&sent[0]), keys);
    assert_eq!(attributes(&answered[0]["Items"][0]), BTreeSet::from(keys));
    assert!(sent[1].get("RequestItems").is_some());
}

#[tokio::test]
async fn a_view_of_a_local_index_reads_the_index_alone() {
    let (backend, machine, articles) = world!(Article);
    fill(&articles, 8).await;
    let recorder = Recorder::default();
    let articles = recorder
        .listen(&backend, &machine)
        .unwrap()
        .table::<Article>();
    let best = || articles.query_index(Article::BY_SCORE, "a").reverse();

    let first = best().select::<Score>().first().await.unwrap();
    assert_eq!(first.map(|view| view.score), Some(1));
    let (sent, answered) = one(&recorder);
    assert_eq!(projected(&sent), ["id", "part", "score"]);
    assert!(sent.get("Select").is_none(), "whole items are in the table");
    assert_eq!(
        attributes(&answered["Items"][0]),
        BTreeSet::from(["id", "part", "score"])
    );
    let filtered = best().filter(Article::EDITION.eq(2)).select::<Score>();
    let error = filtered.collect().await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    assert!(error.to_string().contains("`edition`"), "{error}");
}
