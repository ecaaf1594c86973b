//! Seeded histories of concurrent clients over a network that loses, doubles, delays and refuses, checked for
//! linearizability. The clock is paused and the engine in process, so that a seed replays exactly: a
//! failure prints the line that does it, `OPTIMIST_CHAOS=scenario:lock:seed cargo test …`, and what happened as a table. `soak.rs`
//! beside this goes on for as long as it is told, from another seed each time.

mod check;
mod client;
mod control;
mod events;
mod history;
mod promised;
mod replay;
mod scenario;
