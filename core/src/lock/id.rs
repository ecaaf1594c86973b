use std::fmt;
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

/// Sixteen bytes that nobody else has: from the operating system's randomness directly, since a generator in user space is
/// copied by a fork, a checkpoint or a snapshot of the machine; mixed with the time, which differs between such clones.
///
/// # Panics
/// If the operating system has no randomness to give, as the hash maps of `std` do.
fn fresh_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    if let Err(error) = getrandom::fill(&mut bytes) {
        panic!("the operating system gives no randomness: {error}");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    // The last bytes: the first six of a write id are the writer's.
    mix(&mut bytes, now.map_or(0, |now| now.subsec_nanos()));
    bytes
}

fn mix(bytes: &mut [u8; 16], number: u32) {
    for (byte, mixed) in bytes[12..].iter_mut().zip(number.to_le_bytes()) {
        *byte ^= mixed;
    }
}

/// A random UUID, drawn like a write id.
pub(crate) fn fresh_uuid() -> Uuid {
    uuid::Builder::from_random_bytes(fresh_bytes()).into_uuid()
}

/// Who writes: 48 random bits, one for each `Db`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct WriterId([u8; 6]);

impl WriterId {
    /// A new writer. Clones of one process are told apart by the process id too.
    pub(crate) fn fresh() -> Self {
        let mut bytes = fresh_bytes();
        mix(&mut bytes, process::id());
        let mut id = [0; 6];
        id.copy_from_slice(&bytes[10..]);
        Self(id)
    }
}

impl From<u64> for WriterId {
    /// The writer of this number's lower 48 bits.
    fn from(number: u64) -> Self {
        let [id @ .., _, _] = number.to_le_bytes();
        Self(id)
    }
}

impl fmt::Debug for WriterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// Which write: 16 bytes in the form of a UUID version 8 (RFC 9562), the writer in front and fresh randomness behind. There is no counter:
/// a machine restored from a snapshot would repeat it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct WriteId([u8; 16]);

impl WriteId {
    pub(crate) const BYTES: usize = 16;

    #[cfg(test)]
    pub(crate) fn fresh(writer: WriterId) -> Self {
        Self::new(writer, Self::random())
    }

    /// What an id is made of, besides its writer.
    pub(crate) fn random() -> [u8; 16] {
        fresh_bytes()
    }

    /// The id of `writer` whose other bits come from `random`.
    pub(crate) fn new(writer: WriterId, mut random: [u8; 16]) -> Self {
        random[..6].copy_from_slice(&writer.0);
        Self(
            uuid::Builder::from_custom_bytes(random)
                .into_uuid()
                .into_bytes(),
        )
    }

    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(crate) fn writer(&self) -> WriterId {
        let mut writer = [0; 6];
        writer.copy_from_slice(&self.0[..6]);
        WriterId(writer)
    }
}

impl fmt::Display for WriteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_bytes(self.0).hyphenated().fmt(f)
    }
}

impl fmt::Debug for WriteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_v8_that_names_its_writer() {
        let writer = WriterId::fresh();
        let (a, b) = (WriteId::fresh(writer), WriteId::fresh(writer));
        assert_ne!(a, b);
        assert_eq!(a.writer(), writer);
        let uuid = Uuid::parse_str(&a.to_string()).unwrap();
        assert_eq!(uuid.get_version_num(), 8);
        assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(format!("{a:?}"), a.to_string());
        let first: String = a.to_string().split('-').take(2).collect();
        assert_eq!(format!("{writer:?}"), first);
    }

    #[test]
    fn what_is_drawn_twice_differs_in_every_part() {
        let (a, b) = (fresh_bytes(), fresh_bytes());
        assert!(a[..4] != b[..4] && a[4..8] != b[4..8] && a[8..12] != b[8..12]);
        assert_ne!(WriterId::fresh(), WriterId::fresh());
        assert_ne!(fresh_uuid(), fresh_uuid());
        assert_ne!(WriteId::random(), WriteId::random());
    }

    /// Two clones with the same randomness are told apart by the time and the process.
    #[test]
    fn mixing_another_number_gives_other_bytes_and_loses_none() {
        let drawn = [0b0101_0101; 16];
        let mixed = |number: u32| {
            let mut bytes = drawn;
            mix(&mut bytes, number);
            bytes
        };
        for (one, other) in [(0, 1), (1, 4), (0x0F00, 0xF000), (u32::MAX, 0)] {
            assert_ne!(mixed(one), mixed(other));
        }
        let mut twice = mixed(0x1234_5678);
        mix(&mut twice, 0x1234_5678);
        assert_eq!(twice, drawn);
    }
}
