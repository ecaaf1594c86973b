//! The write path: one call on one item plans, reads, sends, settles, and goes again.

mod blind;
mod call;
mod condition;
mod copies;
mod held;
mod land;
mod plan;
mod plan_blind;
mod preconditions;
mod settle;

pub(crate) use blind::{Blind, Expired};
pub(crate) use call::Call;
pub(crate) use copies::Delivery;
pub(crate) use held::{Becomes, Draft, Held, settle};
pub(crate) use land::{Course, Turn, insert, land};
pub use land::{Modified, Reread};
pub(crate) use plan::{Planner, Proposal, Wanted, guard_all};
pub(crate) use preconditions::Preconditions;
pub(crate) use settle::{Refusal, Settled};
