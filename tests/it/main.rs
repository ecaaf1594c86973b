//! The suite: behaviour on any DynamoDB. Embedded by default; `OPTIMIST_TEST_ENDPOINT=http://…` names another.

mod auto;
mod blind;
mod cancelled;
mod capabilities;
mod compile;
mod delete;
mod derive;
mod errors;
mod expressions;
mod faults;
mod foreign;
mod fuzz;
mod insert;
mod lanes;
mod limits;
mod lists;
mod modify;
mod race;
mod requests;
mod save;
mod support;
mod transport;
mod update;
mod values;
mod without_image;
