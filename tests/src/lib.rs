//! What the suite and the examples run on: a transport that counts, delays and breaks requests, and the backend that it
//! wraps, which is the embedded engine or the endpoint named by `OPTIMIST_TEST_ENDPOINT`.

mod backend;
mod batch;
mod capability;
mod carry_out;
mod clock;
mod lagging;
mod recorder;
mod seed;
mod stale;
mod tally;
mod transport;
mod whole;

pub use backend::{Backend, Machine};
pub use capability::{CAPABILITIES, Capability, lacks};
pub use clock::TestClock;
pub use recorder::Recorder;
pub use seed::seed;
pub use tally::Tally;
pub use transport::{Event, Fault, Transport};
