use super::{Action, Path};
use crate::error::{Error, Result};
use crate::value::{AttributeValue, Item};

/// Changes of an item, over the attributes that it is to have if there is none: where an attribute is missing, it starts
/// from `item`.
///
/// # Errors
/// A change inside an attribute of `item`: DynamoDB cannot set an attribute and change what is inside it in one request.
pub(crate) fn over(
    mut actions: Vec<Action>,
    names: impl Iterator<Item = &'static str>,
    mut item: Item,
) -> Result<Vec<Action>> {
    let mut initial = Vec::new();
    for name in names {
        let Some(value) = item.remove(name) else {
            continue;
        };
        let mut touched = actions.iter_mut().filter(|a| a.path().root() == name);
        match touched.next() {
            None => initial.push(Action::SetIfMissing(Path::attribute(name), value)),
            Some(action) if action.path().steps().is_empty() => start_from(action, value),
            Some(action) => return Err(inside(action.path(), name)),
        }
    }
    actions.extend(initial);
    Ok(actions)
}

fn start_from(action: &mut Action, value: AttributeValue) {
    match action {
        Action::Add { from, .. } | Action::Subtract { from, .. } => *from = value,
        Action::Append { to, .. } | Action::Prepend { to, .. } => *to = value,
        // What they leave does not depend on what was there; sets start empty.
        Action::Set(..)
        | Action::SetIfMissing(..)
        | Action::Remove(_)
        | Action::Insert(..)
        | Action::Delete(..) => {}
    }
}

fn inside(path: &Path, name: &str) -> Error {
    Error::invalid(format!(
        "the change of `{path}` lies inside `{name}`, which `or_insert` sets where it is missing; one request cannot do \
         both: use `modify(…).or_insert_with(…)`"
    ))
}
