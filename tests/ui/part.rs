//! A part is stored by serde: what `entity` would say of it is refused.

use optimist::Part;
use serde::{Deserialize, Serialize};

#[derive(Part, Serialize, Deserialize)]
#[entity(rename_all = "camelCase")]
struct Home {
    #[entity(rename = "cityName")]
    city: String,
    #[entity(set, const = "ROOM_LIST")]
    rooms: Vec<String>,
}

#[derive(Part, Serialize, Deserialize)]
enum Colour {
    Red,
}

#[derive(Part, Serialize, Deserialize)]
struct Pair(String, u64);

/// What is skipped could not be read again.
#[derive(Part, Serialize, Deserialize)]
struct Skipping {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rooms: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

fn main() {
    let _ = Home::CITY;
}
