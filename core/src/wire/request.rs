use std::sync::Arc;

use crate::expr::Compiled;
use crate::value::Item;

/// A GetItem.
#[derive(Debug, Clone)]
pub(crate) struct ReadRequest {
    pub(crate) table: Arc<str>,
    pub(crate) key: Item,
    pub(crate) consistent: bool,
}

/// A conditional write of one item; every copy of it is the same request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum WriteRequest {
    Put { item: Item, expression: Compiled },
    Update { key: Item, expression: Compiled },
    Delete { key: Item, expression: Compiled },
}

impl WriteRequest {
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::Put { .. } => "PutItem",
            Self::Update { .. } => "UpdateItem",
            Self::Delete { .. } => "DeleteItem",
        }
    }
}
