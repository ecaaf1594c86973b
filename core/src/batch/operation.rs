//! Pure: one put or delete of a batch, planned.

use super::report::{Undone, Why};
use crate::db::{Db, Table};
use crate::entity::{Expiry, Replaceable, Schema, to_item};
use crate::error::{Error, Result};
use crate::key::{IntoKey, Target};
use crate::lock::{Seen, WriteId};
use crate::table::stands_in_the_way;
use crate::value::{Item, body_size};
use crate::wire::{WriteOperation, WriteRequest};
use crate::write::{Expired, Planner};

/// A put or delete, or why it cannot be one.
pub(super) type Planned = Result<Box<Operation>, Undone>;

/// One put or delete. Each copy of it is the same request.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) request: WriteRequest,
    /// What an item that has expired is to it.
    pub(super) expired: Expired,
    pub(super) schema: &'static Schema,
    /// What a put leaves in its item, to be known by.
    pub(super) id: WriteId,
    /// A copy of it was not answered.
    pub(super) in_doubt: bool,
    /// At most its part of a request's body.
    pub(super) bytes: usize,
    /// Why the item that is there refused it.
    pub(super) stands_in_the_way: fn(Option<&Item>) -> Option<Error>,
}

impl Operation {
    pub(super) fn put<E: Replaceable>(db: &Db, table: &Table<E>, mut entity: E) -> Planned {
        entity.stamp_new(db.clock().wall());
        let refused = |error| Undone::new(Why::Refused, error);
        let target = table.target_of(entity.key()).map_err(refused)?;
        let named = |error: Error| error.at(&target);
        let item = to_item(&entity).map_err(|error| refused(named(error.into())))?;
        Self::planned::<E>(db, &target, |planner| planner.put_unchecked(item, None)).map_err(
            |error| {
                // The key was checked before: what else is wrong with a put is its size.
                let why = if error.is_invalid_input() {
                    Why::Oversized
                } else {
                    Why::Refused
                };
                Undone::new(why, named(error))
            },
        )
    }

    pub(super) fn delete<E: Replaceable>(
        db: &Db,
        table: &Table<E>,
        key: impl IntoKey<E::Key>,
    ) -> Planned {
        let plan = || {
            let target = table.target(key)?;
            Self::planned::<E>(db, &target, |planner| planner.delete_unchecked(None))
                .map_err(|error| error.at(&target))
        };
        plan().map_err(|error| Undone::new(Why::Refused, error))
    }

    fn planned<E: Replaceable>(
        db: &Db,
        target: &Target,
        plan: impl FnOnce(Planner<'_>) -> Result<(WriteRequest, Expired)>,
    ) -> Result<Box<Self>> {
        let issued = db.identity().issue_blind();
        let (request, expired) = plan(Planner {
            schema: E::SCHEMA,
            target,
            issued,
            expiry: Expiry::hiding(E::SCHEMA, || db.clock().wall()),
            writers: db.journal_writers(),
        })?;
        Ok(Box::new(Self {
            bytes: size_in_body(&request),
            request,
            expired,
            schema: E::SCHEMA,
            id: issued.id,
            in_doubt: false,
            stands_in_the_way: stands_in_the_way::<E>,
        }))
    }

    pub(super) fn target(&self) -> &Target {
        &self.request.target
    }

    /// Whether no batch can hold it, since it has a condition or computes.
    pub(super) fn goes_alone(&self) -> bool {
        let computes = matches!(self.request.operation, WriteOperation::Update { .. });
        computes || self.request.expression.condition.is_some()
    }

    /// Whether an image that was read after it was sent shows that it was carried out.
    pub(super) fn is_shown_by(&self, image: Option<&Item>) -> bool {
        match (&self.request.operation, image) {
            (WriteOperation::Put { .. }, Some(image)) => {
                Seen::of(&self.schema.lock, image).shows(&self.id)
            }
            (WriteOperation::Delete, image) => image.is_none(),
            (WriteOperation::Put { .. } | WriteOperation::Update { .. }, _) => false,
        }
    }
}

/// What stands in every body, besides tables and entries.
pub(super) const ENVELOPE: usize =
    r#"{"RequestItems":{},"ReturnConsumedCapacity":"INDEXES"}"#.len();

/// At most how many bytes of a body an operation takes, its table's part included.
pub(super) fn size_in_body(request: &WriteRequest) -> usize {
    // Names of tables have no character that JSON escapes.
    let table = r#""":[],"#.len() + request.target.table().len();
    let entry = match &request.operation {
        WriteOperation::Put { item } => r#"{"PutRequest":{"Item":}},"#.len() + body_size(item),
        WriteOperation::Delete | WriteOperation::Update { .. } => {
            r#"{"DeleteRequest":{"Key":}},"#.len() + body_size(&request.target.key_item())
        }
    };
    table + entry
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::chunk::tests::SCHEMA as KEY;
    use super::*;
    use crate::expr::Compiled;
    use crate::key::{Key, KeyScalar};
    use crate::lock::{LockKind, LockSchema, WriterId};
    use crate::value::AttributeValue;

    const SCHEMA: &Schema = &Schema {
        table: "t",
        key: *KEY,
        lock: LockSchema {
            kind: LockKind::Uuid,
            attribute: "lock",
            journal: None,
        },
        ttl: None,
        kind: None,
        attributes: &[],
        indexes: &[],
    };

    /// A put of the item under a number, in a table.
    pub(in crate::batch) fn put_in(table: &str, id: usize, bytes: usize) -> Operation {
        let key = Key::new(KeyScalar::N(id.to_string()), None);
        let target = Target::new(&table.into(), key, KEY);
        let item = target.key_item();
        Operation {
            request: WriteRequest {
                target,
                operation: WriteOperation::Put { item },
                expression: Compiled::default(),
            },
            expired: Expired::Counts,
            schema: SCHEMA,
            id: WriteId::fresh(WriterId::fresh()),
            in_doubt: false,
            bytes,
            stands_in_the_way: |_| None,
        }
    }

    pub(in crate::batch) fn put(id: usize) -> Operation {
        put_in("t", id, 100)
    }

    pub(in crate::batch) fn delete(id: usize) -> Operation {
        let mut delete = put(id);
        delete.request.operation = WriteOperation::Delete;
        delete
    }

    #[test]
    fn a_put_is_known_by_its_id_and_a_delete_by_absence() {
        let (put, delete) = (put(1), delete(1));
        let mut item = put.target().key_item();
        assert!(!put.is_shown_by(None) && delete.is_shown_by(None));
        assert!(!put.is_shown_by(Some(&item)) && !delete.is_shown_by(Some(&item)));
        let uuid = AttributeValue::S(put.id.to_string());
        item.insert("lock".into(), uuid);
        assert!(put.is_shown_by(Some(&item)));
        let mut update = put;
        let returns = crate::wire::Returns::Nothing;
        update.request.operation = WriteOperation::Update { returns };
        assert!(!update.is_shown_by(Some(&item)) && update.goes_alone());
    }
}
