//! Pure: what a verb sends, from what was read and what is wanted.

use std::collections::HashMap;

use crate::db::Issued;
use crate::entity::{Entity, Schema};
use crate::error::{Error, Result};
use crate::expr::{Action, Assignment, Compiler, Guard, Path, Tree};
use crate::lock::{Expected, HeldJournal, Left, Lock, LockKind, Operation, Write};
use crate::value::{AttributeValue, Item, MAX_ITEM_BYTES, item_size, largest};
use crate::wire::{Returns, WriteOperation, WriteRequest};

/// A write that is ready to be sent.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) issued: Issued,
    pub(super) write: Write,
    pub(super) request: WriteRequest,
    /// What must be unchanged besides the lock: list elements, and with `lock = values` whatever is replaced.
    pub(super) guard: Guard,
    /// The caller has a condition of its own.
    pub(super) conditioned: bool,
}

/// What a caller wants of a write besides the lock's part.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) actions: Vec<Action>,
    pub(super) guard: Guard,
    pub(super) condition: Option<Tree>,
}

/// A put of a new item: the plan, the lock it leaves, and the item.
pub(super) fn insert<E: Entity>(
    mut item: Item,
    issued: Issued,
    writers: u8,
) -> Result<(Planned, Left, Item)> {
    let expected = Expected::New;
    let left = expected.next(&E::SCHEMA.lock, issued.id, writers)?;
    for assignment in stamp(E::SCHEMA, &left) {
        assignment.apply(&mut item);
    }
    check_size(&item)?;
    let operation = WriteOperation::Put { item: item.clone() };
    let planned = plan::<E>(
        Operation::Insert,
        operation,
        Compiler::default(),
        Wanted::default(),
        (expected, Some(left.clone())),
        issued,
    )?;
    Ok((planned, left, item))
}

/// An update by assignments: the plan, the lock it leaves, and the item.
pub(super) fn save<E: Entity>(
    key: &Item,
    image: &Item,
    expected: &Expected,
    assignments: Vec<Assignment>,
    wanted: Wanted,
    issued: Issued,
    writers: u8,
) -> Result<(Planned, Left, Item)> {
    let mut leaves = image.clone();
    for assignment in &assignments {
        assignment.apply(&mut leaves);
    }
    let wanted = Wanted {
        actions: fewer(assignments, &leaves)
            .into_iter()
            .map(Action::from)
            .collect(),
        ..wanted
    };
    let (planned, left) = update::<E>(
        key,
        image,
        expected,
        wanted,
        Returns::Nothing,
        issued,
        writers,
    )?;
    for assignment in stamp(E::SCHEMA, &left) {
        assignment.apply(&mut leaves);
    }
    check_size(&leaves)?;
    Ok((planned, left, leaves))
}

/// More changes inside one map than this replace the map whole: an expression has at most 4 KB.
const MOST_INSIDE: usize = 50;

/// Replaces maps whole where too much changed inside them. Under the lock that is the same change.
fn fewer(assignments: Vec<Assignment>, leaves: &Item) -> Vec<Assignment> {
    let mut inside: HashMap<String, usize> = HashMap::new();
    for assignment in &assignments {
        *inside.entry(assignment.path.root().to_owned()).or_default() += 1;
    }
    let (many, mut few): (Vec<_>, Vec<_>) = assignments
        .into_iter()
        .partition(|assignment| inside[assignment.path.root()] > MOST_INSIDE);
    for assignment in many {
        let path = assignment.path.into_root();
        if few.iter().all(|known| known.path != path) {
            let value = leaves.get(path.root()).cloned();
            few.push(Assignment { path, value });
        }
    }
    few
}

/// An update of what was read: the plan, and the lock it leaves.
pub(super) fn update<E: Entity>(
    key: &Item,
    image: &Item,
    expected: &Expected,
    mut wanted: Wanted,
    returns: Returns,
    issued: Issued,
    writers: u8,
) -> Result<(Planned, Left)> {
    let left = expected.next(&E::SCHEMA.lock, issued.id, writers)?;
    if E::SCHEMA.lock.kind == LockKind::Values {
        for action in &wanted.actions {
            let path = action.path();
            let replaces = matches!(action, Action::Set(..) | Action::Remove(_));
            // The time of change is no value that two writers could disagree on.
            if (replaces || path.is_in_list()) && !is_automatic(E::SCHEMA, path) {
                wanted.guard.keep(path.clone(), path.find(image).cloned());
            }
        }
    }
    let stamp = stamp(E::SCHEMA, &left).into_iter().map(Action::from);
    wanted.actions.extend(stamp);
    let compiler = Compiler::default().update(&wanted.actions)?;
    let operation = WriteOperation::Update {
        key: key.clone(),
        returns,
    };
    let planned = plan::<E>(
        Operation::Update,
        operation,
        compiler,
        wanted,
        (expected.clone(), Some(left.clone())),
        issued,
    )?;
    Ok((planned, left))
}

fn is_automatic(schema: &Schema, path: &Path) -> bool {
    let mut attributes = schema.attributes.iter();
    attributes.any(|attribute| attribute.automatic && attribute.name == path.root())
}

/// Everything that the entity maps must be as in the image.
pub(super) fn guard_all(schema: &Schema, image: &Item, guard: &mut Guard) {
    for attribute in schema.attributes {
        for name in std::iter::once(&attribute.name).chain(attribute.aliases) {
            guard.keep(Path::attribute(name), image.get(*name).cloned());
        }
    }
}

/// A delete of what was read. With `lock = values`, everything that the entity maps must be unchanged.
pub(super) fn delete<E: Entity>(
    key: &Item,
    image: &Item,
    expected: &Expected,
    mut wanted: Wanted,
    issued: Issued,
) -> Result<Planned> {
    if E::SCHEMA.lock.kind == LockKind::Values {
        guard_all(E::SCHEMA, image, &mut wanted.guard);
    }
    plan::<E>(
        Operation::Delete,
        WriteOperation::Delete { key: key.clone() },
        Compiler::default(),
        wanted,
        (expected.clone(), None),
        issued,
    )
}

fn plan<E: Entity>(
    operation: Operation,
    request: WriteOperation,
    compiler: Compiler,
    wanted: Wanted,
    (expected, left): (Expected, Option<Left>),
    issued: Issued,
) -> Result<Planned> {
    let conditioned = wanted.condition.is_some();
    let condition = [wanted.guard.condition(), wanted.condition]
        .into_iter()
        .flatten()
        .fold(lock_condition(E::SCHEMA, &expected), Tree::and);
    let expression = compiler.condition(&condition)?.finish()?;
    Ok(Planned {
        issued,
        write: Write {
            operation,
            id: issued.id,
            expected,
            left,
        },
        request: WriteRequest {
            operation: request,
            expression,
            sdk_retries: E::SCHEMA.lock.kind != LockKind::Values,
        },
        guard: wanted.guard,
        conditioned,
    })
}

pub(super) fn check_size(item: &Item) -> Result<()> {
    let bytes = item_size(item);
    if bytes <= MAX_ITEM_BYTES {
        return Ok(());
    }
    let largest = largest(item).map_or(String::new(), |(name, bytes)| {
        format!("; the largest attribute is `{name}` with {bytes} bytes")
    });
    Err(Error::invalid(format!(
        "the item has {bytes} bytes, at most {MAX_ITEM_BYTES} are allowed{largest}"
    )))
}

/// Sets lock and journal.
pub(super) fn stamp(schema: &Schema, left: &Left) -> Vec<Assignment> {
    let set = |name, value| Assignment {
        path: Path::attribute(name),
        value: Some(value),
    };
    let lock = left.lock.as_ref();
    let lock = lock.map(|lock| set(schema.lock.attribute, lock.to_attribute()));
    let journal = schema.lock.journal.zip(left.journal.as_ref());
    let journal = journal.map(|(name, journal)| set(name, bytes(journal.to_bytes())));
    lock.into_iter().chain(journal).collect()
}

/// The condition that the item is still as expected (`ARCHITECTURE.md`, "Origins of a handle").
fn lock_condition(schema: &Schema, expected: &Expected) -> Tree {
    let partition_key = Path::attribute(schema.key.partition.0);
    let lock = Path::attribute(schema.lock.attribute);
    let (held, journal) = match expected {
        Expected::New => return Tree::Missing(partition_key),
        Expected::Unlocked => return Tree::Exists(partition_key),
        Expected::Legacy => return Tree::Exists(partition_key).and(Tree::Missing(lock)),
        Expected::Held { lock, journal } => (lock, journal),
    };
    let unmoved = Tree::equals(lock, held.to_attribute());
    let Some(name) = schema.lock.journal.map(Path::attribute) else {
        return unmoved;
    };
    let same_life = match (journal, held) {
        // A UUID belongs to one life of one item; a version may come back in the next.
        (HeldJournal::Off, _) | (HeldJournal::Kept(_), Lock::Uuid(_)) => return unmoved,
        (HeldJournal::Kept(journal), Lock::Version(_)) => {
            Tree::BeginsWith(name, bytes(journal.prefix()))
        }
        (HeldJournal::Missing, _) => Tree::Missing(name),
        (HeldJournal::Unreadable(raw), _) => Tree::equals(name, raw.clone()),
    };
    unmoved.and(same_life)
}

pub(super) fn bytes(bytes: Vec<u8>) -> AttributeValue {
    AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(bytes))
}
