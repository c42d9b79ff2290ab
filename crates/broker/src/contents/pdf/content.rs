//! The operators of a page: where its text stands, and what it says.

use super::font::Font;
use super::layout::{Page, Piece};
use crate::contents::sink::{Sink, Stop};
use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, ObjectId};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The most that the operators of one page may unpack to, in bytes; of one form in it as well.
const MOST_CONTENT: usize = 4 * 1024 * 1024;
/// How deep forms may stand in forms.
const MOST_DEPTH: usize = 4;
/// The most operators that are followed in a whole document.
const MOST_OPERATORS: usize = 3_000_000;
/// How many states may wait for their `Q`.
const MOST_SAVED: usize = 256;
/// The most fonts that are read of a document.
const MOST_FONTS: usize = 256;

/// `[a b c d e f]`: from one plane of places to another.
type Matrix = [f32; 6];

const SAME: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// Follows the pages of a document.
pub(super) struct Painter<'a> {
    document: &'a Document,
    fonts: BTreeMap<ObjectId, Rc<Font>>,
    operators_left: usize,
}

/// What `q` keeps and `Q` brings back.
#[derive(Clone)]
struct State {
    plane: Matrix,
    font: Option<Rc<Font>>,
    size: f32,
    leading: f32,
    letter_gap: f32,
    word_gap: f32,
    stretch: f32,
    rise: f32,
}

/// Where text is shown.
struct Pen {
    at: Matrix,
    line: Matrix,
}

impl<'a> Painter<'a> {
    pub(super) const fn of(document: &'a Document) -> Self {
        Self { document, fonts: BTreeMap::new(), operators_left: MOST_OPERATORS }
    }

    /// Writes the text of a page.
    pub(super) fn paint(&mut self, id: ObjectId, sink: &mut Sink) -> Result<(), Stop> {
        let Ok(content) = self.document.get_page_content_with_limit(id, MOST_CONTENT) else { return Err(Stop::Full) };
        let mut page = Page::default();
        let painted = match self.document.get_page_resources(id) {
            Ok((own, inherited)) => {
                let inherited = inherited.iter().filter_map(|id| self.document.get_dictionary(*id).ok());
                let resources: Vec<&Dictionary> = own.into_iter().chain(inherited).collect();
                self.follow(&content, &resources, State::new(), 0, &mut page, sink)
            }
            Err(_) => Ok(()),
        };
        page.write(sink)?;
        painted
    }

    fn follow(
        &mut self,
        content: &[u8],
        resources: &[&Dictionary],
        mut state: State,
        depth: usize,
        page: &mut Page,
        sink: &mut Sink,
    ) -> Result<(), Stop> {
        let mut saved: Vec<State> = Vec::new();
        let mut pen = Pen { at: SAME, line: SAME };
        // What comes after something that is no operator is lost, what came before is not.
        for operation in Content::decode_iter(content).map_while(Result::ok) {
            sink.step()?;
            self.operators_left = self.operators_left.checked_sub(1).ok_or(Stop::Full)?;
            let Operation { operator, operands } = operation;
            let number = |index: usize| operands.get(index).and_then(|value| value.as_float().ok()).unwrap_or(0.0);
            match operator.as_str() {
                "q" if saved.len() < MOST_SAVED => saved.push(state.clone()),
                "Q" => state = saved.pop().unwrap_or(state),
                "cm" => state.plane = within(matrix(&operands), state.plane),
                "BT" => pen = Pen { at: SAME, line: SAME },
                "Tf" => {
                    let name = operands.first().and_then(|name| name.as_name().ok()).unwrap_or_default();
                    state.font = self.font(name, resources);
                    state.size = number(1);
                }
                "Tc" => state.letter_gap = number(0),
                "Tw" => state.word_gap = number(0),
                "Tz" => state.stretch = number(0) / 100.0,
                "TL" => state.leading = number(0),
                "Ts" => state.rise = number(0),
                "Td" => pen.move_by(number(0), number(1)),
                "TD" => {
                    state.leading = -number(1);
                    pen.move_by(number(0), number(1));
                }
                "Tm" => pen = Pen { at: matrix(&operands), line: matrix(&operands) },
                "T*" => pen.move_by(0.0, -state.leading),
                "Tj" => pen.show(operands.first(), &state, page)?,
                "'" => {
                    pen.move_by(0.0, -state.leading);
                    pen.show(operands.first(), &state, page)?;
                }
                "\"" => {
                    (state.word_gap, state.letter_gap) = (number(0), number(1));
                    pen.move_by(0.0, -state.leading);
                    pen.show(operands.get(2), &state, page)?;
                }
                "TJ" => {
                    for item in operands.first().and_then(|items| items.as_array().ok()).into_iter().flatten() {
                        match item.as_float() {
                            Ok(back) => pen.advance(-back / 1000.0 * state.size * state.stretch),
                            Err(_) => pen.show(Some(item), &state, page)?,
                        }
                    }
                }
                "Do" if depth < MOST_DEPTH => {
                    let name = operands.first().and_then(|name| name.as_name().ok()).unwrap_or_default();
                    self.form(name, resources, &state, depth, page, sink)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A form: a page within a page.
    fn form(
        &mut self,
        name: &[u8],
        resources: &[&Dictionary],
        state: &State,
        depth: usize,
        page: &mut Page,
        sink: &mut Sink,
    ) -> Result<(), Stop> {
        let found = self.resource(b"XObject", name, resources).and_then(|(_, object)| object.as_stream().ok());
        let Some(form) =
            found.filter(|form| form.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|n| n == b"Form"))
        else {
            return Ok(());
        };
        let Ok(content) = form.get_plain_content_with_limit(MOST_CONTENT) else { return Err(Stop::Full) };
        let own = form.dict.get_deref(b"Resources", self.document).and_then(Object::as_dict).ok();
        let resources: Vec<&Dictionary> = own.into_iter().chain(resources.iter().copied()).take(8).collect();
        let place = form.dict.get_deref(b"Matrix", self.document).and_then(Object::as_array);
        let plane = place.map_or(state.plane, |place| within(matrix(place), state.plane));
        self.follow(&content, &resources, State { plane, ..state.clone() }, depth + 1, page, sink)
    }

    fn font(&mut self, name: &[u8], resources: &[&Dictionary]) -> Option<Rc<Font>> {
        let (id, object) = self.resource(b"Font", name, resources)?;
        let dictionary = object.as_dict().ok()?;
        // A font that stands in the page itself is read each time: that is rare, and costs operators.
        let Some(id) = id else {
            self.operators_left = self.operators_left.saturating_sub(10_000);
            return Some(Rc::new(Font::of(dictionary, self.document)));
        };
        if let Some(font) = self.fonts.get(&id) {
            return Some(Rc::clone(font));
        }
        if self.fonts.len() >= MOST_FONTS {
            return None;
        }
        let font = Rc::new(Font::of(dictionary, self.document));
        self.fonts.insert(id, Rc::clone(&font));
        Some(font)
    }

    fn resource<'r>(
        &self,
        kind: &[u8],
        name: &[u8],
        resources: &[&'r Dictionary],
    ) -> Option<(Option<ObjectId>, &'r Object)>
    where
        'a: 'r,
    {
        resources.iter().find_map(|resources| {
            let named = resources.get_deref(kind, self.document).and_then(Object::as_dict).ok()?.get(name).ok()?;
            self.document.dereference(named).ok()
        })
    }
}

impl State {
    const fn new() -> Self {
        Self {
            plane: SAME,
            font: None,
            size: 0.0,
            leading: 0.0,
            letter_gap: 0.0,
            word_gap: 0.0,
            stretch: 1.0,
            rise: 0.0,
        }
    }
}

impl Pen {
    fn move_by(&mut self, x: f32, y: f32) {
        self.line = within([1.0, 0.0, 0.0, 1.0, x, y], self.line);
        self.at = self.line;
    }

    fn advance(&mut self, x: f32) {
        self.at = within([1.0, 0.0, 0.0, 1.0, x, 0.0], self.at);
    }

    fn show(&mut self, shown: Option<&Object>, state: &State, page: &mut Page) -> Result<(), Stop> {
        let (Some(Ok(shown)), Some(font)) = (shown.map(Object::as_str), &state.font) else { return Ok(()) };
        let (x, y, size) = self.place(state);
        let mut text = String::new();
        for code in font.codes(shown) {
            if let Some(word) = font.word(code) {
                text.push_str(word);
            }
            let gap = state.letter_gap + if font.is_space(code) { state.word_gap } else { 0.0 };
            self.advance((font.width(code) * state.size + gap) * state.stretch);
        }
        let (end, _, _) = self.place(state);
        page.add(Piece { x, y, end, size, text })
    }

    /// Where the next letter stands on the page, and how high it is.
    fn place(&self, state: &State) -> (f32, f32, f32) {
        let on_page = within(self.at, state.plane);
        let size = state.size.abs() * on_page[2].hypot(on_page[3]);
        (on_page[4] + state.rise * on_page[2], on_page[5] + state.rise * on_page[3], size)
    }
}

/// A plane inside another one.
fn within(inner: Matrix, outer: Matrix) -> Matrix {
    let [xx, xy, yx, yy, _, _] = outer;
    let turned = |x: f32, y: f32| (x.mul_add(xx, y * yx), x.mul_add(xy, y * yy));
    let (right, up, at) = (turned(inner[0], inner[1]), turned(inner[2], inner[3]), turned(inner[4], inner[5]));
    [right.0, right.1, up.0, up.1, at.0 + outer[4], at.1 + outer[5]]
}

fn matrix(operands: &[Object]) -> Matrix {
    let mut matrix = SAME;
    if operands.len() >= matrix.len() {
        for (place, operand) in matrix.iter_mut().zip(operands) {
            *place = operand.as_float().unwrap_or(0.0);
        }
    }
    matrix
}
