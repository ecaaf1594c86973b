use super::{Entity, Projection, Stored};
use crate::error::{Error, Result};
use crate::key::Target;
use crate::value::Item;

/// An image as a handle. The error names the item.
pub(crate) fn read_stored<E: Entity>(target: &Target, image: Item) -> Result<Stored<E>> {
    Stored::read(target, image).map_err(|error| error.at(target))
}

/// An image as a plain value. The error names the item.
pub(crate) fn read_entity<E: Entity>(target: &Target, mut image: Item) -> Result<E> {
    E::take_from(&mut image).map_err(|error| Error::from(error).at(target))
}

/// What came of an item of the table as a view. The error names the item.
pub(crate) fn read_view<P: Projection>(target: &Target, image: Item) -> Result<P> {
    if let Some(Err(error)) = P::Of::SCHEMA.kind.map(|kind| kind.check(&image)) {
        return Err(Error::from(error).at(target));
    }
    read_entry(target, image)
}

/// What came of a query or scan, which asked for the kind, as a view. The error names the item.
#[allow(clippy::needless_pass_by_value)] // so that the image ends here
pub(crate) fn read_entry<P: Projection>(target: &Target, image: Item) -> Result<P> {
    P::decode(&image).map_err(|error| Error::from(error).at(target))
}
