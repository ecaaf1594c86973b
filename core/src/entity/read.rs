use super::{Entity, Projection, Stored};
use crate::error::{Error, Result};
use crate::key::Target;
use crate::value::Item;

/// An image as a handle. The error names the item.
pub(crate) fn read_stored<E: Entity>(target: &Target, image: Item) -> Result<Stored<E>> {
    Stored::read(target, image).map_err(|error| error.at(target))
}

/// An image as a plain value. The error names the item.
#[allow(clippy::needless_pass_by_value)] // so that the image ends here
pub(crate) fn read_entity<E: Entity>(target: &Target, image: Item) -> Result<E> {
    E::decode(&image).map_err(|error| Error::from(error).at(target))
}

/// What came of an image as a view. The error names the item.
#[allow(clippy::needless_pass_by_value)] // so that the image ends here
pub(crate) fn read_view<P: Projection>(target: &Target, image: Item) -> Result<P> {
    P::decode(&image).map_err(|error| Error::from(error).at(target))
}
