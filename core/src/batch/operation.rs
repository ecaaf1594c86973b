//! Pure: one put or delete of a batch, planned.

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::report::{Undone, Why};
use crate::db::{Db, Issued, Table};
use crate::entity::{Expiry, Replaceable, Schema, to_item};
use crate::error::{Error, Result};
use crate::key::{IntoKey, Target};
use crate::lock::{Seen, WriteId};
use crate::table::stands_in_the_way;
use crate::value::{Item, body_size};
use crate::wire::{WriteOperation, WriteRequest};
use crate::write::{Expired, Planner};

/// Plans a write, under the id that was issued for it.
type Plan = Box<dyn Fn(Planner<'_>) -> Result<(WriteRequest, Expired)> + Send>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Put,
    Delete,
    /// No batch can hold it, since it has a condition or computes.
    Alone {
        deletes: bool,
    },
}

/// A put or delete, or why it cannot be one.
pub(super) type Planned = Result<Operation, Undone>;

/// One put or delete. Each copy of it is the same request. It is passed on several times, so it is small.
pub(super) struct Operation(Box<Inner>);

pub(super) struct Inner {
    target: Target,
    kind: Kind,
    /// The request, until the first copy takes it. Most are sent once, so none is cloned.
    request: Option<WriteRequest>,
    /// The request once more.
    plan: Plan,
    /// What an item that has expired is to it.
    pub(super) expired: Expired,
    terms: Terms,
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
        let plan = move |planner: Planner<'_>| planner.put_unchecked(to_item(&entity)?, None);
        Self::planned::<E>(db, &target, Box::new(plan)).map_err(|error| {
            // The key was checked before: what else is wrong with a put is its size.
            let why = if error.is_invalid_input() {
                Why::Oversized
            } else {
                Why::Refused
            };
            Undone::new(why, named(error))
        })
    }

    pub(super) fn delete<E: Replaceable>(
        db: &Db,
        table: &Table<E>,
        key: impl IntoKey<E::Key>,
    ) -> Planned {
        let plan = || {
            let target = table.target(key)?;
            Self::planned::<E>(
                db,
                &target,
                Box::new(|planner| planner.delete_unchecked(None)),
            )
            .map_err(|error| error.at(&target))
        };
        plan().map_err(|error| Undone::new(Why::Refused, error))
    }

    fn planned<E: Replaceable>(db: &Db, target: &Target, plan: Plan) -> Result<Self> {
        let issued = db.identity().issue_blind();
        let terms = Terms {
            schema: E::SCHEMA,
            issued,
            expiry: Expiry::hiding(E::SCHEMA, || db.clock().wall()),
            writers: db.journal_writers(),
        };
        let (request, expired) = plan(terms.planner(target))?;
        let deletes = matches!(request.operation, WriteOperation::Delete);
        let kind = match request.operation {
            WriteOperation::Put { .. } if request.expression.condition.is_none() => Kind::Put,
            WriteOperation::Delete if request.expression.condition.is_none() => Kind::Delete,
            _ => Kind::Alone { deletes },
        };
        Ok(Self(Box::new(Inner {
            target: target.clone(),
            kind,
            bytes: size_in_body(&request),
            request: Some(request),
            plan,
            expired,
            terms,
            in_doubt: false,
            stands_in_the_way: stands_in_the_way::<E>,
        })))
    }
}

impl Deref for Operation {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl DerefMut for Operation {
    fn deref_mut(&mut self) -> &mut Inner {
        &mut self.0
    }
}

impl Inner {
    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    pub(super) fn schema(&self) -> &'static Schema {
        self.terms.schema
    }

    /// What a put leaves in its item, to be known by.
    pub(super) fn id(&self) -> &WriteId {
        &self.terms.issued.id
    }

    /// Whether no batch can hold it.
    pub(super) fn goes_alone(&self) -> bool {
        matches!(self.kind, Kind::Alone { .. })
    }

    /// The request of one copy.
    ///
    /// # Errors
    /// The entity encoded once, and does not encode again.
    pub(super) fn request(&mut self) -> Result<WriteRequest> {
        if let Some(request) = self.request.take() {
            return Ok(request);
        }
        let (request, _) = (self.plan)(self.terms.planner(&self.target))?;
        Ok(request)
    }

    /// Whether an image that was read after it was sent shows that it was carried out.
    pub(super) fn is_shown_by(&self, image: Option<&Item>) -> bool {
        match (self.kind, image) {
            (Kind::Put, Some(image)) => Seen::of(&self.schema().lock, image).shows(self.id()),
            (Kind::Delete | Kind::Alone { deletes: true }, image) => image.is_none(),
            (Kind::Put | Kind::Alone { .. }, _) => false,
        }
    }
}

/// What a write is planned with, each time as the first time.
struct Terms {
    schema: &'static Schema,
    issued: Issued,
    expiry: Option<Expiry>,
    writers: u8,
}

impl Terms {
    fn planner<'a>(&self, target: &'a Target) -> Planner<'a> {
        Planner {
            schema: self.schema,
            target,
            issued: self.issued,
            expiry: self.expiry,
            writers: self.writers,
        }
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {:?}", self.kind, self.target)
    }
}

/// What stands in every body, besides tables and entries.
pub(super) const ENVELOPE: usize =
    r#"{"RequestItems":{},"ReturnConsumedCapacity":"INDEXES"}"#.len();

/// At most how many bytes of a body an operation takes, its table's part included.
fn size_in_body(request: &WriteRequest) -> usize {
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
    use crate::db::Identity;
    use crate::expr::Compiled;
    use crate::key::{Key, KeyScalar};
    use crate::lock::{LockKind, LockSchema};
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

    /// An operation on the item under a number, in a table.
    fn operation(table: &str, id: usize, kind: Kind, write: WriteOperation) -> Operation {
        let key = Key::new(KeyScalar::N(id.to_string()), None);
        let target = Target::new(&table.into(), key, KEY);
        let request = WriteRequest {
            target: target.clone(),
            operation: write,
            expression: Compiled::default(),
        };
        Operation(Box::new(Inner {
            target,
            kind,
            bytes: size_in_body(&request),
            request: Some(request.clone()),
            plan: Box::new(move |_| Ok((request.clone(), Expired::Counts))),
            expired: Expired::Counts,
            terms: Terms {
                schema: SCHEMA,
                issued: Identity::new(None).issue(),
                expiry: None,
                writers: 8,
            },
            in_doubt: false,
            stands_in_the_way: |_| None,
        }))
    }

    pub(in crate::batch) fn put_of(table: &str, id: usize, item: Item) -> Operation {
        operation(table, id, Kind::Put, WriteOperation::Put { item })
    }

    pub(in crate::batch) fn put_in(table: &str, id: usize, bytes: usize) -> Operation {
        let mut put = put_of(table, id, Item::new());
        put.bytes = bytes;
        put
    }

    pub(in crate::batch) fn put(id: usize) -> Operation {
        put_in("t", id, 100)
    }

    pub(in crate::batch) fn delete(id: usize) -> Operation {
        operation("t", id, Kind::Delete, WriteOperation::Delete)
    }

    pub(in crate::batch) fn alone(id: usize) -> Operation {
        let kind = Kind::Alone { deletes: true };
        operation("t", id, kind, WriteOperation::Delete)
    }

    #[test]
    fn a_put_is_known_by_its_id_and_a_delete_by_absence() {
        let (put, delete) = (put(1), delete(1));
        let mut item = put.target().key_item();
        assert!(!put.is_shown_by(None) && delete.is_shown_by(None));
        assert!(!put.is_shown_by(Some(&item)) && !delete.is_shown_by(Some(&item)));
        let uuid = AttributeValue::S(put.id().to_string());
        item.insert("lock".into(), uuid);
        assert!(put.is_shown_by(Some(&item)));
        assert!(alone(1).goes_alone() && alone(1).is_shown_by(None));
    }

    #[test]
    fn each_copy_is_the_same_request() {
        let mut put = put(1);
        let copies = [(); 3].map(|()| format!("{:?}", put.request().unwrap()));
        assert!(copies[0] == copies[1] && copies[1] == copies[2]);
    }
}
