//! Expressions: typed paths, conditions and changes, and the one compiler that turns them into DynamoDB's text.

mod action;
mod attr;
mod change;
mod compile;
mod compiled;
mod condition;
mod edit;
mod filter;
mod guard;
mod holds;
mod into_change;
mod key_condition;
mod kinds;
mod over;
mod path;
mod rewrite;
mod sort_parts;
mod tree;

pub(crate) use action::{Action, Assignment};
pub use attr::{Attr, KeyAttr};
pub use change::Change;
pub(crate) use compile::Compiler;
pub(crate) use compiled::Compiled;
pub use condition::{Condition, Size};
pub use edit::Edit;
pub(crate) use edit::Resolved;
pub(crate) use filter::Filter;
pub(crate) use guard::Guard;
pub use into_change::IntoChange;
pub(crate) use key_condition::KeyCondition;
#[doc(hidden)]
pub use key_condition::SortTest;
pub use key_condition::{IntoSortCondition, KeyPrefix, SortCondition, SortKey, Sorted};
pub use kinds::{
    Container, Holds, InList, IndexKey, KeyAttribute, ListField, MapField, NumberField, NumberForm,
    Opaque, Operand, Ordered, OrderedField, OrderedForm, Plain, PlainForm, Set, SetForm, Settable,
    StringField, TextForm,
};
pub(crate) use over::over;
pub(crate) use path::Path;
pub(crate) use path::Step;
pub use sort_parts::PartRange;
#[doc(hidden)]
pub use sort_parts::{SortParts, SortTemplate};
pub use tree::AttributeType;
pub(crate) use tree::Tree;
