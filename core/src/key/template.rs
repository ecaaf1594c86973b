use super::KeyScalar;
use crate::value::{ValueError, ValueErrorKind};

/// How a key attribute is made of fields: `ORDER#{day}#{number:05}`.
///
/// Keys by template are injective and sort as their parts do, one after the other: a part that has text behind it holds no
/// byte at or below the first of that text, and numbers have a fixed number of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// Text and fields in turn.
    pub pieces: &'static [Piece],
}

/// A piece of a [`Template`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// Text that stands in every key.
    Text(&'static str),
    /// The value of a field.
    Part {
        /// The name of the field.
        field: &'static str,
        /// Its place among the fields that are the key.
        place: usize,
        /// How many digits a number is written with; `None`: it is text.
        digits: Option<usize>,
    },
}

/// The beginning of a key by template, and the first reason why it can be none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) fault: Option<ValueError>,
}

impl Template {
    /// The text in front of the first field: every key begins with it.
    #[must_use]
    pub const fn constant(&self) -> &'static str {
        match self.pieces {
            [Piece::Text(text), ..] => text,
            _ => "",
        }
    }

    /// Whether it names no field, so that there is one key.
    #[must_use]
    pub const fn is_constant(&self) -> bool {
        matches!(self.pieces, [Piece::Text(_)])
    }

    /// The key of these fields, of so many bytes at most.
    pub(crate) fn make(&self, fields: &[KeyScalar], limit: usize) -> Result<KeyScalar, ValueError> {
        let Written { text, fault } = self.write(fields);
        let key = KeyScalar::S(text);
        match fault {
            Some(fault) => Err(fault),
            None => key.check_length(limit).map(|()| key),
        }
    }

    /// The key of these fields, or what comes close to it.
    pub(super) fn write(&self, fields: &[KeyScalar]) -> Written {
        let mut written = Written::default();
        for (index, piece) in self.pieces.iter().enumerate() {
            match piece {
                Piece::Text(text) => written.text.push_str(text),
                Piece::Part { place, .. } => {
                    if let Some(value) = fields.get(*place) {
                        self.write_part(index, value, &mut written);
                    }
                }
            }
        }
        written
    }

    /// Adds the part at `index`. One that does not fit is shown all the same.
    pub(crate) fn write_part(&self, index: usize, value: &KeyScalar, to: &mut Written) {
        let Some(Piece::Part { field, digits, .. }) = self.pieces.get(index) else {
            return;
        };
        let problem = match (value, digits) {
            (KeyScalar::S(text), None) => {
                to.text.push_str(text);
                self.problem_of_text(index, text)
            }
            (KeyScalar::N(number), Some(digits)) => {
                (number.len()..*digits).for_each(|_| to.text.push('0'));
                to.text.push_str(number);
                problem_of_number(number, *digits)
            }
            (other, _) => {
                to.text.push_str(&other.to_string());
                Some("is neither text nor a number with a width".to_owned())
            }
        };
        if let (Some(problem), None) = (problem, &to.fault) {
            let kind = ValueErrorKind::KeyPart { field, problem };
            to.fault = Some(ValueError::new(kind));
        }
    }

    fn problem_of_text(&self, index: usize, text: &str) -> Option<String> {
        if text.is_empty() {
            return Some("is empty, as no key is".to_owned());
        }
        let separator = self.separator(index)?;
        text.bytes().any(|byte| byte <= separator).then(|| {
            format!(
                "holds a byte at or below its separator `{}`; only text at the end of a template may",
                char::from(separator)
            )
        })
    }

    /// The text at `index`, if it is text.
    pub(crate) fn text_at(&self, index: usize) -> Option<&'static str> {
        match self.pieces.get(index) {
            Some(Piece::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The byte that ends the part at `index`; `None` where the key ends.
    pub(crate) fn separator(&self, index: usize) -> Option<u8> {
        self.text_at(index + 1)?.bytes().next()
    }
}

fn problem_of_number(number: &str, digits: usize) -> Option<String> {
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(
            "is negative or has a fraction: numbers of a template are whole and not below zero"
                .to_owned(),
        );
    }
    (number.len() > digits).then(|| format!("has more than {digits} digits"))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;

    use super::*;

    fn text(field: &'static str, place: usize) -> Piece {
        let digits = None;
        Piece::Part {
            field,
            place,
            digits,
        }
    }

    fn number(field: &'static str, place: usize, digits: usize) -> Piece {
        let digits = Some(digits);
        Piece::Part {
            field,
            place,
            digits,
        }
    }

    /// Templates of three fields: text, number, text.
    fn templates() -> impl Strategy<Value = Vec<Piece>> {
        let separator = || prop::sample::select(vec!["#", "##", "#A#", "/", "\t", "~", "a"]);
        let start = prop::sample::select(vec!["", "ORDER#", "é"]);
        let end = prop::sample::select(vec!["", "#", "#END"]);
        (start, separator(), separator(), end).prop_map(|(start, first, second, end)| {
            let pieces = [
                Piece::Text(start),
                text("a", 0),
                Piece::Text(first),
                number("b", 1, 3),
                Piece::Text(second),
                text("c", 2),
                Piece::Text(end),
            ];
            let is_there = |piece: &Piece| *piece != Piece::Text("");
            pieces.into_iter().filter(is_there).collect()
        })
    }

    fn parts() -> impl Strategy<Value = (String, u16, String)> {
        let text = || "[!#$/0a~é\u{10ffff}]{1,3}";
        let number = prop_oneof![0..3u16, 0..1200u16];
        (text(), number, text())
    }

    fn scalars((a, b, c): &(String, u16, String)) -> [KeyScalar; 3] {
        [
            KeyScalar::S(a.clone()),
            KeyScalar::N(b.to_string()),
            KeyScalar::S(c.clone()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn keys_are_injective_and_sort_as_their_parts_do(
            pieces in templates(),
            one in parts(),
            other in parts(),
            shared in 0..3,
        ) {
            let mut other = other;
            if shared > 0 {
                other.0.clone_from(&one.0);
            }
            if shared > 1 {
                other.1 = one.1;
            }
            let template = Template { pieces: Vec::leak(pieces) };
            let keys = [&one, &other].map(|parts| template.write(&scalars(parts)));
            let [Written { text: a, fault: None }, Written { text: b, fault: None }] = &keys else {
                return Ok(());
            };
            prop_assert_eq!(a.as_bytes().cmp(b.as_bytes()), one.cmp(&other));
            prop_assert_eq!(a == b, one.cmp(&other) == Ordering::Equal);
        }
    }

    #[test]
    fn what_does_not_fit_is_named_without_its_value() {
        const TEMPLATE: Template = Template {
            pieces: &[
                Piece::Part {
                    field: "day",
                    place: 0,
                    digits: None,
                },
                Piece::Text("#"),
                Piece::Part {
                    field: "number",
                    place: 1,
                    digits: Some(2),
                },
            ],
        };
        let fault = |day: &str, number: &str| {
            let fields = [KeyScalar::S(day.into()), KeyScalar::N(number.into())];
            let fault = TEMPLATE.write(&fields).fault;
            fault.map_or(String::new(), |fault| fault.of("sk").to_string())
        };
        assert_eq!(fault("a$", "99"), "");
        for (day, number, expected) in [
            ("", "1", "`day` is empty"),
            (
                "secret#",
                "1",
                "`day` holds a byte at or below its separator `#`",
            ),
            ("secret!", "1", "`day` holds a byte"),
            ("a", "100", "`number` has more than 2 digits"),
            ("a", "-1", "`number` is negative"),
            ("a", "1.5", "`number` is negative or has a fraction"),
        ] {
            let fault = fault(day, number);
            assert!(
                fault.contains(expected) && fault.contains("`sk`"),
                "{fault}"
            );
            assert!(!fault.contains("secret"), "{fault}");
        }
    }
}
