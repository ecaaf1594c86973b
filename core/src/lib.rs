//! Optimist
#![allow(missing_docs, dead_code, unused_imports)]
pub mod value;
pub mod lock;
pub mod error;
mod expr;
pub mod entity;
pub mod retry;
mod wire;
pub use error::{Error, ErrorKind, Result};
pub use retry::RetryPolicy;
pub use entity::*;
pub use value::*;
mod db;
mod table;
#[cfg(feature="local")]
pub mod local;
pub use db::*;
pub use table::*;
