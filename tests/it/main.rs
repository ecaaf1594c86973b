//! The suite: behaviour on any DynamoDB. Embedded by default; `OPTIMIST_TEST_ENDPOINT=http://…` names another.

mod absence;
mod auto;
mod blind;
mod cancelled;
mod changes;
mod compile;
mod delete;
mod derive;
mod errors;
mod expressions;
mod faults;
mod foreign;
mod insert;
mod lanes;
mod limits;
mod lists;
mod modify;
mod race;
mod requests;
mod save;
mod support;
mod times;
mod transport;
mod update;
mod values;
