use std::collections::HashMap;
use std::fmt::Write as _;

use super::{Action, Condition, Path};
use crate::value::AttributeValue;

/// An expression as DynamoDB takes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Compiled {
    pub(crate) update: Option<String>,
    pub(crate) condition: Option<String>,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: HashMap<String, AttributeValue>,
}

/// Compiles conditions and changes; the only place that invents placeholders. Every name has one, since many ordinary
/// words are reserved ("Reserved words in DynamoDB"); equal names and equal values share theirs.
#[derive(Default)]
pub(crate) struct Compiler {
    names: Vec<String>,
    values: Vec<AttributeValue>,
    update: Option<String>,
    condition: Option<String>,
}

impl Compiler {
    pub(crate) fn condition(mut self, condition: &Condition) -> Self {
        let text = self.render(condition);
        self.condition = Some(text);
        self
    }

    pub(crate) fn update(mut self, actions: &[Action]) -> Self {
        let (mut sets, mut removes) = (Vec::new(), Vec::new());
        for action in actions {
            match action {
                Action::Set(path, value) => {
                    sets.push(format!("{} = {}", self.path(path), self.value(value)));
                }
                Action::Remove(path) => removes.push(self.path(path)),
            }
        }
        let clauses: Vec<_> = [("SET", sets), ("REMOVE", removes)]
            .into_iter()
            .filter(|(_, parts)| !parts.is_empty())
            .map(|(verb, parts)| format!("{verb} {}", parts.join(", ")))
            .collect();
        self.update = (!clauses.is_empty()).then(|| clauses.join(" "));
        self
    }

    pub(crate) fn finish(self) -> Compiled {
        let placeholders = |mark: &'static str| (0..).map(move |i| format!("{mark}{i}"));
        Compiled {
            update: self.update,
            condition: self.condition,
            names: placeholders("#n").zip(self.names).collect(),
            values: placeholders(":v").zip(self.values).collect(),
        }
    }

    fn render(&mut self, condition: &Condition) -> String {
        match condition {
            Condition::Exists(path) => format!("attribute_exists({})", self.path(path)),
            Condition::Missing(path) => format!("attribute_not_exists({})", self.path(path)),
            Condition::Equals(path, value) => {
                format!("{} = {}", self.path(path), self.value(value))
            }
            Condition::BeginsWith(path, value) => {
                format!("begins_with({}, {})", self.path(path), self.value(value))
            }
            Condition::All(all) => {
                let parts: Vec<_> = all.iter().map(|c| self.render(c)).collect();
                parts.join(" AND ")
            }
        }
    }

    fn path(&mut self, path: &Path) -> String {
        let mut text = String::new();
        for name in path.names() {
            let dot = if text.is_empty() { "" } else { "." };
            let at = allocate(&mut self.names, name);
            // Writing to a String cannot fail.
            let _ = write!(text, "{dot}#n{at}");
        }
        text
    }

    fn value(&mut self, value: &AttributeValue) -> String {
        format!(":v{}", allocate(&mut self.values, value))
    }
}

fn allocate<T: PartialEq + Clone>(known: &mut Vec<T>, new: &T) -> usize {
    known.iter().position(|k| k == new).unwrap_or_else(|| {
        known.push(new.clone());
        known.len() - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_aliased_and_shared() {
        let one = AttributeValue::N("1".into());
        let (name, nested) = (
            Path::attribute("name"),
            Path::attribute("size").key("a.b").key("name"),
        );
        let compiled = Compiler::default()
            .update(&[
                Action::Set(nested, one.clone()),
                Action::Remove(name.clone()),
            ])
            .condition(&Condition::All(vec![
                Condition::Equals(name.clone(), one.clone()),
                Condition::Exists(name),
            ]))
            .finish();
        assert_eq!(
            compiled.update.as_deref(),
            Some("SET #n0.#n1.#n2 = :v0 REMOVE #n2")
        );
        assert_eq!(
            compiled.condition.as_deref(),
            Some("#n2 = :v0 AND attribute_exists(#n2)")
        );
        assert_eq!(compiled.names["#n1"], "a.b");
        assert_eq!(compiled.names.len(), 3);
        assert_eq!(compiled.values, HashMap::from([(":v0".to_owned(), one)]));
    }
}
