use optimist::{Entities, Entity, Item};

#[derive(Entity)]
#[entity(table = "users")]
struct User {
    #[entity(partition_key)]
    id: String,
}

#[derive(Entities)]
struct NoEnum(User);

#[derive(Entities)]
enum Nothing {
    #[entities(other)]
    Other(Item),
}

#[derive(Entities)]
enum Shapes {
    User(User),
    Two(User, User),
    Named { user: User },
    #[entities(others)]
    Wrong(Item),
    #[entities(other)]
    Other(Item),
    #[entities(other)]
    Others(Item),
}

fn main() {}
