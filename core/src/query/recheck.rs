use super::plan::Reads;
use crate::entity::IndexSchema;
use crate::expr::{Filter, KeyCondition};
use crate::key::Key;
use crate::value::Item;

/// What made an index find an item, to be tested again on what the table has.
#[derive(Clone)]
pub(super) struct Recheck {
    index: &'static IndexSchema,
    condition: Option<KeyCondition>,
    filter: Option<Filter>,
}

impl Recheck {
    pub(super) fn new(index: &'static IndexSchema, of: &Reads, filter: Option<Filter>) -> Self {
        let condition = match of {
            Reads::Query { condition, .. } => Some(condition.clone()),
            Reads::Scan { .. } => None,
        };
        Self {
            index,
            condition,
            filter,
        }
    }

    pub(super) fn holds(&self, item: &Item) -> bool {
        Key::of_item(&self.index.key, item).is_some()
            && self.condition.as_ref().is_none_or(|c| c.holds(item))
            && self.filter.as_ref().is_none_or(|f| f.holds(item))
    }
}
