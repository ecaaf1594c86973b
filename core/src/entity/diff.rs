use super::{AttributeSchema, KeySchema, Schema, Snapshot};
use crate::error::{Error, Result};
use crate::expr::{Assignment, Path};
use crate::value::{AttributeValue, Item};

/// What changed between two snapshots of one entity, as changes of its item.
///
/// The older snapshot is of the same instance, never the raw image: what the struct does not know, or reads with less
/// precision than is stored, is the same in both and stays untouched. Maps are compared entry by entry where the image
/// has the map; lists and scalars are replaced whole. The time of change alone is no change.
///
/// # Errors
/// The key or the lock view was changed, or a changed attribute cannot be stored.
pub(crate) fn diff(
    schema: &Schema,
    before: &Snapshot,
    now: &Snapshot,
    image: &Item,
) -> Result<Vec<Assignment>> {
    if before.key != now.key {
        return Err(key_changed(&schema.key));
    }
    if before.lock_view != now.lock_view {
        return Err(Error::invalid(format!(
            "the field that shows lock attribute `{}` was changed; it is read-only",
            schema.lock.attribute
        )));
    }
    let mut assignments = Vec::new();
    let mut changed = false;
    for (index, attribute) in schema.attributes.iter().enumerate() {
        let same = matches!(
            (before.attributes.get(index), now.attributes.get(index)),
            (Some(Ok(before)), Some(Ok(now))) if before == now
        );
        if same {
            continue;
        }
        changed |= !attribute.automatic;
        if let Some(Err(error)) = now.attributes.get(index) {
            return Err(error.clone().of(attribute.name).into());
        }
        let path = Path::attribute(attribute.name);
        difference(
            path,
            before.attribute(index),
            now.attribute(index),
            image.get(attribute.name),
            &mut assignments,
        );
        remove_aliases(attribute, image, &mut assignments);
    }
    Ok(if changed { assignments } else { Vec::new() })
}

fn key_changed(key: &KeySchema) -> Error {
    let sort = key
        .sort
        .map_or(String::new(), |(sort, _)| format!(" or `{sort}`"));
    Error::invalid(format!(
        "key attribute `{}`{sort} was changed; a key cannot change, insert a new item and delete this one",
        key.partition.0
    ))
}

fn difference(
    path: Path,
    before: Option<&AttributeValue>,
    now: Option<&AttributeValue>,
    image: Option<&AttributeValue>,
    assignments: &mut Vec<Assignment>,
) {
    use AttributeValue::M;
    match (before, now, image) {
        (before, now, _) if before == now && before.is_some() => {}
        (Some(M(before)), Some(M(now)), Some(M(image))) => {
            // Sorted, so that one change is one expression.
            let mut keys: Vec<_> = before.keys().chain(now.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                let (before, now) = (before.get(key), now.get(key));
                difference(
                    path.clone().then(key.as_str()),
                    before,
                    now,
                    image.get(key),
                    assignments,
                );
            }
        }
        (_, Some(now), _) => assignments.push(Assignment {
            path,
            value: Some(now.clone()),
        }),
        (_, None, _) => assignments.push(Assignment { path, value: None }),
    }
}

/// A value read from an alias moves to the attribute's own name when it is written, or it would come back after a removal.
fn remove_aliases(attribute: &AttributeSchema, image: &Item, assignments: &mut Vec<Assignment>) {
    let stale = attribute.aliases.iter().filter(|a| image.contains_key(**a));
    assignments.extend(stale.map(|alias| Assignment {
        path: Path::attribute(alias),
        value: None,
    }));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values() -> impl Strategy<Value = AttributeValue> {
        let leaf = prop_oneof![
            "[a-c]".prop_map(AttributeValue::S),
            (0..5u8).prop_map(|n| AttributeValue::N(n.to_string())),
            Just(AttributeValue::Null(true)),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                proptest::collection::hash_map("[a-c]", inner.clone(), 0..3)
                    .prop_map(AttributeValue::M),
                proptest::collection::vec(inner, 0..3).prop_map(AttributeValue::L),
            ]
        })
    }

    /// What another service added to the item, below the top level.
    fn add_unknown(value: &mut AttributeValue) {
        if let AttributeValue::M(map) = value {
            map.values_mut().for_each(add_unknown);
            map.insert("unknown".into(), AttributeValue::Bool(true));
        }
    }

    fn strip_unknown(value: &mut AttributeValue) {
        if let AttributeValue::M(map) = value {
            map.remove("unknown");
            map.values_mut().for_each(strip_unknown);
        }
    }

    proptest! {
        #[test]
        fn applying_the_difference_gives_what_is_now(before in values(), now in values()) {
            let mut image = before.clone();
            add_unknown(&mut image);
            let mut item = Item::from([("x".to_owned(), image)]);
            let mut assignments = Vec::new();
            difference(Path::attribute("x"), Some(&before), Some(&now), item.get("x"), &mut assignments);
            prop_assert_eq!(assignments.is_empty(), before == now);
            for action in &assignments {
                action.apply(&mut item);
            }
            let still_there = matches!(
                (&before, &now, &item["x"]),
                (AttributeValue::M(_), AttributeValue::M(_), AttributeValue::M(x)) if x.contains_key("unknown")
            );
            let both_maps = matches!((&before, &now), (AttributeValue::M(_), AttributeValue::M(_)));
            prop_assert_eq!(still_there, both_maps);
            let mut known = item["x"].clone();
            strip_unknown(&mut known);
            prop_assert_eq!(known, now);
        }
    }
}
