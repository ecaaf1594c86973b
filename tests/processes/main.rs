//! Processes on one file, killed at random or cloned while they run: nothing lost, nothing doubled, by count.

use std::process::{Child, Command};
use std::time::Duration;

use optimist::Table;
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

/// The tally on a file, at zero.
async fn tallies(file: &str) -> Table<Tally> {
    let backend = Backend::on_file(file).unwrap();
    backend.create_table::<Tally>().await.unwrap();
    let tallies = backend.machine().db.table::<Tally>();
    let new = Tally {
        id: "all".into(),
        total: 0,
        steps: [].into(),
    };
    tallies.insert(new).await.unwrap();
    tallies
}

/// The build has `uuid/fast-rng` on, as any crate of a service's may turn it on: ids that came from there would be the same
/// in every clone.
#[tokio::test]
async fn clones_of_a_process_lose_and_double_nothing() {
    const CLONES: u64 = 4;
    const INCREMENTS: u64 = 40;
    let seed = optimist_tests::seed() >> 1;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tally.db");
    let file = file.to_str().unwrap();
    let tallies = tallies(file).await;
    let numbers = [CLONES, INCREMENTS, seed].map(|number| number.to_string());
    let run = Command::new(env!("CARGO_BIN_EXE_clones"))
        .arg(file)
        .args(numbers)
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
    let told = String::from_utf8(run.stdout).unwrap();
    let (mut acknowledged, mut unknown) = (0, 0);
    for clone in told.lines() {
        let (known, doubtful) = clone.split_once(' ').unwrap();
        acknowledged += known.parse::<u64>().unwrap();
        unknown += doubtful.parse::<u64>().unwrap();
    }
    assert_eq!(acknowledged + unknown, CLONES * INCREMENTS);
    let counted = tallies.require("all").await.unwrap().total - 1;
    println!("{acknowledged} acknowledged, {unknown} unknown, {counted} counted");
    assert!((acknowledged..=acknowledged + unknown).contains(&counted));
    assert!(
        unknown < CLONES * INCREMENTS / 2,
        "a clone draws a writer id of its own when it is told"
    );
}

#[tokio::test]
async fn processes_that_are_killed_lose_and_double_nothing() {
    let seed = optimist_tests::seed();
    let mut random = fastrand::Rng::with_seed(seed);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tally.db");
    let file = file.to_str().unwrap();
    let tallies = tallies(file).await;

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
}
