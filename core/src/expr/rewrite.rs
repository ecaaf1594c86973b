use super::{Action, Path};
use crate::value::{AttributeValue, Item};

/// DynamoDB refuses a change of a list together with one of its elements. Where an edit adds to a list and changes elements
/// of it, as to move one to the end, the list is set as a whole: what was read, changed.
pub(super) fn rewrite(actions: Vec<Action>, image: &Item) -> Vec<Action> {
    let grows = |path: &Path| actions.iter().any(|a| is_growth(a) && a.path() == path);
    let mut lists: Vec<Path> = Vec::new();
    for (list, _) in actions.iter().filter_map(element) {
        if grows(&list) && !lists.contains(&list) {
            lists.push(list);
        }
    }
    lists.into_iter().fold(actions, |actions, list| {
        let (mine, mut others): (Vec<_>, Vec<_>) = actions.into_iter().partition(|action| {
            is_growth(action) && *action.path() == list
                || element(action).is_some_and(|(of, _)| of == list)
        });
        let changed = changed(list.find(image), mine);
        others.push(Action::Set(list, AttributeValue::L(changed)));
        others
    })
}

fn is_growth(action: &Action) -> bool {
    matches!(action, Action::Append { .. } | Action::Prepend { .. })
}

/// The list and index of the element that an action sets or removes.
fn element(action: &Action) -> Option<(Path, usize)> {
    match action {
        Action::Set(path, _) | Action::Remove(path) => path.split_index(),
        _ => None,
    }
}

/// The list that these actions make of the one that was read; all indices are of that one.
fn changed(stored: Option<&AttributeValue>, actions: Vec<Action>) -> Vec<AttributeValue> {
    let list = |value: AttributeValue| match value {
        AttributeValue::L(list) => list,
        _ => Vec::new(),
    };
    let stored = stored.filter(|stored| !stored.is_null()).cloned().map(list);
    let mut missing = None;
    let mut elements: Vec<_> = stored.iter().flatten().cloned().map(Some).collect();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for action in actions {
        let place = element(&action).map(|(_, index)| index);
        match action {
            Action::Append { to, elements, .. } => {
                missing = Some(to);
                after.extend(list(elements));
            }
            Action::Prepend { to, elements, .. } => {
                missing = Some(to);
                before.splice(0..0, list(elements));
            }
            Action::Set(_, value) => match place.and_then(|index| elements.get_mut(index)) {
                Some(element) => *element = Some(value),
                // DynamoDB puts an element behind the end at the end.
                None => elements.push(Some(value)),
            },
            _ => {
                if let Some(element) = place.and_then(|index| elements.get_mut(index)) {
                    *element = None;
                }
            }
        }
    }
    if stored.is_none() {
        elements = missing.map(list).into_iter().flatten().map(Some).collect();
    }
    before
        .into_iter()
        .chain(elements.into_iter().flatten())
        .chain(after)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(number: u32) -> AttributeValue {
        AttributeValue::N(number.to_string())
    }

    fn list(numbers: &[u32]) -> AttributeValue {
        AttributeValue::L(numbers.iter().map(|number| n(*number)).collect())
    }

    #[test]
    fn a_list_that_grows_while_its_elements_change_is_set_as_a_whole() {
        let path = || Path::attribute("l");
        let append = |elements| Action::Append {
            path: path(),
            to: list(&[]),
            elements,
        };
        let image = Item::from([("l".to_owned(), list(&[1, 2, 3]))]);
        let other = Action::Remove(Path::attribute("m").then(0));
        let moved = vec![
            Action::Remove(path().then(0)),
            other.clone(),
            append(list(&[1])),
            Action::Set(path().then(1), n(7)),
        ];
        let expected = vec![other.clone(), Action::Set(path(), list(&[7, 3, 1]))];
        assert_eq!(rewrite(moved, &image), expected);
        let apart = vec![other, append(list(&[1]))];
        assert_eq!(rewrite(apart.clone(), &image), apart);
    }
}
