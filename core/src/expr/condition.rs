use super::Path;
use crate::value::AttributeValue;

/// What must hold of an item for a write to land.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    Exists(Path),
    Missing(Path),
    Equals(Path, AttributeValue),
    BeginsWith(Path, AttributeValue),
    All(Vec<Condition>),
}
