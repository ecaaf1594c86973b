//! Many items in few requests. Reads by keys: what was asked is folded and cut into chunks, a chunk is asked until it is whole, and a
//! window of chunks is in flight. Puts and deletes without conditions: operations are gathered in chunks, a chunk is sent
//! until it is known of each operation what became of it, and a report says so.

mod asked;
#[cfg(test)]
mod bodies;
mod builder;
mod chunk;
mod filling;
mod get_many;
mod images;
mod observer;
mod operation;
mod report;
mod run;
mod send;
mod source;
mod stream;
mod window;
mod writing;

pub use builder::Batch;
use builder::Options;
pub use get_many::GetMany;
pub(crate) use images::{Images, Terms};
pub use observer::Observer;
pub use report::{Entry, Report, Stopped, Undone, Why};
pub use source::{IntoSource, source_kind};
pub use stream::Found;
