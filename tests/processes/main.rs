//! Four processes on one file, killed at random: nothing lost, nothing doubled, by count.

use std::process::{Child, Command};
use std::time::Duration;

use optimist_tests::{Backend, Tally};

const WORKERS: usize = 4;
const STEPS: u64 = 250;
const KILLS: u32 = 16;

fn start(file: &str, worker: usize, seed: u64) -> Child {
    Command::new(env!("CARGO_BIN_EXE_worker"))
        .args([
            file,
            &format!("w{worker}"),
            &STEPS.to_string(),
            &seed.to_string(),
        ])
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn processes_that_are_killed_lose_and_double_nothing() {
    let seed = optimist_tests::seed();
    let mut random = fastrand::Rng::with_seed(seed);
    let folder = std::env::temp_dir().join(format!("optimist-processes-{seed:016x}"));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("tally.db");
    let file = file.to_str().unwrap();
    let backend = Backend::on_file(file).unwrap();
    backend.create_table::<Tally>().await.unwrap();
    let tallies = backend.machine().db.table::<Tally>();
    let new = Tally {
        id: "all".into(),
        total: 0,
        steps: [].into(),
    };
    tallies.insert(new).await.unwrap();

    let mut workers: Vec<Child> = (0..WORKERS)
        .map(|w| start(file, w, random.u64(..)))
        .collect();
    let mut killed_at_work = 0;
    for _ in 0..KILLS {
        // How far the workers are when one is killed is up to the machine: any moment is a good one.
        tokio::time::sleep(Duration::from_millis(random.u64(20..150))).await;
        let unlucky = random.usize(..WORKERS);
        killed_at_work += u32::from(workers[unlucky].try_wait().unwrap().is_none());
        workers[unlucky].kill().unwrap();
        workers[unlucky].wait().unwrap();
        workers[unlucky] = start(file, unlucky, random.u64(..));
    }
    assert!(
        killed_at_work > 0,
        "the workers were done before the first kill"
    );
    println!("{killed_at_work} of {KILLS} killed at work");
    for mut worker in workers {
        assert!(worker.wait().unwrap().success());
    }
    let end = tallies.require("all").await.unwrap();
    assert_eq!(end.steps.len(), WORKERS);
    assert!(
        end.steps.values().all(|steps| *steps == STEPS),
        "{:?}",
        end.steps
    );
    assert_eq!(end.total, STEPS * WORKERS as u64);
    std::fs::remove_dir_all(folder).unwrap();
}
