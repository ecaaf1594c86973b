use optimist::Entities;

#[derive(Entities)]
enum Of {
    Text(String),
    #[entities(other)]
    Other(Vec<u8>),
}

fn main() {}
