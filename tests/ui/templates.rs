use optimist::Entity;

#[derive(Entity)]
#[entity(table = "a", partition_key(pk = "USER#{idd}"), sort_key(sk = "PROFILE"))]
struct NoSuchField {
    id: String,
}

#[derive(Entity)]
#[entity(table = "a", partition_key(pk = "USERS"), sort_key(sk = "{id}"))]
struct OnePartition {
    id: String,
}

#[derive(Entity)]
#[entity(table = "a", partition_key(pk = "USER#{id}"), sort_key(sk = "{day}{number:05}"))]
struct NothingBetween {
    id: String,
    day: String,
    number: u32,
}

#[derive(Entity)]
#[entity(table = "a", partition_key(pk = "{id}#{id}"), sort_key(sk = "{day}→{number:5}"))]
struct Twice {
    id: String,
    day: String,
    number: u32,
}

#[derive(Entity)]
#[entity(table = "a", partition_key("{id}"), sort_key(sk = "{id"))]
struct NoTemplates {
    id: String,
}

#[derive(Entity)]
#[entity(table = "a", partition_key(pk = "{id}"), sort_key(day = "{day}"))]
struct Taken {
    #[entity(partition_key)]
    id: String,
    #[entity(with = a::b)]
    day: String,
    #[entity(skip)]
    gone: String,
}

#[derive(Entity)]
#[entity(table = "a", partition_key(pk = "{id}#{second}"))]
struct Both {
    id: String,
    #[entity(sort_key)]
    second: u64,
}

#[derive(Entity)]
#[entity(table = "a", partition_key(pk = "{a}/{b}/{c}/{d}"), sort_key(sk = "{d}/{e}/{f}/{g}"))]
struct TooMany {
    a: String,
    b: String,
    c: String,
    d: String,
    e: String,
    f: String,
    g: String,
}

fn main() {}
