use super::Entity;

/// An entity whose items may be replaced and deleted whatever is there: by
/// [`put_unchecked`](crate::Table::put_unchecked), [`delete_unchecked`](crate::Table::delete_unchecked) and batches. The derive
/// says so.
#[diagnostic::on_unimplemented(
    message = "the items of `{Self}` cannot be written unchecked",
    label = "not to be replaced or deleted without a look at what is there"
)]
pub trait Replaceable: Entity {}
