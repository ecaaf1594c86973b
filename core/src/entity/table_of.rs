use super::{Entity, Schema};

/// The entities of one table: one, a tuple of two to eight that share it, or the enum of a `#[derive(Entities)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no entity, and no tuple of entities",
    label = "names no table",
    note = "give an entity, a tuple of two to eight that share one table, `(User, Order)`, or an enum with `#[derive(optimist::Entities)]`"
)]
pub trait TableOf {
    /// What is known of each entity.
    const SCHEMAS: &'static [&'static Schema];
}

impl<E: Entity> TableOf for E {
    const SCHEMAS: &'static [&'static Schema] = &[E::SCHEMA];
}

macro_rules! tuples {
    ($(($($entity:ident),+))+) => {$(
        impl<$($entity: Entity),+> TableOf for ($($entity,)+) {
            const SCHEMAS: &'static [&'static Schema] = &[$($entity::SCHEMA),+];
        }
    )+};
}
tuples! {
    (A, B)
    (A, B, C)
    (A, B, C, D)
    (A, B, C, D, E)
    (A, B, C, D, E, F)
    (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H)
}
