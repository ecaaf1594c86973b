//! The verbs, one a file: entry method, docs, builder, and what it plans. The write path does the rest.

mod adopt;
mod apply;
mod delete;
mod get;
mod insert;
mod modify;
mod modify_with;
mod option;
mod save;
mod save_as;
mod unchecked;
mod update;

pub use adopt::Adopt;
pub(crate) use apply::stands_in_the_way;
pub use apply::{Apply, ApplyOnce, ApplyReturning};
pub use delete::{Delete, Deleted};
pub use get::{Get, Reload, Require};
pub use insert::Insert;
pub use modify::{Modify, Nothing, TryModify};
pub use modify_with::{ConvertToSet, ModifyWith};
pub use save::Save;
pub use save_as::SaveAs;
pub use unchecked::{DeleteUnchecked, PutUnchecked};
pub use update::{Edited, Update};
