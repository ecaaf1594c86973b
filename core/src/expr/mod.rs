//! Expressions: conditions and changes as data, and the one compiler that turns them into DynamoDB's text.

mod change;
mod compile;
mod condition;
mod path;

pub(crate) use change::Action;
pub(crate) use compile::{Compiled, Compiler};
pub(crate) use condition::Condition;
pub(crate) use path::Path;
