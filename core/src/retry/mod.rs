//! Retrying: the policy decides, the backoff is an iterator of durations, the budget keeps count, the quota keeps an outage
//! from being multiplied. All time comes from one clock.

mod budget;
mod clock;
mod policy;
mod quota;
mod span;
mod waiting;

pub(crate) use budget::{Budget, RunEnd, Spent, TimeLimit};
pub use clock::{Clock, SystemClock};
pub use policy::RetryPolicy;
pub(crate) use quota::Quota;
pub(crate) use span::Span;
pub(crate) use waiting::Waiting;
