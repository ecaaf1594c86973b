//! Pure: what a verb that reads nothing sends. It moves the lock all the same.

use super::plan::{Wanted, bytes, check_size, stamp};
use crate::entity::{AttributeSchema, Entity};
use crate::error::Result;
use crate::expr::{Action, Assignment, Compiled, Compiler, Path, Tree};
use crate::lock::{Expected, Journal, LockKind, MAX_VERSION, WriteId};
use crate::value::{AttributeValue, Item};
use crate::wire::{Returns, WriteOperation, WriteRequest};

/// A change of an item that need not be there if `or_insert`.
pub(super) fn apply<E: Entity>(
    key: &Item,
    wanted: Wanted,
    or_insert: bool,
    returns: Returns,
    id: WriteId,
    writers: u8,
) -> Result<WriteRequest> {
    let exists = Tree::Exists(Path::attribute(E::SCHEMA.key.partition.0));
    let conditions = (!or_insert).then_some(exists).into_iter();
    // A value under an older name would not be seen.
    let touched = |a: &&AttributeSchema| wanted.actions.iter().any(|w| w.path().root() == a.name);
    let aliased = E::SCHEMA.attributes.iter().filter(touched).flat_map(|a| {
        let own = Path::attribute(a.name);
        let missing = |alias: &&'static str| Tree::Missing(Path::attribute(alias));
        a.aliases
            .iter()
            .map(move |alias| Tree::Exists(own.clone()).or(missing(alias)))
    });
    let conditions = conditions.chain(aliased).chain(wanted.condition).collect();
    update::<E>(key, wanted.actions, conditions, returns, id, writers)
}

/// A put of an item, whatever is there.
pub(super) fn put_unchecked<E: Entity>(
    key: &Item,
    mut item: Item,
    id: WriteId,
    writers: u8,
) -> Result<WriteRequest> {
    let schema = &E::SCHEMA.lock;
    if schema.kind == LockKind::Version && schema.journal.is_none() {
        // Version 1 again would let the holder of an older version 1 pass.
        check_size(&item)?;
        let names = E::SCHEMA.attributes.iter();
        let names = names.flat_map(|a| std::iter::once(&a.name).chain(a.aliases));
        let assignments = names.map(|name| Assignment {
            path: Path::attribute(name),
            value: item.remove(*name),
        });
        let actions = assignments.map(Action::from).collect();
        return update::<E>(key, actions, Vec::new(), Returns::Nothing, id, writers);
    }
    let mut left = Expected::New.next(schema, id, writers)?;
    left.journal = left.journal.map(|_| Journal::newborn(id, writers));
    for assignment in stamp(E::SCHEMA, &left) {
        assignment.apply(&mut item);
    }
    check_size(&item)?;
    Ok(unconditional(WriteOperation::Put { item }))
}

/// A delete of an item, whatever is there.
pub(super) fn delete_unchecked(key: &Item) -> WriteRequest {
    unconditional(WriteOperation::Delete { key: key.clone() })
}

fn unconditional(operation: WriteOperation) -> WriteRequest {
    WriteRequest {
        operation,
        expression: Compiled::default(),
        sdk_retries: false,
    }
}

/// An update that moves the lock and starts a journal where there is none.
fn update<E: Entity>(
    key: &Item,
    mut actions: Vec<Action>,
    mut conditions: Vec<Tree>,
    returns: Returns,
    id: WriteId,
    writers: u8,
) -> Result<WriteRequest> {
    let schema = &E::SCHEMA.lock;
    let lock = Path::attribute(schema.attribute);
    match schema.kind {
        LockKind::Version => {
            actions.push(Action::Add {
                path: lock.clone(),
                from: number(0),
                by: number(1),
            });
            let below = Tree::below(lock.clone(), number(MAX_VERSION));
            conditions.push(Tree::Missing(lock).or(below));
        }
        LockKind::Uuid => actions.push(Action::Set(lock, AttributeValue::S(id.to_string()))),
        LockKind::Values => {}
    }
    if let Some(journal) = schema.journal {
        let newborn = bytes(Journal::newborn(id, writers).to_bytes());
        actions.push(Action::SetIfMissing(Path::attribute(journal), newborn));
    }
    let compiler = Compiler::default().update(&actions)?;
    let expression = match conditions.into_iter().reduce(Tree::and) {
        Some(condition) => compiler.condition(&condition)?.finish()?,
        None => compiler.finish()?,
    };
    let key = key.clone();
    Ok(WriteRequest {
        operation: WriteOperation::Update { key, returns },
        expression,
        sdk_retries: false,
    })
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
