use crate::Place;

/// The command line of an example: numbers with their defaults, and where to run.
#[derive(Debug, PartialEq)]
pub struct Options<const N: usize> {
    /// In the order of the defaults.
    pub numbers: [u64; N],
    /// The embedded engine, unless `--endpoint URL` or `--aws` says otherwise.
    pub place: Place,
}

impl<const N: usize> Options<N> {
    /// Reads the command line of this process. If it cannot be read, prints the usage and ends the process with code 2.
    #[must_use]
    pub fn of_process(example: &str, defaults: [(&str, u64); N]) -> Self {
        Self::parse(defaults, std::env::args().skip(1)).unwrap_or_else(|problem| {
            let numbers = defaults.map(|(name, default)| format!("[--{name} N ({default})] "));
            let numbers = numbers.concat();
            eprintln!("{problem}\nusage: {example} {numbers}[--endpoint URL | --aws]");
            std::process::exit(2)
        })
    }

    fn parse(
        defaults: [(&str, u64); N],
        mut arguments: impl Iterator<Item = String>,
    ) -> Result<Self, String> {
        let mut options = Self {
            numbers: defaults.map(|(_, default)| default),
            place: Place::Embedded,
        };
        while let Some(argument) = arguments.next() {
            if argument == "--aws" {
                options.place = Place::Aws;
                continue;
            }
            let value = arguments.next();
            let value = value.ok_or_else(|| format!("{argument} is unknown, or lacks a value"))?;
            let number = defaults
                .iter()
                .position(|(name, _)| argument.strip_prefix("--") == Some(name));
            match number {
                Some(index) => {
                    options.numbers[index] = value
                        .parse()
                        .map_err(|_| format!("{argument} {value}: not a number"))?;
                }
                None if argument == "--endpoint" => options.place = Place::Endpoint(value),
                None => return Err(format!("unknown option {argument}")),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options<2>, String> {
        let words = line.split_whitespace().map(str::to_owned);
        Options::parse([("writers", 8), ("increments", 50)], words)
    }

    #[test]
    fn what_is_not_said_is_the_default() {
        let options = parse("--increments 3 --endpoint http://127.0.0.1:8000").unwrap();
        assert_eq!(options.numbers, [8, 3]);
        let endpoint = "http://127.0.0.1:8000".to_owned();
        assert_eq!(options.place, Place::Endpoint(endpoint));
        assert_eq!(parse("--aws").unwrap().place, Place::Aws);
        assert_eq!(parse("").unwrap().place, Place::Embedded);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for line in ["--writers", "--writers many", "--other 1", "--endpoint"] {
            let problem = parse(line).unwrap_err();
            let option = line.split(' ').next().unwrap();
            assert!(problem.contains(option), "{problem}");
        }
    }
}
