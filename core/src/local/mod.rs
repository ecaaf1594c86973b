//! An embedded DynamoDB for tests, examples and development (feature `local`).
//!
//! [dynoxide](https://docs.rs/dynoxide-rs) in this process, in memory, behind the SDK's own `Client`: no socket, no
//! credentials. It answers as DynamoDB does, but knows no capacity, throttling or replication.

mod engine;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};

pub use engine::Engine;

use crate::error::Result;

/// A client on a new engine in memory. The data lives as long as the client and its clones.
///
/// # Errors
/// `Service`: the engine could not be opened.
///
/// ```
/// # fn main() -> optimist::Result<()> {
/// let db = optimist::Db::new(optimist::local::client()?);
/// # Ok(())
/// # }
/// ```
pub fn client() -> Result<Client> {
    Ok(Client::from_conf(
        config().http_client(Engine::in_memory()?).build(),
    ))
}

/// The configuration of a client for an engine that asks for no credentials. Give it an `http_client`: an [`Engine`], or
/// one that wraps it.
#[must_use]
pub fn config() -> aws_sdk_dynamodb::config::Builder {
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url("http://embedded.invalid")
        .credentials_provider(Credentials::new("local", "local", None, None, "optimist"))
}
