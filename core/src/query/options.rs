use std::time::Duration;

use super::ResumeToken;
use crate::error::Result;
use crate::expr::Condition;
use crate::retry::RetryPolicy;

/// What queries and scans can be told.
pub(super) struct Options<E> {
    pub(super) filter: Option<Condition<E>>,
    pub(super) live_only: bool,
    pub(super) limit: Option<usize>,
    pub(super) page_size: Option<u32>,
    pub(super) consistent: bool,
    pub(super) time_limit: Option<Duration>,
    pub(super) policy: Option<RetryPolicy>,
    pub(super) resume: Option<ResumeToken>,
}

impl<E> Options<E> {
    pub(super) fn new(consistent: bool) -> Self {
        Self {
            filter: None,
            live_only: false,
            limit: None,
            page_size: None,
            consistent,
            time_limit: None,
            policy: None,
            resume: None,
        }
    }
}

/// What one request brought. See [`Read::page`](super::Read::page).
#[derive(Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items that passed the filter, in order; one that does not read as the entity is an error in its place.
    pub items: Vec<Result<T>>,
    /// How many items DynamoDB evaluated, and so has charged.
    pub scanned: usize,
    /// Where the next page begins; `None` at the end. A page without items may well have a next one.
    pub resume: Option<ResumeToken>,
}
