use optimist::{Entity, Table};

#[derive(Entity)]
#[entity(table = "users")]
struct User {
    #[entity(partition_key)]
    id: String,
}

async fn save(users: Table<User>, mut user: User) {
    users.save(&mut user).await.unwrap();
    users.delete(user).await.unwrap();
}

struct Plain;

fn not_an_entity(db: optimist::Db) {
    db.table::<Plain>();
}

fn main() {}
