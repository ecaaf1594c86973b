//! Optimist
#![allow(missing_docs, dead_code, unused_imports)]
pub mod value;
pub mod lock;
