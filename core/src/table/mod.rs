//! The verbs, one a file: entry method, builder, docs. Planning is pure; `flight` sends and settles.

mod apply;
mod blind;
mod delete;
mod flight;
mod get;
mod insert;
mod land;
mod modify;
mod modify_with;
mod option;
mod plan;
mod plan_blind;
mod read;
mod save;
mod save_as;
mod terms;
mod unchecked;
mod update;

pub use apply::{Apply, ApplyOnce, ApplyReturning};
pub use delete::{Delete, Deleted};
pub use get::{Get, Reload, Require};
pub use insert::{Insert, InsertOnce};
pub use land::{Modified, Reread};
pub use modify::{Modify, TryModify};
pub use modify_with::{ConvertToSet, ModifyWith};
pub use save::Save;
pub use save_as::SaveAs;
pub use unchecked::{DeleteUnchecked, PutUnchecked};
pub use update::{Edited, Update};
