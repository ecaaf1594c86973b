//! The suite: behaviour on any DynamoDB. Embedded by default; `OPTIMIST_TEST_ENDPOINT=http://…` names another.

mod absence;
mod auto;
mod blind;
mod cancelled;
mod capabilities;
mod changes;
mod compile;
mod delete;
mod derive;
mod errors;
mod expressions;
mod faults;
mod foreign;
mod fresh;
mod fuzz;
mod get_many;
mod indexes;

mod insert;
mod lanes;
mod limits;
mod lists;
mod modify;
mod pages;
mod query;
mod race;
mod requests;
mod retries;
mod save;
mod scan;
mod support;
mod times;
mod transport;
mod update;
mod values;
mod without_image;
