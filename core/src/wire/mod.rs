//! The only room that calls the SDK: it sends a described request, classifies what came back, and traces it.

mod answer;
mod attempts;
mod request;
mod send;
mod transact;

pub(crate) use answer::{Answer, Failure};
pub(crate) use request::{ReadRequest, Returns, WriteOperation, WriteRequest};
pub(crate) use send::{read, write};
pub(crate) use transact::transact;
