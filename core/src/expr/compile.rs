use std::collections::HashMap;
use std::fmt::Write as _;

use super::tree::{AttributeType, Operand, Tree};
use super::{Action, Path, Step};
use crate::error::{Error, Result};
use crate::value::{AttributeValue, size_of_value};

/// An expression as DynamoDB takes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Compiled {
    pub(crate) update: Option<String>,
    pub(crate) condition: Option<String>,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: HashMap<String, AttributeValue>,
}

impl Compiled {
    /// Whether an update adds to sets or takes from them.
    pub(crate) fn changes_sets(&self) -> bool {
        let update = self.update.as_deref().unwrap_or_default();
        update.contains("ADD ") || update.contains("DELETE ")
    }
}

// "Service, account, and table quotas in Amazon DynamoDB", expression parameters.
const MAX_BYTES: usize = 4096;
const MAX_OPERATORS: usize = 300;
const MAX_VALUE_BYTES: usize = 2 * 1024 * 1024;
const MAX_IN: usize = 100;

/// Compiles conditions and changes; the only place that invents placeholders. Every name has one, since many ordinary
/// words are reserved ("Reserved words in DynamoDB"); equal names and equal values share theirs.
#[derive(Default)]
pub(crate) struct Compiler {
    names: Vec<String>,
    values: Vec<AttributeValue>,
    operators: usize,
    update: Option<String>,
    condition: Option<String>,
}

impl Compiler {
    pub(crate) fn condition(mut self, condition: &Tree) -> Result<Self> {
        let text = self.render(condition)?;
        self.condition = Some(text);
        Ok(self)
    }

    pub(crate) fn update(mut self, actions: &[Action]) -> Result<Self> {
        no_overlap(actions)?;
        let mut clauses = [
            ("SET", Vec::new()),
            ("REMOVE", Vec::new()),
            ("ADD", Vec::new()),
            ("DELETE", Vec::new()),
        ];
        for action in actions {
            let (clause, text) = self.action(action);
            clauses[clause].1.push(text);
        }
        let clauses: Vec<_> = clauses
            .into_iter()
            .filter(|(_, parts)| !parts.is_empty())
            .map(|(verb, parts)| format!("{verb} {}", parts.join(", ")))
            .collect();
        self.update = (!clauses.is_empty()).then(|| clauses.join(" "));
        Ok(self)
    }

    pub(crate) fn finish(self) -> Result<Compiled> {
        for (what, text) in [("update", &self.update), ("condition", &self.condition)] {
            let bytes = text.as_ref().map_or(0, String::len);
            if bytes > MAX_BYTES {
                return Err(Error::invalid(format!(
                    "the {what} expression has {bytes} bytes, at most {MAX_BYTES} are allowed; change fewer places at once"
                )));
            }
        }
        if self.operators > MAX_OPERATORS {
            return Err(Error::invalid(format!(
                "the expressions have {} operators and functions, at most {MAX_OPERATORS} are allowed",
                self.operators
            )));
        }
        let bytes: usize = self.values.iter().map(size_of_value).sum();
        if bytes > MAX_VALUE_BYTES {
            return Err(Error::invalid(format!(
                "the values of the expressions have {bytes} bytes, at most {MAX_VALUE_BYTES} are allowed"
            )));
        }
        let placeholders = |mark: &'static str| (0..).map(move |i| format!("{mark}{i}"));
        Ok(Compiled {
            update: self.update,
            condition: self.condition,
            names: placeholders("#n").zip(self.names).collect(),
            values: placeholders(":v").zip(self.values).collect(),
        })
    }

    /// The clause that an action stands in, and its text.
    fn action(&mut self, action: &Action) -> (usize, String) {
        let path = self.path(action.path());
        self.operators += 1;
        let set = |right: String| (0, format!("{path} = {right}"));
        match action {
            Action::Set(_, value) => set(self.value(value)),
            Action::SetIfMissing(_, value) => {
                let value = self.value(value);
                set(format!("if_not_exists({path}, {value})"))
            }
            Action::Add { from, by, .. } => {
                let (from, by) = (self.value(from), self.value(by));
                set(format!("if_not_exists({path}, {from}) + {by}"))
            }
            Action::Subtract { from, by, .. } => {
                let (from, by) = (self.value(from), self.value(by));
                set(format!("if_not_exists({path}, {from}) - {by}"))
            }
            Action::Append { to, elements, .. } => {
                let (to, elements) = (self.value(to), self.value(elements));
                set(format!(
                    "list_append(if_not_exists({path}, {to}), {elements})"
                ))
            }
            Action::Prepend { to, elements, .. } => {
                let (to, elements) = (self.value(to), self.value(elements));
                set(format!(
                    "list_append({elements}, if_not_exists({path}, {to}))"
                ))
            }
            Action::Remove(_) => (1, path),
            Action::Insert(_, members) => (2, format!("{path} {}", self.value(members))),
            Action::Delete(_, members) => (3, format!("{path} {}", self.value(members))),
        }
    }

    fn render(&mut self, condition: &Tree) -> Result<String> {
        self.operators += 1;
        Ok(match condition {
            Tree::Compare(operand, comparator, value) => format!(
                "{} {} {}",
                self.operand(operand),
                comparator.symbol(),
                self.value(value)
            ),
            Tree::Between(operand, low, high) => format!(
                "{} BETWEEN {} AND {}",
                self.operand(operand),
                self.value(low),
                self.value(high)
            ),
            Tree::In(path, values) => {
                if values.len() > MAX_IN {
                    return Err(Error::invalid(format!(
                        "`is_in` takes at most {MAX_IN} values, got {}",
                        values.len()
                    )));
                }
                if values.is_empty() {
                    self.operators += 2;
                    let path = self.path(path);
                    // DynamoDB has no `false`.
                    return Ok(format!(
                        "attribute_exists({path}) AND attribute_not_exists({path})"
                    ));
                }
                let path = self.path(path);
                let values: Vec<_> = values.iter().map(|value| self.value(value)).collect();
                format!("{path} IN ({})", values.join(", "))
            }
            Tree::Exists(path) => format!("attribute_exists({})", self.path(path)),
            Tree::Missing(path) => format!("attribute_not_exists({})", self.path(path)),
            Tree::BeginsWith(path, value) => {
                format!("begins_with({}, {})", self.path(path), self.value(value))
            }
            Tree::Contains(path, value) => {
                format!("contains({}, {})", self.path(path), self.value(value))
            }
            Tree::TypeIs(path, of_type) => self.type_is(path, *of_type),
            Tree::Something(path) => {
                self.operators += 2;
                let null = self.type_is(path, AttributeType::Null);
                format!("attribute_exists({}) AND NOT ({null})", self.path(path))
            }
            Tree::Nothing(path) => {
                self.operators += 2;
                let null = self.type_is(path, AttributeType::Null);
                format!("attribute_not_exists({}) OR {null}", self.path(path))
            }
            Tree::All(parts) => self.join(parts, " AND ")?,
            Tree::Any(parts) => self.join(parts, " OR ")?,
            Tree::Not(tree) => format!("NOT ({})", self.render(tree)?),
        })
    }

    fn type_is(&mut self, path: &Path, of_type: AttributeType) -> String {
        let code = AttributeValue::S(of_type.code().to_owned());
        format!("attribute_type({}, {})", self.path(path), self.value(&code))
    }

    fn join(&mut self, parts: &[Tree], word: &str) -> Result<String> {
        let parts: Vec<_> = parts
            .iter()
            .map(|part| {
                let text = self.render(part)?;
                Ok(if part.is_compound() {
                    format!("({text})")
                } else {
                    text
                })
            })
            .collect::<Result<_>>()?;
        Ok(parts.join(word))
    }

    fn operand(&mut self, operand: &Operand) -> String {
        match operand {
            Operand::Value(path) => self.path(path),
            Operand::Size(path) => format!("size({})", self.path(path)),
        }
    }

    fn path(&mut self, path: &Path) -> String {
        let mut text = format!("#n{}", allocate(&mut self.names, path.root()));
        for step in path.steps() {
            // Writing to a String cannot fail.
            let _ = match step {
                Step::Key(key) => write!(text, ".#n{}", allocate(&mut self.names, &**key)),
                Step::Index(index) => write!(text, "[{index}]"),
            };
        }
        text
    }

    fn value(&mut self, value: &AttributeValue) -> String {
        format!(":v{}", allocate(&mut self.values, value))
    }
}

/// The index of what is known already, or of a new one.
fn allocate<T, Q>(known: &mut Vec<T>, new: &Q) -> usize
where
    T: std::borrow::Borrow<Q>,
    Q: PartialEq + ToOwned<Owned = T> + ?Sized,
{
    known
        .iter()
        .position(|k| k.borrow() == new)
        .unwrap_or_else(|| {
            known.push(new.to_owned());
            known.len() - 1
        })
}

/// DynamoDB refuses a change of one place together with a change inside it.
fn no_overlap(actions: &[Action]) -> Result<()> {
    for (i, action) in actions.iter().enumerate() {
        let path = action.path();
        if let Some(other) = actions[..i].iter().find(|o| o.path().overlaps(path)) {
            return Err(Error::invalid(format!(
                "`{path}` and `{}` overlap: one change cannot touch a place twice, nor a place and what is inside it",
                other.path()
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> AttributeValue {
        AttributeValue::N("1".into())
    }

    #[test]
    fn names_and_values_are_aliased_and_shared() {
        let name = Path::attribute("name");
        let nested = Path::attribute("size").then("a.b").then(0).then("name");
        let compiled = Compiler::default()
            .update(&[
                Action::Set(nested, one()),
                Action::Remove(name.clone()),
                Action::Insert(Path::attribute("s"), one()),
            ])
            .unwrap()
            .condition(
                &Tree::equals(name.clone(), one())
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
        assert_eq!(compiled.names["#n1"], "a.b");
        assert_eq!(compiled.names.len(), 4);
        assert_eq!(compiled.values, HashMap::from([(":v0".to_owned(), one())]));
    }

    #[test]
    fn overlapping_paths_are_refused() {
        let list = Path::attribute("l");
        for other in [
            list.clone(),
            list.clone().then(0),
            list.clone().then(0).then("a"),
        ] {
            let actions = [Action::Set(other, one()), Action::Remove(list.clone())];
            assert!(Compiler::default().update(&actions).is_err());
        }
        let apart = [
            Action::Remove(list.clone().then(0)),
            Action::Remove(list.then(1)),
            Action::Set(Path::attribute("m"), one()),
        ];
        assert!(Compiler::default().update(&apart).is_ok());
    }

    #[test]
    fn limits_are_errors_that_name_them() {
        let path = Path::attribute("a");
        let set = |value| [Action::Set(Path::attribute("a"), value)];
        let error = |compiler: Compiler| compiler.finish().unwrap_err().to_string();
        let large = AttributeValue::S("x".repeat(3 * 1024 * 1024));
        assert!(error(Compiler::default().update(&set(large)).unwrap()).contains("2097152"));
        let many: Vec<_> = (0..900)
            .map(|i| Action::Remove(Path::attribute("l").then(i)))
            .collect();
        assert!(error(Compiler::default().update(&many).unwrap()).contains("4096"));
        let many: Vec<_> = (0..301).map(|_| Tree::Exists(path.clone())).collect();
        assert!(
            Compiler::default()
                .condition(&Tree::All(many))
                .unwrap()
                .finish()
                .is_err()
        );
        let tree = Tree::In(path.clone(), vec![one(); 101]);
        assert!(Compiler::default().condition(&tree).is_err());
    }
}
