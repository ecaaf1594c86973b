use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::vec;

use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};

use super::asked::Asked;
use super::chunk::Chunk;
use crate::db::Db;
use crate::error::Result;
use crate::expr::Compiled;
use crate::key::Target;
use crate::retry::RetryPolicy;
use crate::value::Item;

/// How many chunks are in flight at once; each may hold 16 MB and more. Measured with 10,000 keys: at 5 ms a request one chunk at
/// a time takes 0.94 s, 8 take 0.30 s and 32 no less; at 20 ms it is 2.58, 0.38 and 0.30 s.
const WINDOW: usize = 8;

/// How items are read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    pub(crate) consistent: bool,
    /// `None`: that of the `Db`, as for pages.
    pub(crate) policy: Option<RetryPolicy>,
    /// Which attributes are asked for, if not all.
    pub(crate) expression: Arc<Compiled>,
}

/// A stream of what stands under each of many keys of one table: one image for each key asked, in the order asked, duplicates
/// included. Nothing is sent before it is polled. An error is its last item.
pub(crate) struct Images {
    /// What came, chunk by chunk, in the order in which the items were first asked for.
    chunks: BoxStream<'static, Result<Chunk>>,
    /// The item of each place that is still to be given.
    places: vec::IntoIter<usize>,
    /// For each item, how many of those places there are.
    mentions: Vec<usize>,
    /// How many items came.
    came: usize,
    /// Those of them that are still to be given.
    at_hand: HashMap<usize, (Target, Option<Item>)>,
}

impl Images {
    /// The targets are of one table.
    pub(crate) fn new(db: &Db, targets: Vec<Target>, terms: Terms) -> Self {
        let asked = Asked::new(targets);
        let db = db.clone();
        let fetched = asked.chunks().into_iter().map(move |chunk| {
            let db = db.clone();
            fetch(db, chunk, terms.clone())
        });
        Self {
            chunks: stream::iter(fetched).buffered(WINDOW).boxed(),
            mentions: asked.mentions(),
            places: asked.into_places().into_iter(),
            came: 0,
            at_hand: HashMap::new(),
        }
    }

    fn give(&mut self, item: usize) -> Option<(Target, Option<Item>)> {
        self.mentions[item] -= 1;
        if self.mentions[item] == 0 {
            return self.at_hand.remove(&item);
        }
        self.at_hand.get(&item).cloned()
    }
}

impl Stream for Images {
    type Item = Result<(Target, Option<Item>)>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(&item) = self.places.as_slice().first() else {
                return Poll::Ready(None);
            };
            if item < self.came {
                self.places.next();
                return Poll::Ready(self.give(item).map(Ok));
            }
            match ready!(self.chunks.poll_next_unpin(context)) {
                Some(Ok(chunk)) => {
                    for found in chunk.into_found() {
                        let item = self.came;
                        self.at_hand.insert(item, found);
                        self.came += 1;
                    }
                }
                Some(Err(error)) => {
                    self.places = Vec::new().into_iter();
                    self.chunks = stream::empty().boxed();
                    return Poll::Ready(Some(Err(error)));
                }
                None => return Poll::Ready(None),
            }
        }
    }
}

/// Asks for a chunk until it is whole. What an answer brings begins the policy anew.
async fn fetch(db: Db, mut chunk: Chunk, terms: Terms) -> Result<Chunk> {
    const ADVICE: &str = "Ask for the keys that are left later, or raise the RetryPolicy";
    let mut asking = db.asking(terms.policy, ADVICE);
    while let Some(request) = chunk.request(&terms) {
        let table = Arc::clone(&request.table);
        let limit = asking.request_time();
        let again = match db.wire().batch_get(request, limit).await {
            Ok(answer) => {
                asking.answered();
                if chunk.take(answer)? {
                    asking = db.asking(terms.policy, ADVICE);
                    continue;
                }
                asking.again_after_nothing("all was left unprocessed").await
            }
            Err(failure) => asking.again_after(failure).await,
        };
        again.map_err(|error| error.in_table(&table))?;
    }
    Ok(chunk)
}
