//! Secondary indexes: what is stored for their keys, and what queries and scans of them give.

use optimist::query::{Projected, ResumeToken};
use optimist::{Entity, Stored, Table};
use optimist_tests::seed;

use crate::support::{client, n, s, world};

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "articles")]
pub struct Article {
    #[entity(partition_key)]
    id: String,
    #[entity(sort_key, index("inverted", partition_key, projection = keys))]
    part: u64,
    #[entity(
        index("by-author", partition_key),
        index("digest", partition_key, projection = include(title))
    )]
    author: Option<String>,
    #[entity(
        index("by-author", sort_key),
        index("by-score", sort_key, local, projection = keys)
    )]
    score: i64,
    #[serde(alias = "headline")]
    title: Option<String>,
    text: String,
}

fn article(id: &str, part: u64, author: Option<&str>, score: i64) -> Article {
    Article {
        id: id.into(),
        part,
        author: author.map(Into::into),
        score,
        title: Some(format!("{id}-{part}")),
        text: "…".into(),
    }
}

/// Engines copy to their indexes at once, so that what is read is what was written.
async fn fill(table: &Table<Article>) {
    for part in 0..20 {
        let author = ["ann", "bob"]
            .get(usize::try_from(part % 3).unwrap())
            .copied();
        let score = i64::try_from(part / 5).unwrap();
        table
            .insert(article("a", part, author, score))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_query_of_a_whole_index_gives_handles_that_can_be_saved() {
    let (_, machine, articles) = world!(Article);
    fill(&articles).await;
    let by_ann = articles.query_index(Article::BY_AUTHOR, "ann");
    let by_ann = by_ann.sort_key(|k| k.ge(1)).collect().await.unwrap();
    let scores: Vec<_> = by_ann.iter().map(|article| article.score).collect();
    assert_eq!(scores, [1, 1, 2, 3, 3]);
    let mut first: Stored<Article> = by_ann.into_iter().next().unwrap();
    machine.transport.reset();
    first.score += 10;
    articles.save(&mut first).await.unwrap();
    assert_eq!(machine.transport.total(), 1, "without a read");
    let best = articles.query_index(Article::BY_AUTHOR, "ann").reverse();
    assert_eq!(best.first().await.unwrap().unwrap().part, first.part);
}

#[tokio::test]
async fn an_old_entry_only_conflicts() {
    let (_, _, articles) = world!(Article);
    articles
        .insert(article("a", 1, Some("ann"), 1))
        .await
        .unwrap();
    let hit = articles
        .query_index(Article::BY_AUTHOR, "ann")
        .first()
        .await;
    let mut hit = hit.unwrap().unwrap();
    articles
        .modify(("a", 1), |article| article.score = 7)
        .await
        .unwrap();
    hit.score += 1;
    assert!(articles.save(&mut hit).await.unwrap_err().is_conflict());
}

#[tokio::test]
async fn paging_an_index_with_equal_keys_equals_one_full_read() {
    let (_, _, articles) = world!(Article);
    fill(&articles).await;
    let mut random = fastrand::Rng::with_seed(seed());
    for round in 0..30 {
        let reverse = random.bool();
        let read = || {
            let query = articles.query_index(Article::BY_AUTHOR, "ann");
            if reverse { query.reverse() } else { query }
        };
        let part = |article: &Stored<Article>| article.part;
        let full: Vec<_> = read().collect().await.unwrap().iter().map(part).collect();
        assert_eq!(full.len(), 7);
        let (mut pieces, mut token): (Vec<u64>, Option<ResumeToken>) = (Vec::new(), None);
        loop {
            let mut piece = read().page_size(random.u32(1..9));
            if let Some(token) = token {
                piece = piece.resume(token.to_string().parse().unwrap());
            }
            let mut stream = piece.stream();
            for _ in 0..random.usize(1..5) {
                let Some(article) = stream.try_next().await.unwrap() else {
                    break;
                };
                pieces.push(article.part);
            }
            token = stream.resume_token();
            if token.is_none() {
                break;
            }
        }
        assert_eq!(pieces, full, "round {round}");
    }
}

#[tokio::test]
async fn what_has_no_index_key_is_not_in_the_index() {
    let (_, _, articles) = world!(Article);
    fill(&articles).await;
    let scan = articles.scan_index(Article::BY_AUTHOR).segments(3);
    assert_eq!(
        scan.count().await.unwrap(),
        14,
        "20 less those without an author"
    );
    let item = articles.require(("a", 2)).await.unwrap();
    assert!(!Stored::image(&item).contains_key("author"), "never NULL");
    articles
        .apply(("a", 0), Article::AUTHOR.set(None))
        .await
        .unwrap();
    assert_eq!(
        articles
            .scan_index(Article::BY_AUTHOR)
            .count()
            .await
            .unwrap(),
        13
    );
}

#[tokio::test]
async fn an_index_with_less_gives_views() {
    let (_, machine, articles) = world!(Article);
    fill(&articles).await;
    let bare = client(articles.db())
        .update_item()
        .table_name(articles.name());
    bare.key("id", s("a"))
        .key("part", n(0))
        .update_expression("SET headline = :h REMOVE title")
        .expression_attribute_values(":h", s("old"))
        .send()
        .await
        .unwrap();
    let hits = articles
        .query_index(Article::DIGEST, "ann")
        .collect()
        .await
        .unwrap();
    let hit: &Projected<Article> = hits
        .iter()
        .find(|hit| hit.get(Article::PART).unwrap() == 0)
        .unwrap();
    assert_eq!(hit.key().to_string(), r#""a" / 0"#);
    assert_eq!(hit.get(Article::AUTHOR).unwrap().as_deref(), Some("ann"));
    assert_eq!(
        hit.get(Article::TITLE).unwrap().as_deref(),
        Some("old"),
        "under its older name"
    );
    let error = hit.get(Article::TEXT).unwrap_err();
    assert!(
        error.is_invalid_input() && error.to_string().contains("`digest`"),
        "{error}"
    );
    assert!(!format!("{hit:?}").contains("old"));

    machine.transport.reset();
    let wrong = articles
        .query_index(Article::DIGEST, "ann")
        .filter(Article::TEXT.eq("…"));
    let error = wrong.count().await.unwrap_err();
    assert!(
        error.is_invalid_input() && error.to_string().contains("`text`"),
        "{error}"
    );
    let wrong = articles
        .query_index(Article::DIGEST, "ann")
        .filter(Article::AUTHOR.eq("…"));
    assert!(
        wrong.count().await.unwrap_err().is_invalid_input(),
        "a key of the index"
    );
    assert_eq!(machine.transport.total(), 0);
    let allowed = articles
        .query_index(Article::DIGEST, "ann")
        .filter(Article::TITLE.eq("old"));
    assert_eq!(allowed.count().await.unwrap(), 1);
    let inverted = articles
        .query_index(Article::INVERTED, 3)
        .first()
        .await
        .unwrap();
    assert_eq!(inverted.unwrap().key().to_string(), r#""a" / 3"#);
}

#[tokio::test]
async fn a_local_index_reads_whole_items_consistently() {
    let (_, machine, articles) = world!(Article);
    fill(&articles).await;
    machine.transport.reset();
    let best = articles
        .query_index(Article::BY_SCORE, "a")
        .reverse()
        .limit(2);
    let mut best = best.collect().await.unwrap();
    assert_eq!(best[0].score, 3);
    assert_eq!(best[0].text, "…", "which the index does not have");
    best[0].score = 9;
    articles.save(&mut best[0]).await.unwrap();
    let read = articles.query_index(Article::BY_SCORE, "a").consistent();
    let filtered = read.sort_key(|k| k.gt(3)).filter(Article::PART.ge(1));
    assert_eq!(filtered.count().await.unwrap(), 1);
    machine.transport.reset();
    let wrong = articles.query_index(Article::BY_SCORE, "a");
    let wrong = wrong.filter(Article::TEXT.eq("…")).collect().await;
    assert!(
        wrong.unwrap_err().is_invalid_input(),
        "it tests what it has"
    );
    assert_eq!(machine.transport.total(), 0);
}

#[tokio::test]
async fn an_index_key_that_cannot_be_one_is_told_before_a_request() {
    let (_, machine, articles) = world!(Article);
    let mut stored = articles
        .insert(article("a", 1, Some("ann"), 1))
        .await
        .unwrap();
    machine.transport.reset();
    let long = "x".repeat(2049);
    for wrong in ["", &long] {
        let insert = articles.insert(article("b", 1, Some(wrong), 1));
        let mut errors = vec![insert.await.unwrap_err()];
        errors.push(
            articles
                .put_unchecked(article("b", 1, Some(wrong), 1))
                .await
                .unwrap_err(),
        );
        errors.push(
            articles
                .apply(("a", 1), Article::AUTHOR.set(wrong))
                .await
                .unwrap_err(),
        );
        stored.author = Some(wrong.into());
        errors.push(articles.save(&mut stored).await.unwrap_err());
        errors.push(
            articles
                .query_index(Article::BY_AUTHOR, wrong)
                .count()
                .await
                .unwrap_err(),
        );
        for error in errors {
            assert!(error.is_invalid_input(), "{error}");
            assert!(error.to_string().contains("`author`"), "{error}");
        }
    }
    assert_eq!(machine.transport.total(), 0);
    articles
        .apply(("a", 1), Article::SCORE.add(4))
        .await
        .unwrap();
    assert_eq!(articles.require(("a", 1)).await.unwrap().score, 5);
}
