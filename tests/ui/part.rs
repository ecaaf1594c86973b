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

fn main() {
    let _ = Home::CITY;
}
