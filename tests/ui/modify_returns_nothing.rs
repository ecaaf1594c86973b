//! An error that the closure of `modify` returns would be looked at by nobody.

use optimist::{Entity, Table};

#[derive(Entity)]
#[entity(table = "accounts")]
struct Account {
    #[entity(partition_key)]
    id: String,
    balance: i64,
}

async fn pay(accounts: Table<Account>) -> optimist::Result<()> {
    accounts
        .modify("a", |a| {
            a.balance -= 10;
            if a.balance < 0 {
                return Err("insufficient");
            }
            Ok(())
        })
        .await?;
    Ok(())
}

fn main() {}
