use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::{Builder, HttpClient, SharedHttpClient};
use aws_smithy_http_client::Builder as HttpBuilder;
use optimist::local::{self, Engine};
use optimist::{Db, Entity, Result};

use crate::Transport;
use crate::lagging::Lagging;

/// One DynamoDB: an embedded engine, or the endpoint named by `OPTIMIST_TEST_ENDPOINT`; with a table prefix of its own, so
/// that tests do not meet.
#[derive(Debug, Clone)]
pub struct Backend {
    /// What machines share; `None` where each has connections of its own.
    http: Option<SharedHttpClient>,
    config: Builder,
    prefix: String,
}

/// One machine: a transport, and a client and a `Db` that send through it.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Counts and breaks this machine's requests.
    pub transport: Transport,
    /// This machine's `Db`.
    pub db: Db,
}

impl Backend {
    /// The backend that the environment names.
    ///
    /// # Errors
    /// The embedded engine could not be opened.
    pub fn from_env() -> Result<Self> {
        Self::at(std::env::var("OPTIMIST_TEST_ENDPOINT").ok())
    }

    /// An endpoint (`http://…`, no TLS), or without one a new embedded engine.
    ///
    /// # Errors
    /// The embedded engine could not be opened.
    pub fn at(endpoint: Option<String>) -> Result<Self> {
        let (http, config) = match endpoint {
            Some(url) => (None, local::config().endpoint_url(url)),
            None => (
                Some(SharedHttpClient::new(Engine::in_memory()?)),
                local::config(),
            ),
        };
        let prefix = format!("t{:016x}-", random());
        Ok(Self {
            http,
            config,
            prefix,
        })
    }

    /// A new embedded engine whose indexes lag: what is asked of them shows each write some time later, at most so much, drawn
    /// from the seed. Local indexes lag too, which those of DynamoDB do not.
    ///
    /// # Errors
    /// The embedded engine could not be opened.
    pub fn lagging(seed: u64, most: Duration) -> Result<Self> {
        let (table, indexes) = (Engine::in_memory()?, Engine::in_memory()?);
        let http = SharedHttpClient::new(Lagging::new(table, indexes, seed, most));
        Ok(Self::of(http, local::config(), "t"))
    }

    /// Any DynamoDB: an HTTP client that reaches it, and the rest of a client's configuration. The table prefix begins with
    /// `name`.
    #[must_use]
    pub fn of(http: SharedHttpClient, config: Builder, name: &str) -> Self {
        let prefix = format!("{name}{:016x}-", random());
        Self {
            http: Some(http),
            config,
            prefix,
        }
    }

    /// An engine on a file, which other processes may share; without a prefix.
    ///
    /// # Errors
    /// The file could not be opened.
    pub fn on_file(path: &str) -> Result<Self> {
        Ok(Self {
            http: Some(SharedHttpClient::new(Engine::on_file(path)?)),
            config: local::config(),
            prefix: String::new(),
        })
    }

    /// A machine whose requests take no longer than they must.
    #[must_use]
    pub fn machine(&self) -> Machine {
        self.machine_with(Duration::ZERO, |db| db)
    }

    /// A machine whose requests take at least `latency`, with a `Db` built as `configure` says.
    ///
    /// # Panics
    /// If `configure` sets what cannot be built.
    pub fn machine_with(
        &self,
        latency: Duration,
        configure: impl FnOnce(optimist::DbBuilder) -> optimist::DbBuilder,
    ) -> Machine {
        // Connections of its own: those of another may belong to a runtime that stands still.
        let own = || HttpBuilder::new().build_http();
        let http = self.http.clone().unwrap_or_else(own);
        let transport = Transport::new(http).with_latency(latency);
        let builder = Db::builder(self.client(transport.clone())).table_prefix(&self.prefix);
        let db = configure(builder).build().expect("a valid configuration");
        Machine { transport, db }
    }

    /// A client over this backend, with a retry quota of its own and short waits between its retries.
    #[must_use]
    pub fn client(&self, http: impl HttpClient + 'static) -> Client {
        let quota = RetryPartition::custom(format!("machine-{:016x}", random()))
            .token_bucket(TokenBucket::default())
            .build();
        let retries = RetryConfig::standard()
            .with_initial_backoff(Duration::from_millis(1))
            .with_max_backoff(Duration::from_millis(5));
        let config = self.config.clone().http_client(http);
        let config = config.retry_config(retries).retry_partition(quota);
        Client::from_conf(config.build())
    }

    /// What stands before the names of this backend's tables.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Creates the table of an entity, under this backend's prefix. On an engine that knows no time to live, without it.
    ///
    /// # Errors
    /// DynamoDB refused.
    pub async fn create_table<E: Entity>(&self) -> Result<()> {
        match self.machine().db.create_table::<E>().await {
            Err(error) if error.code() == Some("UnknownOperationException") => Ok(()),
            created => created,
        }
    }
}

fn random() -> u64 {
    std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0)
}
