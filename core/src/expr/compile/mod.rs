mod projection;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

use crate::error::{Error, Result};
use crate::expr::action::Clause;
use crate::expr::compiled::{Compiled, NAME, VALUE, push_number, push_placeholder};
use crate::expr::key_condition::{KeyCondition, SortTest};
use crate::expr::tree::{AttributeType, Operand, Tree};
use crate::expr::{Action, Path, Step};
use crate::value::{AttributeValue, size_of_value};

// "Service, account, and table quotas in Amazon DynamoDB", expression parameters.
const MAX_BYTES: usize = 4096;
const MAX_OPERATORS: usize = 300;
const MAX_VALUE_BYTES: usize = 2 * 1024 * 1024;
const MAX_IN: usize = 100;

/// Compiles conditions and changes; the only place that invents placeholders. Every name has one, since many ordinary
/// words are reserved ("Reserved words in DynamoDB"); equal names and equal values share theirs.
#[derive(Default)]
pub(crate) struct Compiler {
    names: Vec<Cow<'static, str>>,
    values: Vec<AttributeValue>,
    operators: usize,
    /// What is being written.
    text: String,
    update: Option<String>,
    condition: Option<String>,
    key_condition: Option<String>,
    projection: Option<String>,
}

/// More than most expressions have.
const USUAL_BYTES: usize = 128;

impl Compiler {
    pub(crate) fn condition(mut self, condition: Tree) -> Result<Self> {
        self.text.reserve(USUAL_BYTES);
        self.render(condition)?;
        self.condition = Some(std::mem::take(&mut self.text));
        Ok(self)
    }

    pub(crate) fn key_condition(mut self, condition: KeyCondition) -> Self {
        self.text.reserve(USUAL_BYTES);
        let (name, partition) = condition.partition;
        self.operators += 1;
        self.name(name.into());
        self.say(" = ");
        self.value(partition.into());
        if let Some((name, test)) = condition.sort {
            self.operators += 2;
            self.say(" AND ");
            self.sort_test(name, test);
        }
        self.key_condition = Some(std::mem::take(&mut self.text));
        self
    }

    fn sort_test(&mut self, name: &'static str, test: SortTest) {
        match test {
            SortTest::Compare(comparator, value) => {
                self.name(name.into());
                self.say(" ");
                self.say(comparator.symbol());
                self.say(" ");
                self.value(value.into());
            }
            SortTest::Between(low, high) => {
                self.name(name.into());
                self.say(" BETWEEN ");
                self.value(low.into());
                self.say(" AND ");
                self.value(high.into());
            }
            SortTest::BeginsWith(prefix) => {
                self.function_of("begins_with", Path::attribute(name), prefix.into());
            }
        }
    }

    pub(crate) fn update(mut self, mut actions: Vec<Action>) -> Result<Self> {
        no_overlap(&actions)?;
        if actions.is_empty() {
            return Ok(self);
        }
        self.text.reserve(USUAL_BYTES);
        actions.sort_by_key(Clause::of);
        let mut last = None;
        for action in actions {
            let clause = Clause::of(&action);
            match last.replace(clause) {
                Some(last) if last == clause => self.say(", "),
                last => {
                    self.say(if last.is_some() { " " } else { "" });
                    self.say(clause.verb());
                }
            }
            self.action(action);
        }
        self.update = Some(std::mem::take(&mut self.text));
        Ok(self)
    }

    pub(crate) fn finish(self) -> Result<Compiled> {
        for (what, text) in [
            ("update", &self.update),
            ("condition", &self.condition),
            ("key condition", &self.key_condition),
            ("projection", &self.projection),
        ] {
            let bytes = text.as_ref().map_or(0, String::len);
            if bytes > MAX_BYTES {
                return Err(Error::invalid(format!(
                    "the {what} expression has {bytes} bytes, at most {MAX_BYTES} are allowed; name fewer places at once"
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
        Ok(Compiled {
            update: self.update,
            condition: self.condition,
            key_condition: self.key_condition,
            projection: self.projection,
            names: self.names,
            values: self.values,
        })
    }

    fn action(&mut self, action: Action) {
        self.operators += 1;
        match action {
            Action::Set(path, value) => {
                self.path(path);
                self.say(" = ");
                self.value(value);
            }
            Action::SetIfMissing(path, value) => {
                let path = self.path(path);
                self.say(" = ");
                self.if_not_exists(path, value);
            }
            Action::Add { path, from, by } => {
                let path = self.path(path);
                self.say(" = ");
                self.if_not_exists(path, from);
                self.say(" + ");
                self.value(by);
            }
            Action::Subtract { path, from, by } => {
                let path = self.path(path);
                self.say(" = ");
                self.if_not_exists(path, from);
                self.say(" - ");
                self.value(by);
            }
            Action::Append { path, to, elements } => {
                let path = self.path(path);
                self.say(" = list_append(");
                self.if_not_exists(path, to);
                self.say(", ");
                self.value(elements);
                self.say(")");
            }
            Action::Prepend { path, to, elements } => {
                let path = self.path(path);
                self.say(" = list_append(");
                self.value(elements);
                self.say(", ");
                self.if_not_exists(path, to);
                self.say(")");
            }
            Action::Remove(path) => {
                self.path(path);
            }
            Action::Insert(path, members) | Action::Delete(path, members) => {
                self.path(path);
                self.say(" ");
                self.value(members);
            }
        }
    }

    fn if_not_exists(&mut self, path: Range<usize>, value: AttributeValue) {
        self.say("if_not_exists(");
        self.again(path);
        self.say(", ");
        self.value(value);
        self.say(")");
    }

    fn render(&mut self, condition: Tree) -> Result<()> {
        self.operators += 1;
        match condition {
            Tree::Compare(operand, comparator, value) => {
                self.operand(operand);
                self.say(" ");
                self.say(comparator.symbol());
                self.say(" ");
                self.value(value);
            }
            Tree::Between(operand, low, high) => {
                self.operand(operand);
                self.say(" BETWEEN ");
                self.value(low);
                self.say(" AND ");
                self.value(high);
            }
            Tree::In(path, values) => self.is_in(path, values)?,
            Tree::Exists(path) => {
                self.function("attribute_exists", path);
                self.say(")");
            }
            Tree::Missing(path) => {
                self.function("attribute_not_exists", path);
                self.say(")");
            }
            Tree::BeginsWith(path, value) => self.function_of("begins_with", path, value),
            Tree::Contains(path, value) => self.function_of("contains", path, value),
            Tree::TypeIs(path, of_type) => self.type_is(path, of_type),
            Tree::Something(path) => {
                self.operators += 2;
                self.function("attribute_exists", path.clone());
                self.say(") AND NOT (");
                self.type_is(path, AttributeType::Null);
                self.say(")");
            }
            Tree::Nothing(path) => {
                self.operators += 2;
                self.function("attribute_not_exists", path.clone());
                self.say(") OR ");
                self.type_is(path, AttributeType::Null);
            }
            Tree::All(parts) => self.join(parts, " AND ")?,
            Tree::Any(parts) => self.join(parts, " OR ")?,
            Tree::Not(tree) => {
                self.say("NOT (");
                self.render(*tree)?;
                self.say(")");
            }
        }
        Ok(())
    }

    fn is_in(&mut self, path: Path, values: Vec<AttributeValue>) -> Result<()> {
        if values.len() > MAX_IN {
            return Err(Error::invalid(format!(
                "`is_in` takes at most {MAX_IN} values, got {}",
                values.len()
            )));
        }
        if values.is_empty() {
            // DynamoDB has no `false`.
            self.operators += 2;
            self.function("attribute_exists", path.clone());
            self.say(") AND ");
            self.function("attribute_not_exists", path);
            self.say(")");
            return Ok(());
        }
        self.path(path);
        for (index, value) in values.into_iter().enumerate() {
            self.say(if index == 0 { " IN (" } else { ", " });
            self.value(value);
        }
        self.say(")");
        Ok(())
    }

    /// A function, open behind its first argument.
    fn function(&mut self, name: &str, path: Path) {
        self.say(name);
        self.say("(");
        self.path(path);
    }

    fn function_of(&mut self, name: &str, path: Path, value: AttributeValue) {
        self.function(name, path);
        self.say(", ");
        self.value(value);
        self.say(")");
    }

    fn type_is(&mut self, path: Path, of_type: AttributeType) {
        let code = AttributeValue::S(of_type.code().to_owned());
        self.function_of("attribute_type", path, code);
    }

    fn join(&mut self, parts: Vec<Tree>, word: &str) -> Result<()> {
        for (index, part) in parts.into_iter().enumerate() {
            self.say(if index == 0 { "" } else { word });
            if part.is_compound() {
                self.say("(");
                self.render(part)?;
                self.say(")");
            } else {
                self.render(part)?;
            }
        }
        Ok(())
    }

    fn operand(&mut self, operand: Operand) {
        match operand {
            Operand::Value(path) => {
                self.path(path);
            }
            Operand::Size(path) => {
                self.function("size", path);
                self.say(")");
            }
        }
    }

    /// Writes a path; gives back where it stands.
    fn path(&mut self, path: Path) -> Range<usize> {
        let start = self.text.len();
        let (root, steps) = path.into_parts();
        self.name(root);
        for step in steps {
            match step {
                Step::Key(key) => {
                    self.say(".");
                    self.name(key);
                }
                Step::Index(index) => {
                    self.say("[");
                    push_number(&mut self.text, index);
                    self.say("]");
                }
            }
        }
        start..self.text.len()
    }

    fn name(&mut self, name: Cow<'static, str>) {
        let index = allocate(&mut self.names, name);
        push_placeholder(&mut self.text, NAME, index);
    }

    fn value(&mut self, value: AttributeValue) {
        let index = allocate(&mut self.values, value);
        push_placeholder(&mut self.text, VALUE, index);
    }

    fn say(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Writes again what stands there.
    fn again(&mut self, written: Range<usize>) {
        self.text.extend_from_within(written);
    }
}

/// The index of what is known already, or of a new one.
fn allocate<T: PartialEq>(known: &mut Vec<T>, new: T) -> usize {
    known.iter().position(|k| *k == new).unwrap_or_else(|| {
        known.push(new);
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
