//! Words at places become lines: those of one height stand in one line, from left to right, so that the cells of a table
//! stay beside each other.

use crate::contents::sink::{Sink, Stop};
use std::cmp::Ordering;

/// The most pieces of text that are placed on one page.
const MOST_PIECES: usize = 50_000;

/// Text at a place of a page.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) x: f32,
    /// Upwards.
    pub(super) y: f32,
    /// Where it ends.
    pub(super) end: f32,
    /// How high it is.
    pub(super) size: f32,
    pub(super) text: String,
}

/// The text of one page.
#[derive(Default)]
pub(super) struct Page {
    pieces: Vec<Piece>,
}

impl Page {
    /// Adds a piece; one that goes on where the last one ended becomes a part of it.
    pub(super) fn add(&mut self, piece: Piece) -> Result<(), Stop> {
        if piece.text.is_empty() || ![piece.x, piece.y, piece.end, piece.size].iter().all(|number| number.is_finite()) {
            return Ok(());
        }
        if let Some(last) = self.pieces.last_mut()
            && (last.y - piece.y).abs() < 0.1 * last.size.max(piece.size)
        {
            let gap = piece.x - last.end;
            if gap.abs() < 0.15 * last.size && last.text.len() < 4096 {
                last.text.push_str(&piece.text);
                last.end = piece.end;
                return Ok(());
            }
            // Bold that is made by showing it twice.
            if (piece.x - last.x).abs() < 0.1 * last.size && piece.text == last.text {
                return Ok(());
            }
        }
        if self.pieces.len() >= MOST_PIECES {
            return Err(Stop::Full);
        }
        self.pieces.push(piece);
        Ok(())
    }

    /// Writes its lines from top to bottom.
    pub(super) fn write(mut self, sink: &mut Sink) -> Result<(), Stop> {
        self.pieces.sort_by(|a, b| descending(a.y, b.y));
        let mut rest = self.pieces.as_mut_slice();
        let mut above: Option<(f32, f32)> = None;
        while let Some(first) = rest.first() {
            let (y, size) = (first.y, first.size);
            let count = rest.iter().take_while(|piece| y - piece.y < 0.5 * size.min(piece.size).max(1.0)).count();
            let (line, below) = rest.split_at_mut(count.max(1));
            rest = below;
            if let Some((last_y, last_size)) = above {
                sink.push(if last_y - y > 2.2 * last_size.max(size) { "\n\n" } else { "\n" })?;
            }
            above = Some((y, size));
            line.sort_by(|a, b| a.x.total_cmp(&b.x));
            let mut end: Option<f32> = None;
            for piece in line {
                let gap = end.map_or(0.0, |end| piece.x - end);
                if gap > 1.2 * piece.size {
                    sink.cell()?;
                } else if gap > 0.15 * piece.size {
                    sink.words(" ")?;
                }
                sink.push(&piece.text)?;
                end = Some(end.map_or(piece.end, |end| end.max(piece.end)));
            }
        }
        Ok(())
    }
}

fn descending(a: f32, b: f32) -> Ordering {
    b.total_cmp(&a)
}
