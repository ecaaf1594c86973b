//! Tables themselves: made for the entities that they hold, and compared with them.
//!
//! [`Db::create_table`](crate::Db::create_table) makes a table, for tests, tools and small systems. A table in production is
//! usually made by infrastructure code: [`CreateTable::to_json`] gives it the definition, and
//! [`Db::verify_table`](crate::Db::verify_table), at the start of a service, shows whether the table is still what the
//! code expects. Nothing here ever changes or deletes a table that is there.
//!
//! # Permissions
//!
//! | | |
//! |---|---|
//! | `verify_table` | `dynamodb:DescribeTable`; where items expire, `dynamodb:DescribeTimeToLive` |
//! | `create_table` | the same; if there is no such table, `dynamodb:CreateTable`, and where items expire `dynamodb:UpdateTimeToLive` |
//!
//! None of these requests is charged. A table with provisioned capacity is, from the moment at which it is active; one on demand
//! costs its requests and what it stores.

mod create;
mod described;
mod differences;
mod presence;
mod request;
mod shape;
mod subject;
mod time_to_live;
mod union;
mod verify;

pub use crate::entity::TableOf;
pub use create::CreateTable;
pub use verify::VerifyTable;
