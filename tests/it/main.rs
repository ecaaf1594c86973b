//! The suite: behaviour on any DynamoDB. Embedded by default; `OPTIMIST_TEST_ENDPOINT=http://…` names another.

mod blind;
mod compile;
mod delete;
mod derive;
mod errors;
mod faults;
mod foreign;
mod insert;
mod lanes;
mod modify;
mod race;
mod requests;
mod save;
mod support;
mod update;
