//! The verbs, one a file: entry method, builder, docs. Planning is pure; `flight` sends and settles.

mod delete;
mod flight;
mod get;
mod insert;
mod modify;
mod plan;
mod save;

pub use delete::{Delete, Deleted};
pub use get::{Get, Reload, Require};
pub use insert::Insert;
pub use modify::{Modified, Modify, TryModify};
pub use save::Save;
