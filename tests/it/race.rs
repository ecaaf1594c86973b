//! Separate machines on one item: nothing lost, nothing doubled.

use std::time::Duration;

use optimist::{Entity, IntoKey, Table};
use optimist_tests::Machine;

use crate::support::{Counter, UuidCounter, world};

const MACHINES: u32 = 8;
const EACH: u32 = 50;

async fn count<E>(kind: &str, new: fn() -> E, add: fn(&mut E), value: fn(&E) -> u64)
where
    E: Entity,
    &'static str: IntoKey<E::Key>,
{
    let (backend, _, _) = world!(E);
    let machines: Vec<Machine> = (0..MACHINES)
        .map(|_| backend.machine_with(Duration::from_millis(1), |db| db))
        .collect();
    machines[0].db.table::<E>().insert(new()).await.unwrap();
    let tasks: Vec<_> = machines
        .iter()
        .map(|machine| {
            let table: Table<E> = machine.db.table();
            tokio::spawn(async move {
                for _ in 0..EACH {
                    table.modify("c", add).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let end = machines[0].db.table::<E>().require("c").await.unwrap();
    let requests: u64 = machines.iter().map(|m| m.transport.total()).sum();
    let per_modify = f64::from(u32::try_from(requests).unwrap()) / f64::from(MACHINES * EACH);
    println!("{kind}: {per_modify:.1} requests per modify");
    assert_eq!(value(&end), u64::from(MACHINES * EACH));
}

#[tokio::test]
async fn eight_machines_count_to_four_hundred_under_a_version() {
    let new = || Counter {
        id: "c".into(),
        count: 0,
    };
    count::<Counter>("version", new, |c| c.count += 1, |c| c.count).await;
}

#[tokio::test]
async fn eight_machines_count_to_four_hundred_under_a_uuid() {
    let new = || UuidCounter {
        id: "c".into(),
        count: 0,
    };
    count::<UuidCounter>("uuid", new, |c| c.count += 1, |c| c.count).await;
}
