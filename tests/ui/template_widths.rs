use optimist::Entity;

#[derive(Entity)]
#[entity(table = "a", partition_key(pk = "USER#{id}"), sort_key(sk = "{number}#{day:05}#{hash}"))]
struct Order {
    id: String,
    number: u32,
    day: String,
    hash: Vec<u8>,
}

fn main() {}
