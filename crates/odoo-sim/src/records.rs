//! The records themselves: tables in memory, with a log of what was there before so that a failed call can be taken back.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeBounds;
use std::sync::Arc;

use crate::cell::Cell;
use crate::schema::{Model, Schema};

/// All tables, and what the current call changed in them.
#[derive(Debug)]
pub(crate) struct Database {
    tables: Vec<Table>,
    undo: Vec<Before>,
}

/// A place in the log of changes, to go back to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark(usize);

#[derive(Debug, Default)]
struct Table {
    rows: BTreeMap<i64, Arc<Row>>,
    last_id: i64,
    /// By field: which records point to which. Kept for the many2ones behind a one2many.
    pointing: HashMap<usize, HashMap<i64, BTreeSet<i64>>>,
}

/// The cells that are set: most records leave most fields empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    set: u128,
    cells: Vec<Cell>,
}

#[derive(Debug)]
struct Before {
    table: usize,
    id: i64,
    row: Option<Arc<Row>>,
    last_id: i64,
}

impl Row {
    pub(crate) fn get(&self, cell: usize) -> &Cell {
        const NOTHING: &Cell = &Cell::Null;
        if self.has(cell) { self.cells.get(self.place(cell)).unwrap_or(NOTHING) } else { NOTHING }
    }

    pub(crate) fn set(&mut self, cell: usize, value: Cell) {
        let place = self.place(cell);
        match (self.has(cell), value) {
            (true, Cell::Null) => {
                self.cells.remove(place);
                self.set &= !(1 << cell);
            }
            (true, value) => self.cells[place] = value,
            (false, Cell::Null) => {}
            (false, value) => {
                self.cells.insert(place, value);
                self.set |= 1 << cell;
            }
        }
    }

    fn has(&self, cell: usize) -> bool {
        self.set >> cell & 1 == 1
    }

    fn place(&self, cell: usize) -> usize {
        (self.set & ((1 << cell) - 1)).count_ones() as usize
    }
}

impl Database {
    pub(crate) fn new(schema: &Schema) -> Self {
        let table = |model: &Model| Table {
            pointing: model.indexed.iter().map(|field| (*field, HashMap::new())).collect(),
            ..Table::default()
        };
        Self { tables: schema.models().iter().map(table).collect(), undo: Vec::new() }
    }

    /// Where the log of changes stands.
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.undo.len())
    }

    /// Takes back everything since the mark.
    pub(crate) fn undo_to(&mut self, mark: Mark) {
        while self.undo.len() > mark.0
            && let Some(before) = self.undo.pop()
        {
            let table = &mut self.tables[before.table];
            table.replace(before.id, before.row);
            table.last_id = before.last_id;
        }
    }

    /// What was changed so far stays.
    pub(crate) fn keep(&mut self) {
        self.undo.clear();
    }

    /// One cell; `Null` where the record is gone.
    pub(crate) fn cell(&self, model: &Model, id: i64, cell: usize) -> Cell {
        self.tables[model.index].rows.get(&id).map_or(Cell::Null, |row| row.get(cell).clone())
    }

    pub(crate) fn has(&self, model: &Model, id: i64) -> bool {
        self.tables[model.index].rows.contains_key(&id)
    }

    /// All ids, ascending.
    pub(crate) fn ids(&self, model: &Model) -> impl DoubleEndedIterator<Item = i64> + '_ {
        self.ids_in(model, ..)
    }

    /// The ids within bounds that do not cross, ascending.
    pub(crate) fn ids_in(
        &self,
        model: &Model,
        bounds: impl RangeBounds<i64>,
    ) -> impl DoubleEndedIterator<Item = i64> + '_ {
        self.tables[model.index].rows.range(bounds).map(|(id, _)| *id)
    }

    /// The records whose many2one or many2many `cell` holds `to`, ascending.
    pub(crate) fn pointing(&self, model: &Model, cell: usize, to: i64) -> Vec<i64> {
        let table = &self.tables[model.index];
        if let Some(index) = table.pointing.get(&cell) {
            return index.get(&to).map_or_else(Vec::new, |ids| ids.iter().copied().collect());
        }
        let points = |row: &Row| match row.get(cell) {
            Cell::Int(id) => *id == to,
            Cell::Ids(ids) => ids.contains(&to),
            _ => false,
        };
        table.rows.iter().filter(|(_, row)| points(row)).map(|(id, _)| *id).collect()
    }

    /// Adds an empty record under the next id.
    pub(crate) fn add(&mut self, model: &Model) -> i64 {
        let id = self.tables[model.index].last_id + 1;
        self.add_row(model, id, Row::default());
        id
    }

    /// Adds a record under an id of its own.
    pub(crate) fn add_row(&mut self, model: &Model, id: i64, row: Row) {
        let last_id = self.change(model, id, Some(Arc::new(row)));
        self.tables[model.index].last_id = last_id.max(id);
    }

    /// Sets one cell; nothing happens where the record is gone.
    pub(crate) fn set(&mut self, model: &Model, id: i64, cell: usize, value: Cell) {
        let Some(row) = self.tables[model.index].rows.get(&id) else { return };
        if *row.get(cell) == value {
            return;
        }
        let mut row = Row::clone(row);
        row.set(cell, value);
        self.change(model, id, Some(Arc::new(row)));
    }

    pub(crate) fn remove(&mut self, model: &Model, id: i64) {
        self.change(model, id, None);
    }

    /// Replaces a row and notes what was there. Gives the table's last id.
    fn change(&mut self, model: &Model, id: i64, row: Option<Arc<Row>>) -> i64 {
        let table = &mut self.tables[model.index];
        let last_id = table.last_id;
        let row = table.replace(id, row);
        self.undo.push(Before { table: model.index, id, row, last_id });
        last_id
    }
}

impl Table {
    fn replace(&mut self, id: i64, row: Option<Arc<Row>>) -> Option<Arc<Row>> {
        let target = |row: Option<&Arc<Row>>, cell: usize| row.and_then(|row| row.get(cell).as_id());
        let old = self.rows.get(&id);
        for (cell, index) in &mut self.pointing {
            let (from, to) = (target(old, *cell), target(row.as_ref(), *cell));
            if from == to {
                continue;
            }
            if let Some(ids) = from.and_then(|from| index.get_mut(&from)) {
                ids.remove(&id);
            }
            if let Some(to) = to {
                index.entry(to).or_default().insert(id);
            }
        }
        match row {
            Some(row) => self.rows.insert(id, row),
            None => self.rows.remove(&id),
        }
    }
}
