//! Contacts by the thousand, for tests and measurements of long lists.

use std::sync::Arc;

use crate::cell::Cell;
use crate::clock;
use crate::env::{Env, ROOT};
use crate::fault::Outcome;
use crate::records::Row;

const GIVEN: [&str; 16] = [
    "Ada", "Bruno", "Clara", "Dario", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Liam", "Mona",
    "Nils", "Olga", "Paul",
];
const FAMILY: [&str; 16] = [
    "Abel", "Brandt", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Hansen", "Ivanov", "Jansen", "Keller",
    "Lopez", "Meyer", "Novak", "Olsen", "Petrov",
];
/// Cities with their postcode and the id of their country.
const PLACES: [(&str, &str, i64); 8] = [
    ("Brussels", "1000", 20),
    ("Lyon", "69002", 75),
    ("Hamburg", "20457", 57),
    ("Amsterdam", "1016", 165),
    ("London", "SE1 9SE", 231),
    ("Toronto", "M5V 2A8", 38),
    ("Madrid", "28013", 68),
    ("Milano", "20121", 109),
];

/// Adds `count` contacts after the others: the same ones at every start.
pub(super) fn contacts(env: &mut Env<'_>, count: usize) -> Outcome<()> {
    let model = env.model("res.partner")?;
    let index = |name: &str| model.field(name).map(|field| field.index);
    let now: Arc<str> = clock::datetime(env.now).into();
    let mut shared = Row::default();
    for field in &model.fields {
        if let Some(default) = field.default.as_ref().filter(|_| field.is_kept()) {
            shared.set(field.index, crate::values::cell(env, model, field, default)?);
        }
    }
    for (name, cell) in [
        ("create_uid", Cell::Int(ROOT)),
        ("write_uid", Cell::Int(ROOT)),
        ("create_date", Cell::Text(Arc::clone(&now))),
        ("write_date", Cell::Text(now)),
    ] {
        if let Some(index) = index(name) {
            shared.set(index, cell);
        }
    }
    let places = PLACES.map(|(city, zip, country)| (Cell::text(city), Cell::text(zip), Cell::Int(country)));
    let first = env.db.ids(model).next_back().unwrap_or(0) + 1;
    for (number, id) in (0..count).zip(first..) {
        let (given, family) = (GIVEN[number % 16], FAMILY[number / 16 % 16]);
        let (city, zip, country) = places[number / 7 % 8].clone();
        let mail = format!("{}.{}.{number}@example.com", given.to_lowercase(), family.to_lowercase());
        let mut row = shared.clone();
        for (name, cell) in [
            ("name", Cell::text(format!("{given} {family} {number}"))),
            ("email", Cell::text(mail)),
            ("phone", Cell::text(format!("+32 2 {:07}", number % 10_000_000))),
            ("city", city),
            ("zip", zip),
            ("country_id", country),
        ] {
            if let Some(index) = index(name) {
                row.set(index, cell);
            }
        }
        env.db.add_row(model, id, row);
        if number % 10_000 == 0 {
            env.db.keep();
        }
    }
    env.db.keep();
    Ok(())
}
