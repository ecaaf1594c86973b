//! Seeded histories of concurrent clients over a network that loses, doubles, delays and refuses, checked for
//! linearizability. The clock is paused and the engine in process, so that a seed replays exactly:
//! `OPTIMIST_CHAOS_SEED=7 cargo test -p optimist-tests --test chaos`. `soak.rs` beside this goes on for as long as it is told.

mod client;
mod control;
mod history;
mod promised;
mod scenario;
