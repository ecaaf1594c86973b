//! Retrying: the policy decides, the backoff is an iterator of durations, the budget keeps count.

mod budget;
mod policy;

pub(crate) use budget::{Budget, Spent};
pub use policy::RetryPolicy;
