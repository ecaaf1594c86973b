use aws_sdk_dynamodb::primitives::Blob;

use super::WriteId;
use crate::value::AttributeValue;

/// The most writers that a journal can remember.
pub(crate) const MAX_WRITERS: u8 = 64;
/// What our journals begin with, and the binaries of others do not.
const MAGIC: [u8; 2] = [0xFA, b'J'];
const FORMAT: u8 = 1;
const PREFIX_BYTES: usize = MAGIC.len() + 2 + WriteId::BYTES;

/// Who wrote an item last: its birth id, and the last write of each of the K most recent writers, newest first.
///
/// Stored as bytes: two magic bytes, the format, K, the birth id, the write ids. K belongs to the item, so that every writer drops entries
/// by the same rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Journal {
    pub(crate) writers: u8,
    pub(crate) birth: WriteId,
    pub(crate) entries: Vec<WriteId>,
}

/// What the bytes of a journal turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    Journal(Journal),
    /// Written by a newer release.
    UnknownFormat(u8),
    /// Ours, and damaged.
    Unreadable,
    /// Not ours.
    Foreign,
}

impl Journal {
    /// The journal of an item that the write `id` creates or adopts.
    pub(crate) fn born(id: WriteId, writers: u8) -> Self {
        Self {
            writers,
            birth: id,
            entries: vec![id],
        }
    }

    /// The journal of an item that a blind write creates or adopts: nobody has an entry.
    pub(crate) fn newborn(id: WriteId, writers: u8) -> Self {
        Self {
            entries: Vec::new(),
            ..Self::born(id, writers)
        }
    }

    /// The journal after the write `id`: its writer's older entry goes, and the oldest if there are too many.
    pub(crate) fn with(&self, id: WriteId) -> Self {
        let others = self.entries.iter().copied();
        let entries = std::iter::once(id)
            .chain(others.filter(|e| e.writer() != id.writer()))
            .take(usize::from(self.writers))
            .collect();
        Self { entries, ..*self }
    }

    pub(super) fn parse(bytes: &[u8]) -> Parsed {
        let Some(bytes) = bytes.strip_prefix(&MAGIC) else {
            return Parsed::Foreign;
        };
        let Some((&format, rest)) = bytes.split_first() else {
            return Parsed::Unreadable;
        };
        if format != FORMAT {
            return Parsed::UnknownFormat(format);
        }
        let Some((&writers, ids)) = rest.split_first() else {
            return Parsed::Unreadable;
        };
        let (ids, torn) = ids.as_chunks::<{ WriteId::BYTES }>();
        let mut ids = ids.iter().copied().map(WriteId::from_bytes);
        let (Some(birth), true, 1..=MAX_WRITERS) = (ids.next(), torn.is_empty(), writers) else {
            return Parsed::Unreadable;
        };
        let entries: Vec<_> = ids.collect();
        if entries.len() > usize::from(writers) {
            return Parsed::Unreadable;
        }
        Parsed::Journal(Self {
            writers,
            birth,
            entries,
        })
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(PREFIX_BYTES + self.entries.len() * WriteId::BYTES);
        self.write_prefix(&mut bytes);
        self.entries
            .iter()
            .for_each(|id| bytes.extend_from_slice(id.as_bytes()));
        bytes
    }

    pub(crate) fn to_attribute(&self) -> AttributeValue {
        AttributeValue::B(Blob::new(self.to_bytes()))
    }

    /// What stays the same for the life of the item, and is compared by a version lock.
    pub(crate) fn prefix_attribute(&self) -> AttributeValue {
        let mut bytes = Vec::with_capacity(PREFIX_BYTES);
        self.write_prefix(&mut bytes);
        AttributeValue::B(Blob::new(bytes))
    }

    fn write_prefix(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&MAGIC);
        bytes.extend([FORMAT, self.writers]);
        bytes.extend_from_slice(self.birth.as_bytes());
    }

    /// Whether both belong to one life of one item.
    pub(super) fn same_life(&self, other: &Self) -> bool {
        self.birth == other.birth && self.writers == other.writers
    }

    pub(super) fn has_room(&self) -> bool {
        self.entries.len() < usize::from(self.writers)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(most: usize) -> impl Strategy<Value = Vec<WriteId>> {
        proptest::collection::vec(any::<[u8; 16]>().prop_map(WriteId::from_bytes), 0..=most)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            writers in 1..=MAX_WRITERS,
            birth in any::<[u8; 16]>().prop_map(WriteId::from_bytes),
            entries in ids(64),
        ) {
            let entries = entries.into_iter().take(usize::from(writers)).collect();
            let journal = Journal { writers, birth, entries };
            let bytes = journal.to_bytes();
            let prefix = journal.prefix_attribute();
            prop_assert!(bytes.starts_with(prefix.as_b().unwrap().as_ref()));
            prop_assert_eq!(Journal::parse(&bytes), Parsed::Journal(journal));
        }

        #[test]
        fn any_bytes_are_judged_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Parsed::Journal(journal) = Journal::parse(&bytes) {
                prop_assert_eq!(journal.to_bytes(), bytes);
            }
        }

        #[test]
        fn a_writer_has_one_entry_and_the_newest_is_first(
            writers in 1u8..5,
            writes in proptest::collection::vec((0u8..6, any::<[u8; 16]>()), 1..40),
        ) {
            let mut journal = Journal {
                writers,
                birth: WriteId::from_bytes([7; 16]),
                entries: Vec::new(),
            };
            for (writer, mut random) in writes {
                random[..6].fill(writer);
                let id = WriteId::from_bytes(random);
                journal = journal.with(id);
                prop_assert_eq!(journal.entries[0], id);
                prop_assert!(journal.entries.len() <= usize::from(writers));
                let mut seen = std::collections::HashSet::new();
                prop_assert!(journal.entries.iter().all(|e| seen.insert(e.writer())));
            }
        }
    }

    #[test]
    fn what_is_foreign_is_told_from_what_is_damaged_and_what_is_newer() {
        let good = Journal::born(WriteId::from_bytes([1; 16]), 8).to_bytes();
        for foreign in [&[][..], &good[..1], &good[2..], b"years of notes"] {
            assert_eq!(Journal::parse(foreign), Parsed::Foreign);
        }
        for cut in [2, 3, 4, 19, 35] {
            assert_eq!(Journal::parse(&good[..cut]), Parsed::Unreadable, "{cut}");
        }
        assert_eq!(
            Journal::parse(&[0xFA, b'J', 2, 8]),
            Parsed::UnknownFormat(2)
        );
        let too_many = [&MAGIC[..], &[1, 1], &[0; 16 * 3]].concat();
        assert_eq!(Journal::parse(&too_many), Parsed::Unreadable);
    }
}
