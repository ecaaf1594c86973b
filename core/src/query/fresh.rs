use std::collections::{HashSet, VecDeque};
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use futures::{StreamExt, TryStreamExt};

use super::plan::Plan;
use super::reader::Reader;
use super::reading::Terms;
use super::{Fresh, GlobalIndex, Read, ReadOf, ResumeToken};
use crate::batch::{self, Images};
use crate::db::Db;
use crate::entity::Entity;
use crate::error::{Error, Result};
use crate::key::Target;
use crate::retry::{RetryPolicy, Span};
use crate::value::Item;

/// How many hits are read again by one request.
const BATCH: usize = 100;
/// How many such requests are in flight.
const WINDOW: usize = 2;

impl<E: Entity, Of: ReadOf<E>> Read<E, Of> {
    /// Takes from the index only which items there are, and reads each of them again from the table.
    ///
    /// Sends the Query or Scan with the key condition alone, which brings keys alone, and for up to 100 hits one BatchGetItem
    /// with `ConsistentRead`: 1 RCU per 4 KB of each item, besides what the index costs. What the table has is tested against
    /// key condition and filter here, and given as [`Stored`](crate::Stored) in the order of the index, each key once. The
    /// filter may name every attribute of the entity.
    ///
    /// So it never shows an old value, nor an item that meets the condition no more. It cannot show an item whose
    /// entry is not in the index yet, or still stands under its old key.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User {
    /// #     #[entity(partition_key)] id: String,
    /// #     #[entity(index("by-email", partition_key, projection = keys))] email: String,
    /// #     active: bool,
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<User>().await?;
    /// # let users = db.table::<User>();
    /// users.insert(User { id: "ann".into(), email: "a@b".into(), active: true }).await?;
    /// let active = users.query_index(User::BY_EMAIL, "a@b").filter(User::ACTIVE.eq(true)).fresh();
    /// let mut ann = active.first().await?.expect("just inserted"); // a Stored, though the index has keys alone
    /// ann.active = false;
    /// users.save(&mut ann).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn fresh(self) -> Read<E, Of::Through<Fresh<Of::Source>>>
    where
        Of::Source: GlobalIndex,
    {
        Read {
            table: self.table,
            of: self.of.through(),
            options: self.options,
        }
    }
}

/// A hit, and where a read of the index stands behind it.
type Hit = (Target, Option<ResumeToken>);
/// What the table has in place of hits.
type Reread = Vec<(Hit, Option<Item>)>;

/// Takes hits from a reader, and gives what the table has in their place.
pub(super) struct Rereader {
    db: Db,
    plan: Plan,
    policy: Option<RetryPolicy>,
    hits: Reader,
    /// No hit is left, for want of more or for this failure.
    ended: bool,
    failure: Option<Error>,
    seen: HashSet<Target>,
    waiting: Vec<Hit>,
    in_flight: FuturesOrdered<BoxFuture<'static, Result<Reread>>>,
    at_hand: VecDeque<(Hit, Option<Item>)>,
    token: Option<ResumeToken>,
    time: Span,
    over: bool,
}

impl Rereader {
    pub(super) fn new(terms: Terms) -> Self {
        let Terms {
            db,
            plan,
            policy,
            limit,
            time_limit,
        } = terms;
        let hits = Reader::new(&db, plan.clone(), policy, limit, None);
        Self {
            token: hits.token(),
            db,
            plan,
            policy,
            hits,
            ended: false,
            failure: None,
            seen: HashSet::new(),
            waiting: Vec::new(),
            in_flight: FuturesOrdered::new(),
            at_hand: VecDeque::new(),
            time: Span::new(time_limit),
            over: false,
        }
    }

    pub(super) fn token(&self) -> Option<ResumeToken> {
        self.token.clone()
    }

    pub(super) fn poll_item(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<(Target, Item)>>> {
        if self.over {
            return Poll::Ready(None);
        }
        if self.time.is_over(self.db.clock(), context) {
            return self.end(Some(self.hits.out_of_time()));
        }
        loop {
            while let Some(((target, token), item)) = self.at_hand.pop_front() {
                self.token = token;
                match item.filter(|item| self.holds(item)) {
                    Some(item) => return Poll::Ready(Some(Ok((target, item)))),
                    None => self.want_another(),
                }
            }
            self.take_hits(context);
            match self.in_flight.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(reread))) => self.at_hand = reread.into(),
                Poll::Ready(Some(Err(error))) => {
                    return self.end(Some(error.in_table(&self.plan.table)));
                }
                Poll::Ready(None) if self.ended => {
                    self.token = self.hits.token();
                    let failure = self.failure.take();
                    return self.end(failure);
                }
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// How many items there are.
    pub(super) async fn count(mut self) -> Result<usize> {
        let mut counted = 0;
        while let Some(item) = std::future::poll_fn(|context| self.poll_item(context)).await {
            item?;
            counted += 1;
        }
        Ok(counted)
    }

    /// What one request for hits found.
    pub(super) async fn page(&mut self) -> Result<(usize, Vec<(Target, Item)>)> {
        let (scanned, hits) = self.hits.page().await?;
        let hits = hits.into_iter().map(|(target, _)| (target, None)).collect();
        let reread = reread(self.db.clone(), hits, self.policy).await?;
        self.token = self.hits.token();
        let items = reread.into_iter().filter_map(|((target, _), item)| {
            let item = item.filter(|item| self.holds(item))?;
            Some((target, item))
        });
        Ok((scanned, items.collect()))
    }

    fn holds(&self, item: &Item) -> bool {
        let recheck = self.plan.recheck.as_ref();
        recheck.is_none_or(|recheck| recheck.holds(item))
    }

    /// A hit is none any more.
    fn want_another(&mut self) {
        self.hits.want_another();
        self.ended = self.failure.is_some();
    }

    /// Takes the hits that are there, and has them read again where that is due.
    fn take_hits(&mut self, context: &mut Context<'_>) {
        while self.in_flight.len() < WINDOW && !self.ended {
            match self.hits.poll_item(context) {
                Poll::Ready(Some(Ok((target, _)))) => {
                    if self.seen.insert(target.clone()) {
                        self.waiting.push((target, self.hits.token()));
                    } else {
                        self.hits.want_another();
                    }
                    if self.waiting.len() == BATCH {
                        self.read_again();
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    self.failure = Some(error);
                    self.ended = true;
                }
                Poll::Ready(None) => self.ended = true,
                Poll::Pending => break,
            }
        }
        // Nothing else is on its way, or more will not come: a part of a batch is better than waiting.
        if self.in_flight.is_empty() || self.ended {
            self.read_again();
        }
    }

    fn read_again(&mut self) {
        if !self.waiting.is_empty() {
            let hits = std::mem::take(&mut self.waiting);
            let reread = reread(self.db.clone(), hits, self.policy);
            self.in_flight.push_back(Box::pin(reread));
        }
    }

    fn end<T>(&mut self, error: Option<Error>) -> Poll<Option<Result<T>>> {
        self.over = true;
        self.in_flight.clear();
        Poll::Ready(error.map(Err))
    }
}

async fn reread(db: Db, hits: Vec<Hit>, policy: Option<RetryPolicy>) -> Result<Reread> {
    let terms = batch::Terms {
        consistent: true,
        policy,
        ..batch::Terms::default()
    };
    let targets = hits.iter().map(|(target, _)| target.clone()).collect();
    let images: Vec<_> = Images::new(&db, targets, terms).try_collect().await?;
    let items = images.into_iter().map(|(_, item)| item);
    Ok(hits.into_iter().zip(items).collect())
}
