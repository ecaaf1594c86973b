use std::marker::PhantomData;

use super::{IntoKey, IntoPartition, Key, KeyFor, KeyScalar, KeySchema};
use crate::value::ValueError;

/// The keys of an entity `E` whose key attributes are made by [templates](super::Template): a tuple of the fields `K` in the
/// templates' order, each once; a single field stands alone. `P` are the fields of the partition key.
pub struct ByTemplate<E, P, K>(PhantomData<(E, P, K)>);

/// What the derive says of an entity whose keys are made by templates.
#[doc(hidden)]
pub trait KeyTemplates {
    const KEY: KeySchema;
}

impl<E: KeyTemplates, P, A, X: KeyFor<A>> IntoKey<ByTemplate<E, P, (A,)>> for X {
    fn into_key(self) -> Key {
        Key::of_fields(&E::KEY, &[self.scalar()])
    }
}

impl<E: KeyTemplates, A, K, X: KeyFor<A>> IntoPartition<ByTemplate<E, (A,), K>> for X {
    fn into_partition(self) -> Result<KeyScalar, ValueError> {
        E::KEY.partition.of_fields(&[self.scalar()])
    }
}

macro_rules! tuples {
    ($($field:ident by $value:ident at $place:tt),*) => {
        impl<E: KeyTemplates, P, $($field, $value: KeyFor<$field>),*>
            IntoKey<ByTemplate<E, P, ($($field,)*)>> for ($($value,)*)
        {
            fn into_key(self) -> Key {
                Key::of_fields(&E::KEY, &[$(self.$place.scalar()),*])
            }
        }

        impl<E: KeyTemplates, K, $($field, $value: KeyFor<$field>),*>
            IntoPartition<ByTemplate<E, ($($field,)*), K>> for ($($value,)*)
        {
            fn into_partition(self) -> Result<KeyScalar, ValueError> {
                E::KEY.partition.of_fields(&[$(self.$place.scalar()),*])
            }
        }
    };
}
tuples!(A by U at 0, B by V at 1);
tuples!(A by U at 0, B by V at 1, C by W at 2);
tuples!(A by U at 0, B by V at 1, C by W at 2, D by X at 3);
tuples!(A by U at 0, B by V at 1, C by W at 2, D by X at 3, F by Y at 4);
tuples!(A by U at 0, B by V at 1, C by W at 2, D by X at 3, F by Y at 4, G by Z at 5);
