//! What the examples share: one command line, and where they run: on the embedded engine, an endpoint, or AWS.

#[cfg(feature = "aws")]
mod aws;
mod options;
mod place;

pub use options::Options;
pub use place::{AnyError, Place, Site};
