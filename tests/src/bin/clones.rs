//! One process of the suite `processes` that clones itself while it runs, as a fork, a container checkpoint or a snapshot of
//! the machine does: each clone goes on with the same `Db`.
//!
//! `clones FILE CLONES INCREMENTS SEED` prints for each clone how many increments were acknowledged, and how many ended in
//! `OutcomeUnknown`, which is what two writers of one id are told at first.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector};
use optimist::local::{self, Engine};
use optimist::{Db, Table};
use optimist_tests::{Fault, Tally, Transport};

type AnyError = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, clones, increments, seed] = arguments.as_slice() else {
        eprintln!("usage: clones FILE CLONES INCREMENTS SEED");
        return ExitCode::from(2);
    };
    match run(file, clones, increments, seed) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("clones: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every clone came to its end.
fn run(file: &str, clones: &str, increments: &str, seed: &str) -> Result<bool, AnyError> {
    let (clones, increments, seed): (u64, u64, u64) =
        (clones.parse()?, increments.parse()?, seed.parse()?);
    let transport = Transport::new(EngineOfThisProcess {
        file: file.into(),
        opened: Arc::default(),
    });
    let config = local::config().http_client(transport.clone());
    let tallies = Db::new(Client::from_conf(config.build())).table::<Tally>();
    // Whatever is drawn once for a process is drawn now.
    increment(&tallies, 1)?;
    let mut children = Vec::new();
    for clone in 0..clones {
        // SAFETY: this process has one thread, and no runtime is running.
        #[allow(unsafe_code)]
        let child = unsafe { libc::fork() };
        match child {
            -1 => return Err(std::io::Error::last_os_error().into()),
            0 => {
                let faults = [Fault::LoseAnswer, Fault::Twice].map(|fault| (fault, 0.1));
                transport.plan(seed + clone, &["UpdateItem"], faults);
                let done = increment(&tallies, increments);
                match &done {
                    Ok(unknown) => println!("{} {unknown}", increments - unknown),
                    Err(error) => eprintln!("clone {clone}: {error}"),
                }
                std::process::exit(i32::from(done.is_err()));
            }
            child => children.push(child),
        }
    }
    let mut all = true;
    for child in children {
        let mut status = 0;
        // SAFETY: `status` is a place for an `int`, and the child is ours.
        #[allow(unsafe_code)]
        let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
        all &= waited == child && status == 0;
    }
    Ok(all)
}

/// How many of the increments ended in `OutcomeUnknown`.
fn increment(tallies: &Table<Tally>, times: u64) -> Result<u64, AnyError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut unknown = 0;
        for _ in 0..times {
            match tallies.modify("all", |tally| tally.total += 1).await {
                Err(error) if error.is_outcome_unknown() => unknown += 1,
                done => drop(done?),
            }
        }
        Ok(unknown)
    })
}

/// The engine on the file, opened anew by each process: a connection to a database does not survive a fork.
#[derive(Debug, Clone)]
struct EngineOfThisProcess {
    file: String,
    opened: Arc<Mutex<Option<(u32, Engine)>>>,
}

impl HttpClient for EngineOfThisProcess {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        let engine = match opened.take() {
            Some((of, engine)) if of == process => engine,
            inherited => {
                // Closing it would write to the parent's database.
                std::mem::forget(inherited);
                Engine::on_file(&self.file).expect("the file opens")
            }
        };
        *opened = Some((process, engine.clone()));
        engine.http_connector(settings, components)
    }
}
