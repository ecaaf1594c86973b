//! A key is derived for a newtype over a key.

use optimist::KeyValue;

#[derive(KeyValue)]
struct Id(u64);

#[derive(KeyValue)]
struct Named {
    inner: Id,
}

#[derive(KeyValue)]
struct Two(u64, u64);

#[derive(KeyValue)]
enum Kind {
    One,
}

#[derive(KeyValue)]
struct Float(f64);

fn main() {}
