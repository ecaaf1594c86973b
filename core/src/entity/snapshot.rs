use super::{Entity, Key};
use crate::value::{AttributeValue, Encoded};

/// An entity serialized at one moment: what a later one is compared with.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(super) key: Key,
    pub(super) attributes: Vec<Encoded>,
    pub(super) lock_view: Option<Encoded>,
}

impl Snapshot {
    pub(crate) fn of<E: Entity>(entity: &E) -> Self {
        Self {
            key: entity.key(),
            attributes: entity.encode(),
            lock_view: entity.encode_lock_view(),
        }
    }

    pub(super) fn attribute(&self, index: usize) -> Option<&AttributeValue> {
        self.attributes.get(index)?.as_ref().ok()?.as_ref()
    }
}
