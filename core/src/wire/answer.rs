use super::Failure;
use crate::error::Source;
use crate::value::Item;

/// What came back for one copy of a write.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It was carried out; with the attributes that were asked for.
    Done(Option<Item>),
    /// Its condition did not hold: this copy was not carried out.
    Refused {
        image: Option<Item>,
        source: Source,
    },
    Failed(Failure),
}
