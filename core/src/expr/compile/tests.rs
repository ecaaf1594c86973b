use super::*;

fn one() -> AttributeValue {
    AttributeValue::N("1".into())
}

#[test]
fn names_and_values_are_aliased_and_shared() {
    let name = Path::attribute("name");
    let nested = Path::attribute("size").then("a.b").then(0).then("name");
    let compiled = Compiler::default()
        .update(vec![
            Action::Set(nested, one()),
            Action::Remove(name.clone()),
            Action::Insert(Path::attribute("s"), one()),
        ])
        .unwrap()
        .condition(
            Tree::equals(name.clone(), one())
                .and(Tree::Exists(name.clone()).or(Tree::Not(Box::new(Tree::Missing(name))))),
        )
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(
        compiled.update.as_deref(),
        Some("SET #n0.#n1[0].#n2 = :v0 REMOVE #n2 ADD #n3 :v0")
    );
    assert_eq!(
        compiled.condition.as_deref(),
        Some("#n2 = :v0 AND (attribute_exists(#n2) OR NOT (attribute_not_exists(#n2)))")
    );
    assert_eq!(compiled.names[1], "a.b");
    assert_eq!(compiled.names.len(), 4);
    assert_eq!(compiled.values, [one()]);
}

#[test]
fn a_projection_goes_on_from_what_is_compiled() {
    let filter = Tree::equals(Path::attribute("b"), one());
    let filtered = Compiler::default().condition(filter).unwrap();
    let filtered = filtered.finish().unwrap();
    let selecting = Compiler::upon(filtered.clone()).projection(vec!["a", "b", "c"]);
    let selecting = selecting.finish().unwrap();
    assert_eq!(selecting.projection.as_deref(), Some("#n1, #n0, #n2"));
    assert_eq!(selecting.names, ["b", "a", "c"]);
    assert_eq!(selecting.condition, filtered.condition);
    assert_eq!(selecting.values, filtered.values);
    let long = vec!["a"; 2000];
    let error = Compiler::default().projection(long).finish().unwrap_err();
    assert!(error.to_string().contains("projection"), "{error}");
}

#[test]
fn overlapping_paths_are_refused() {
    let list = Path::attribute("l");
    for other in [
        list.clone(),
        list.clone().then(0),
        list.clone().then(0).then("a"),
    ] {
        let actions = vec![Action::Set(other, one()), Action::Remove(list.clone())];
        assert!(Compiler::default().update(actions).is_err());
    }
    let apart = vec![
        Action::Remove(list.clone().then(0)),
        Action::Remove(list.then(1)),
        Action::Set(Path::attribute("m"), one()),
    ];
    assert!(Compiler::default().update(apart).is_ok());
}

#[test]
fn limits_are_errors_that_name_them() {
    let path = Path::attribute("a");
    let set = |value| vec![Action::Set(Path::attribute("a"), value)];
    let error = |compiler: Compiler| compiler.finish().unwrap_err().to_string();
    let large = AttributeValue::S("x".repeat(3 * 1024 * 1024));
    assert!(error(Compiler::default().update(set(large)).unwrap()).contains("2097152"));
    let many: Vec<_> = (0..900)
        .map(|i| Action::Remove(Path::attribute("l").then(i)))
        .collect();
    assert!(error(Compiler::default().update(many).unwrap()).contains("4096"));
    let many: Vec<_> = (0..301).map(|_| Tree::Exists(path.clone())).collect();
    assert!(
        Compiler::default()
            .condition(Tree::All(many))
            .unwrap()
            .finish()
            .is_err()
    );
    let tree = Tree::In(path.clone(), vec![one(); 101]);
    assert!(Compiler::default().condition(tree).is_err());
}
