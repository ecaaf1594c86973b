use optimist::Entity;

#[derive(Entity)]
#[entity(table = "a", partition_key(pk = "USER#{id}"), sort_key(sk = "{rate}"))]
struct Rate {
    id: String,
    rate: f64,
}

fn main() {}
