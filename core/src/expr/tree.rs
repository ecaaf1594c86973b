use std::fmt;

use super::Path;
use crate::value::AttributeValue;

/// A condition, untyped.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    Compare(Operand, Comparator, AttributeValue),
    Between(Operand, AttributeValue, AttributeValue),
    In(Path, Vec<AttributeValue>),
    Exists(Path),
    Missing(Path),
    /// There is a value, and not NULL.
    Something(Path),
    /// There is no value, or NULL.
    Nothing(Path),
    BeginsWith(Path, AttributeValue),
    Contains(Path, AttributeValue),
    TypeIs(Path, AttributeType),
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
}

/// What is compared with a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Value(Path),
    Size(Path),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparator {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// A DynamoDB type, for [`Attr::attribute_type`](crate::Attr::attribute_type).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are DynamoDB's
pub enum AttributeType {
    S,
    N,
    B,
    Bool,
    Null,
    List,
    Map,
    Ss,
    Ns,
    Bs,
}

impl AttributeType {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
            Self::Bool => "BOOL",
            Self::Null => "NULL",
            Self::List => "L",
            Self::Map => "M",
            Self::Ss => "SS",
            Self::Ns => "NS",
            Self::Bs => "BS",
        }
    }
}

impl Comparator {
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}

impl Tree {
    pub(crate) fn equals(path: Path, value: AttributeValue) -> Self {
        Self::Compare(Operand::Value(path), Comparator::Eq, value)
    }

    /// The number at `path` is less than `value`.
    pub(crate) fn below(path: Path, value: AttributeValue) -> Self {
        Self::Compare(Operand::Value(path), Comparator::Lt, value)
    }

    /// The number at `path` is greater than `value`.
    pub(crate) fn above(path: Path, value: AttributeValue) -> Self {
        Self::Compare(Operand::Value(path), Comparator::Gt, value)
    }

    /// The number at `path` is `value` or less.
    pub(crate) fn at_most(path: Path, value: AttributeValue) -> Self {
        Self::Compare(Operand::Value(path), Comparator::Le, value)
    }

    /// Both; chains stay flat.
    pub(crate) fn and(self, other: Self) -> Self {
        let mut all = match self {
            Self::All(all) => all,
            one => with_room(one),
        };
        match other {
            Self::All(others) => all.extend(others),
            one => all.push(one),
        }
        Self::All(all)
    }

    /// Either; chains stay flat.
    pub(crate) fn or(self, other: Self) -> Self {
        let mut any = match self {
            Self::Any(any) => any,
            one => with_room(one),
        };
        match other {
            Self::Any(others) => any.extend(others),
            one => any.push(one),
        }
        Self::Any(any)
    }

    /// Whether it needs parentheses inside another condition.
    pub(super) fn is_compound(&self) -> bool {
        match self {
            Self::Something(_) | Self::Nothing(_) => true,
            Self::In(_, values) => values.is_empty(),
            other => other.reads_compound(),
        }
    }

    /// Whether it needs parentheses when it is printed.
    fn reads_compound(&self) -> bool {
        matches!(self, Self::All(_) | Self::Any(_) | Self::Between(..))
    }
}

/// One condition, where others are to follow.
fn with_room(first: Tree) -> Vec<Tree> {
    let mut several = Vec::with_capacity(4);
    several.push(first);
    several
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(path) => path.fmt(f),
            Self::Size(path) => write!(f, "size({path})"),
        }
    }
}

impl Tree {
    /// The condition as one reads it, with or without its values.
    pub(super) fn shown(&self, values: bool) -> impl fmt::Display {
        fmt::from_fn(move |f| self.write(f, values))
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, values: bool) -> fmt::Result {
        let shown = |value| Shown { value, values };
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Tree], word: &str| {
            parts.iter().enumerate().try_for_each(|(i, part)| {
                let (word, text) = (if i == 0 { "" } else { word }, part.shown(values));
                if part.reads_compound() {
                    write!(f, "{word}({text})")
                } else {
                    write!(f, "{word}{text}")
                }
            })
        };
        match self {
            Self::Compare(operand, comparator, value) => {
                write!(f, "{operand} {} {}", comparator.symbol(), shown(value))
            }
            Self::Between(operand, low, high) => {
                write!(f, "{operand} BETWEEN {} AND {}", shown(low), shown(high))
            }
            Self::In(path, values) => {
                let values: Vec<_> = values.iter().map(|v| shown(v).to_string()).collect();
                write!(f, "{path} IN ({})", values.join(", "))
            }
            Self::Exists(path) | Self::Something(path) => write!(f, "{path} exists"),
            Self::Missing(path) | Self::Nothing(path) => write!(f, "{path} is missing"),
            Self::BeginsWith(path, value) => write!(f, "{path} begins with {}", shown(value)),
            Self::Contains(path, value) => write!(f, "{path} contains {}", shown(value)),
            Self::TypeIs(path, of_type) => write!(f, "{path} is of type {}", of_type.code()),
            Self::All(parts) => joined(f, parts, " AND "),
            Self::Any(parts) => joined(f, parts, " OR "),
            Self::Not(tree) => write!(f, "NOT ({})", tree.shown(values)),
        }
    }
}

/// A value as a reader of a condition wants it.
struct Shown<'a> {
    value: &'a AttributeValue,
    values: bool,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            _ if !self.values => f.write_str("?"),
            AttributeValue::S(s) => write!(f, "{s:?}"),
            AttributeValue::N(n) => f.write_str(n),
            AttributeValue::Bool(b) => write!(f, "{b}"),
            AttributeValue::Null(_) => f.write_str("NULL"),
            other => f.write_str(crate::value::type_name(other)),
        }
    }
}
