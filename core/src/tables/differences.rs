use super::shape::{Index, Shape};

/// What is said of indexes that a table has and no entity maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unmapped {
    Differ,
    Accepted,
}

/// How a table that is there differs from what is wanted, each difference a clause.
pub(super) fn differences(wanted: &Shape, found: &Shape, unmapped: Unmapped) -> Vec<String> {
    let mut all = Vec::new();
    if found.key != wanted.key {
        all.push(format!("its key is {}, not {}", found.key, wanted.key));
    }
    for index in &wanted.indexes {
        match found.index(&index.name) {
            None => all.push(format!("index `{}` is missing ({index})", index.name)),
            Some(found) => of_index(index, found, &mut all),
        }
    }
    if unmapped == Unmapped::Differ {
        let more = found
            .indexes
            .iter()
            .filter(|index| wanted.index(&index.name).is_none());
        all.extend(more.map(|index| format!("index `{}` is mapped by no entity", index.name)));
    }
    all
}

fn of_index(wanted: &Index, found: &Index, all: &mut Vec<String>) {
    let name = &wanted.name;
    let kind = |local| if local { "local" } else { "global" };
    if found.local != wanted.local {
        let (is, not) = (kind(found.local), kind(wanted.local));
        all.push(format!("index `{name}` is {is}, not {not}"));
    }
    if found.key != wanted.key {
        let (is, not) = (&found.key, &wanted.key);
        all.push(format!("the key of index `{name}` is {is}, not {not}"));
    }
    if found.projection != wanted.projection {
        let (has, not) = (&found.projection, &wanted.projection);
        all.push(format!("index `{name}` has {has}, not {not}"));
    }
}
