use std::fmt;

/// The kinds of [`Error`](crate::Error).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Somebody else wrote since the read. Nothing was written; read again, or use `modify`.
    Conflict,
    /// The item's lock was as expected, but a condition of the caller's did not hold. Nothing was written.
    ConditionRefused,
    /// An insert found an item under its key, and that item is not its own. (If an answer was lost, a copy of the insert may
    /// have been stored, deleted and replaced by another before.)
    AlreadyExists,
    /// There is no such item. Nothing was written.
    NotFound,
    /// The answer to a write was lost and no evidence of it is left: it may have landed, or may still.
    OutcomeUnknown,
    /// The retry policy ran out. Nothing was written.
    Exhausted,
    /// Another call of the same `Db` held the item until the deadline. Nothing was written.
    LaneTimeout,
    /// The call was wrong. Nothing was sent.
    InvalidInput,
    /// A list does not hold a value that was required to be there. Nothing was written.
    ElementNotFound,
    /// The write was carried out, but the item that it left cannot be read as the entity. Do not repeat it.
    WrittenUnreadable,
    /// A value could not be turned into an attribute, or an attribute into a value.
    Marshalling,
    /// A table is not as its entities say. Nothing was changed.
    TableMismatch,
    /// DynamoDB refused the request, or could not be reached. Nothing was written.
    Service,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Conflict => "conflict",
            Self::ConditionRefused => "condition refused",
            Self::AlreadyExists => "item already exists",
            Self::NotFound => "item not found",
            Self::OutcomeUnknown => "outcome unknown",
            Self::Exhausted => "retries exhausted",
            Self::LaneTimeout => "lane timeout",
            Self::InvalidInput => "invalid input",
            Self::ElementNotFound => "element not found",
            Self::WrittenUnreadable => "written, but unreadable",
            Self::Marshalling => "marshalling failed",
            Self::TableMismatch => "table mismatch",
            Self::Service => "service error",
        })
    }
}
