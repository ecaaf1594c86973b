//! Reading many: a plan says what a page asks, a reader keeps the pages coming, a stream gives out their items one by one.

mod all;
mod fingerprint;
mod fresh;
mod index;
mod options;
mod plan;
#[allow(clippy::module_inception)] // the verb, beside the other
mod query;
mod read;
mod reader;
mod reading;
mod recheck;
mod resume;
mod scan;
mod segment;
mod select;
mod source;
mod stream;
mod until;

pub use crate::entity::{Global, Index, Local, Partial, Projected};
pub use all::{QueryAll, ScanAll, Shared};
pub use index::{QueryIndex, ScanIndex};
pub use options::Page;
pub use query::{Partition, Query};
pub use read::{Read, ReadOf};
pub use resume::{ResumeToken, ResumeTokenError};
pub use scan::{Scan, Whole};
pub use select::{Selectable, Selected};
pub use source::{Base, Fresh, GlobalIndex, ReadsConsistently, Source};
pub use stream::Items;
