//! Many items by their keys: what was asked is folded and cut into chunks, a chunk is asked until it is whole, and a window of
//! chunks is in flight.

mod asked;
mod chunk;
mod get_many;
mod images;
mod stream;

pub use get_many::GetMany;
pub(crate) use images::{Images, Terms};
pub use stream::Found;
