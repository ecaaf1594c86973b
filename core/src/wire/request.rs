use crate::expr::Compiled;
use crate::key::Target;
use crate::value::Item;

/// A GetItem.
#[derive(Debug, Clone)]
pub(crate) struct ReadRequest {
    pub(crate) target: Target,
    pub(crate) consistent: bool,
    /// Which attributes, if not all.
    pub(crate) expression: Compiled,
}

/// A write of one item; every copy of it is the same request.
#[derive(Debug, Clone)]
pub(crate) struct WriteRequest {
    pub(crate) target: Target,
    pub(crate) operation: WriteOperation,
    pub(crate) expression: Compiled,
}

#[derive(Debug, Clone)]
pub(crate) enum WriteOperation {
    Put { item: Item },
    Update { returns: Returns },
    Delete,
}

/// What an UpdateItem answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returns {
    Nothing,
    /// The whole item after the update.
    Item,
    /// The updated attributes after the update.
    Updated,
}

impl WriteRequest {
    /// The name of the operation.
    pub(crate) fn name(&self) -> &'static str {
        match self.operation {
            WriteOperation::Put { .. } => "PutItem",
            WriteOperation::Update { .. } => "UpdateItem",
            WriteOperation::Delete => "DeleteItem",
        }
    }
}
