use std::marker::PhantomData;

use super::key_condition::SortTest;
use crate::key::{KeyFor, KeyScalar, KeyTemplates, Template, Written};
use crate::value::ValueError;

/// What the derive says of an entity that has a sort key and whose keys are made by templates.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "what is queried here has no sort key",
    label = "`{Self}` has no sort key",
    note = "a partition holds one item at most here: use `get`"
)]
pub trait SortTemplate {
    /// What asks for sort keys of the entity.
    type SortKey;

    fn sort_key() -> Self::SortKey;
}

/// The sort key by template of `E`, as far as its parts are given. The derive makes a method of each part.
#[doc(hidden)]
#[derive(Debug)]
#[must_use]
pub struct SortParts<E> {
    template: Template,
    /// How many pieces of the template are written.
    pieces: usize,
    written: Written,
    of: PhantomData<fn() -> E>,
}

/// Sort keys by template from one value of a part to another; made by the `…_between` methods of such a key. `Debug` shows no
/// values.
#[must_use]
pub struct PartRange<E> {
    test: Result<SortTest, ValueError>,
    of: PhantomData<fn() -> E>,
}

impl<E> SortParts<E> {
    /// No part yet: the text in front of the first.
    pub fn none() -> Self
    where
        E: KeyTemplates,
    {
        let template = E::KEY.sort.and_then(|sort| sort.template);
        let mut parts = Self {
            template: template.unwrap_or(Template { pieces: &[] }),
            pieces: 0,
            written: Written::default(),
            of: PhantomData,
        };
        parts.write_text();
        parts
    }

    /// With the next part.
    pub fn then<T>(mut self, part: impl KeyFor<T>) -> Self {
        self.write(&part.scalar());
        self
    }

    /// The next part is from `low` to `high`, both included; the parts behind it are any.
    pub fn between<T>(self, low: impl KeyFor<T>, high: impl KeyFor<T>) -> PartRange<E> {
        // Where text follows, no part holds its first byte or one below: every key with `high` is below `high` and the next.
        let end = self.template.separator(self.pieces);
        let mut above = self.written.clone();
        self.template
            .write_part(self.pieces, &high.scalar(), &mut above);
        above.text.extend(end.map(|byte| char::from(byte + 1)));
        let below = self.then(low).written;
        let test = match below.fault.or(above.fault) {
            None => Ok(SortTest::Between(
                KeyScalar::S(below.text),
                KeyScalar::S(above.text),
            )),
            Some(fault) => Err(fault),
        };
        PartRange {
            test,
            of: PhantomData,
        }
    }

    /// The keys that begin with these parts; the one that has all of them.
    ///
    /// # Errors
    /// A part does not fit the template.
    pub fn into_test(self) -> Result<Option<SortTest>, ValueError> {
        let Self {
            template,
            pieces,
            written: Written { text, fault },
            ..
        } = self;
        match fault {
            Some(fault) => Err(fault),
            None => Ok(SortTest::beginning(text, pieces == template.pieces.len())),
        }
    }

    fn write(&mut self, part: &KeyScalar) {
        self.template
            .write_part(self.pieces, part, &mut self.written);
        self.pieces += 1;
        self.write_text();
    }

    fn write_text(&mut self) {
        if let Some(text) = self.template.text_at(self.pieces) {
            self.written.text.push_str(text);
            self.pieces += 1;
        }
    }
}

impl<E> PartRange<E> {
    #[doc(hidden)]
    pub fn into_test(self) -> Result<Option<SortTest>, ValueError> {
        self.test.map(Some)
    }
}

impl<E> std::fmt::Debug for PartRange<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PartRange(BETWEEN ?)")
    }
}

impl SortTest {
    /// The sort keys that an entity's query is about unless it says more: those with the text that begins its template.
    pub(crate) fn of_template(template: &Template) -> Option<Self> {
        Self::beginning(template.constant().to_owned(), template.is_constant())
    }

    fn beginning(text: String, whole: bool) -> Option<Self> {
        match text {
            text if whole => Some(Self::Compare(
                super::tree::Comparator::Eq,
                KeyScalar::S(text),
            )),
            text if text.is_empty() => None,
            text => Some(Self::BeginsWith(KeyScalar::S(text))),
        }
    }
}
