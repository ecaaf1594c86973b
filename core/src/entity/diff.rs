use std::time::SystemTime;

use super::{AttributeSchema, Entity};
use crate::error::{Error, Result};
use crate::expr::{Assignment, Path};
use crate::key::{Key, KeySchema};
use crate::value::{AttributeValue, Encoded, Item, find, same, same_but_for_order};

/// What changed in an entity since its item was read or last written as `image`, as changes of that item. The time of
/// change alone is none; [`stamp`] adds it.
///
/// An attribute that is not as the image has it is compared with what the image reads as, never with the image itself: what
/// the struct does not know, or reads with less precision than is stored, stays untouched. Maps are compared entry by
/// entry where the image has the map; lists and scalars are replaced whole.
///
/// # Errors
/// The entity has another key than `key`, its lock view does not show `lock`, or a changed attribute cannot be stored.
pub(crate) fn changes<E: Entity>(
    entity: &E,
    key: &Key,
    lock: Option<&AttributeValue>,
    image: &Item,
) -> Result<Vec<Assignment>> {
    if entity.key() != *key {
        return Err(key_changed(&E::SCHEMA.key));
    }
    if !entity.shows_lock(lock) {
        return Err(Error::invalid(format!(
            "the field that shows lock attribute `{}` was changed; it is read-only",
            E::SCHEMA.lock.attribute
        )));
    }
    let mut assignments = Vec::new();
    change::<E>(entity, image, false, &mut assignments)?;
    Ok(assignments)
}

/// Sets the time of change and adds it to what changed.
///
/// # Errors
/// The time cannot be stored.
pub(crate) fn stamp<E: Entity>(
    entity: &mut E,
    now: SystemTime,
    image: &Item,
    assignments: &mut Vec<Assignment>,
) -> Result<()> {
    entity.stamp_change(now);
    change::<E>(entity, image, true, assignments)
}

/// The changes of attributes that follow from others and are none by themselves, or of all others.
fn change<E: Entity>(
    entity: &E,
    image: &Item,
    follows: bool,
    assignments: &mut Vec<Assignment>,
) -> Result<()> {
    let attributes = E::SCHEMA.attributes.iter().enumerate();
    let follow = |a: &AttributeSchema| a.automatic || a.made.is_some();
    for (index, attribute) in attributes.filter(|(_, a)| follow(a) == follows) {
        let found = find(image, attribute.name, attribute.aliases);
        if entity.is_stored_as(index, found) {
            continue;
        }
        let now = entity.encode(index).map_err(|e| e.of(attribute.name))?;
        let now = now.as_ref();
        if is_same(found, now) {
            continue;
        }
        let restored = || E::restored(index, found);
        let before = restored();
        let before = before.as_ref().ok().and_then(Option::as_ref);
        if is_same(before, now) || differs_in_chance(before, now, restored) {
            continue;
        }
        let path = Path::attribute(attribute.name);
        difference(path, before, now, image.get(attribute.name), assignments);
        remove_aliases(attribute, image, assignments);
    }
    Ok(())
}

fn is_same(a: Option<&AttributeValue>, b: Option<&AttributeValue>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => same(a, b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// Whether two values differ in nothing but an order that means nothing: a `HashSet` that is stored as a list comes out in
/// another order each time it is read.
fn differs_in_chance(
    before: Option<&AttributeValue>,
    now: Option<&AttributeValue>,
    restored: impl Fn() -> Encoded,
) -> bool {
    // Two members come out in one of two orders; sixteen times in the same one is an order.
    const READINGS: usize = 16;
    let (Some(before), Some(now)) = (before, now) else {
        return false;
    };
    // A scalar has no order.
    if !matches!(now, AttributeValue::L(_) | AttributeValue::M(_)) {
        return false;
    }
    let moved = |again: Encoded| matches!(again, Ok(Some(again)) if !same(&again, before));
    same_but_for_order(before, now) && (0..READINGS).any(|_| moved(restored()))
}

fn key_changed(key: &KeySchema) -> Error {
    let sort = key
        .sort
        .map_or(String::new(), |sort| format!(" or `{}`", sort.name));
    let fields: Vec<_> = key.fields().map(|field| format!("`{field}`")).collect();
    let made = if fields.is_empty() {
        String::new()
    } else {
        format!(", which is made of {},", fields.join(", "))
    };
    Error::invalid(format!(
        "key attribute `{}`{sort}{made} was changed; a key cannot change, insert a new item and delete this one",
        key.partition.name
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
