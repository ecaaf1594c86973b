use super::Change;

/// A change that needs no read: what the verbs by key take that send it blindly. A [`Change`] is one; an
/// [`Edit`](crate::Edit) is none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Change<{E}>`",
    label = "expected a change of this entity that needs no read",
    note = "an `Edit` finds its elements in what was read (`remove_value`, `set_at`, a path with `at`): give it to `update` with a handle, or to `modify_with`"
)]
pub trait IntoChange<E>: sealed::Sealed {
    /// The change.
    fn into_change(self) -> Change<E>;
}

impl<E> IntoChange<E> for Change<E> {
    fn into_change(self) -> Change<E> {
        self
    }
}

mod sealed {
    pub trait Sealed {}
    impl<E> Sealed for super::Change<E> {}
}
