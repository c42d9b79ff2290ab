//! The records themselves: tables in memory, copied on write so that a failed call can be taken back.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cell::Cell;
use crate::schema::{Model, Schema};

/// All tables. A clone costs a few pointers; what is written afterwards is copied table by table.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    tables: Vec<Arc<Table>>,
}

#[derive(Clone, Debug, Default)]
struct Table {
    rows: BTreeMap<i64, Arc<Vec<Cell>>>,
    last_id: i64,
}

impl Database {
    pub(crate) fn new(schema: &Schema) -> Self {
        Self { tables: schema.models().iter().map(|_| Arc::default()).collect() }
    }

    pub(crate) fn row(&self, model: &Model, id: i64) -> Option<&[Cell]> {
        self.tables[model.index].rows.get(&id).map(|row| row.as_slice())
    }

    pub(crate) fn has(&self, model: &Model, id: i64) -> bool {
        self.tables[model.index].rows.contains_key(&id)
    }

    /// All ids, ascending.
    pub(crate) fn ids(&self, model: &Model) -> impl Iterator<Item = i64> + '_ {
        self.tables[model.index].rows.keys().copied()
    }

    /// Adds an empty record under the next id.
    pub(crate) fn add(&mut self, model: &Model) -> i64 {
        let id = self.tables[model.index].last_id + 1;
        self.add_at(model, id);
        id
    }

    /// Adds an empty record under an id of its own.
    pub(crate) fn add_at(&mut self, model: &Model, id: i64) {
        let table = Arc::make_mut(&mut self.tables[model.index]);
        table.last_id = table.last_id.max(id);
        table.rows.insert(id, Arc::new(vec![Cell::Null; model.fields.len()]));
    }

    /// Sets one cell; nothing happens where the record is gone.
    pub(crate) fn set(&mut self, model: &Model, id: i64, cell: usize, value: Cell) {
        if let Some(row) = Arc::make_mut(&mut self.tables[model.index]).rows.get_mut(&id) {
            Arc::make_mut(row)[cell] = value;
        }
    }

    pub(crate) fn remove(&mut self, model: &Model, id: i64) {
        Arc::make_mut(&mut self.tables[model.index]).rows.remove(&id);
    }
}
