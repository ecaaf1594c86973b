//! The only room that calls the SDK for items: it sends one copy of a described request, classifies what came back, and
//! traces it.

mod answer;
mod batch_get;
mod batch_write;
mod copy;
mod create_table;
mod failure;
mod meter;
mod page;
mod request;
mod send;
mod tables;
mod transact;

pub(crate) use answer::Answer;
pub(crate) use batch_get::{Batch, BatchGetRequest};
pub(crate) use batch_write::Unprocessed;
pub(crate) use create_table::{
    AttributeDefinition, CreateTableRequest, IndexDefinition, KeySchemaElement, Projection,
    Throughput,
};
pub(crate) use failure::{Failure, FailureKind};
pub use meter::Meter;
pub(crate) use page::{Page, PageOf, PageRequest, PageSelect};
pub(crate) use request::{ReadRequest, Returns, WriteOperation, WriteRequest};
pub(crate) use send::{Connection, Wire};
