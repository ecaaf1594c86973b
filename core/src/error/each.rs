use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use super::{Error, Inner, Source};
use crate::key::Target;

/// One cause of several errors.
#[derive(Debug, Clone)]
struct Shared(Arc<dyn StdError + Send + Sync>);

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Shared {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

/// The cause itself, also where it is shared.
pub(super) fn unwrapped<'a>(
    source: &'a (dyn StdError + Send + Sync + 'static),
) -> &'a (dyn StdError + 'static) {
    match source.downcast_ref::<Shared>() {
        Some(shared) => &*shared.0,
        None => source,
    }
}

impl Error {
    /// The same error of each of these items.
    pub(crate) fn of_each<'a>(self, items: impl IntoIterator<Item = &'a Target>) -> Vec<Self> {
        let copy = self.into_copies();
        items.into_iter().map(|item| copy().at(item)).collect()
    }

    /// The same error, for two who tell of it.
    pub(crate) fn twice(self) -> [Self; 2] {
        let copy = self.into_copies();
        [copy(), copy()]
    }

    /// Copies without an image.
    fn into_copies(self) -> impl Fn() -> Self {
        let inner = *self.0;
        let source = inner.source.map(|source| Shared(Arc::from(source)));
        move || {
            Self(Box::new(Inner {
                kind: inner.kind,
                at: inner.at.clone(),
                table: inner.table.clone(),
                message: inner.message.clone(),
                attempts: inner.attempts,
                write_id: inner.write_id.clone(),
                current: None,
                reply: inner.reply.clone(),
                source: source.clone().map(|source| Box::new(source) as Source),
            }))
        }
    }
}
