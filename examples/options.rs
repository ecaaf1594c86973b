//! The command line of `counter`.

const USAGE: &str =
    "usage: counter [--machines N] [--increments M] [--latency MS] [--endpoint URL]";

pub struct Options {
    pub machines: u64,
    pub increments: u64,
    pub latency: u64,
    pub endpoint: Option<String>,
}

impl Options {
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            machines: 8,
            increments: 50,
            latency: 10,
            endpoint: None,
        };
        while let Some(name) = arguments.next() {
            let value = arguments
                .next()
                .ok_or_else(|| format!("{name} needs a value\n{USAGE}"))?;
            let number = || {
                value
                    .parse::<u64>()
                    .map_err(|_| format!("{name} {value}: not a number\n{USAGE}"))
            };
            match name.as_str() {
                "--machines" => options.machines = number()?.max(1),
                "--increments" => options.increments = number()?,
                "--latency" => options.latency = number()?,
                "--endpoint" => options.endpoint = Some(value),
                _ => return Err(format!("unknown option {name}\n{USAGE}")),
            }
        }
        Ok(options)
    }
}
