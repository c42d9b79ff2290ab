//! Workbooks of Excel: every sheet as rows of cells. Cells are read one at a time, for one far cell can make a sheet of
//! billions.

use super::office::Archive;
use super::sink::{Sink, Stop};
use super::{Unread, one_line};
use calamine::{Data, DataRef, Reader, Xlsx};
use std::io::Cursor;

/// The most that the texts that cells share may unpack to, in bytes: all of them are kept.
const SHARED: (&str, usize) = ("sharedstrings.xml", 6 * 1024 * 1024);
/// The most sheets that are read.
const MOST_SHEETS: usize = 200;
/// The most empty cells that are shown between two others.
const MOST_EMPTY: u32 = 20;

/// Gives the number of sheets.
pub(super) fn read(bytes: &[u8], sink: &mut Sink) -> Result<usize, Stop> {
    Archive::open(bytes)?.weigh(SHARED)?;
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|_| Unread::Damaged)?;
    let names = book.sheet_names();
    for name in names.iter().take(MOST_SHEETS) {
        sink.line()?;
        sink.push(&format!("# {}", one_line(name, 80)))?;
        // A chart has no cells.
        let Ok(mut cells) = book.worksheet_cells_reader(name) else { continue };
        let (mut row, mut column) = (None, 0);
        while let Some(cell) = cells.next_cell().map_err(|_| Unread::Damaged)? {
            sink.step()?;
            let words = words(cell.get_value());
            if words.is_empty() {
                continue;
            }
            let (at_row, at_column) = cell.get_position();
            let skipped = if row == Some(at_row) {
                at_column.saturating_sub(column)
            } else {
                sink.line()?;
                at_column
            };
            (row, column) = (Some(at_row), at_column);
            sink.push(&"\t".repeat(skipped.min(MOST_EMPTY) as usize))?;
            // Line breaks in a cell would break the row.
            sink.words(&words)?;
        }
    }
    if names.len() > MOST_SHEETS { Err(Stop::Full) } else { Ok(names.len()) }
}

fn words(value: &DataRef<'_>) -> String {
    match value {
        DataRef::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            if (hour, minute, second) == (0, 0, 0) { date } else { format!("{date} {hour:02}:{minute:02}:{second:02}") }
        }
        other => Data::from(other.clone()).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::office::tests::archive;
    use super::super::{Kind, Text, Unread, kind::kind_of, text_of};

    fn book(cells: &str, shared: &str) -> Vec<u8> {
        let sheet = format!("<worksheet><sheetData>{cells}</sheetData></worksheet>");
        let shared = if shared.starts_with("<sst") { shared.to_owned() } else { format!("<sst>{shared}</sst>") };
        archive(&[
            ("[Content_Types].xml", b"<Types/>"),
            (
                "_rels/.rels",
                b"<Relationships><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>",
            ),
            (
                "xl/workbook.xml",
                b"<workbook xmlns:r=\"r\"><sheets><sheet name=\"Prices\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
            ),
            (
                "xl/_rels/workbook.xml.rels",
                b"<Relationships><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>",
            ),
            (
                "xl/styles.xml",
                b"<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>",
            ),
            ("xl/sharedStrings.xml", shared.as_bytes()),
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ])
    }

    fn read(bytes: &[u8]) -> Result<Text, Unread> {
        assert_eq!(kind_of(bytes, ""), Kind::Sheet);
        text_of(Kind::Sheet, bytes)
    }

    #[test]
    fn a_sheet_is_rows_of_cells_with_their_dates_in_words() {
        let cells = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"inlineStr\"><is><t>Price\nnet</t></is></c></row>\
                     <row r=\"3\"><c r=\"A3\" s=\"1\"><v>46000</v></c><c r=\"D3\"><v>12.5</v></c><c r=\"E3\" t=\"b\"><v>1</v></c></row>";
        let read = read(&book(cells, "<si><t>Item &amp; no</t></si>")).unwrap();
        assert_eq!(
            (read.words.as_str(), read.pages),
            ("# Prices\nItem & no\tPrice net\n2025-12-09\t\t\t12.5\ttrue", Some(1))
        );
    }

    #[test]
    fn one_far_cell_makes_no_giant_of_a_sheet() {
        let cells =
            "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>2</v></c></row>";
        let text = read(&book(cells, "")).unwrap().words;
        assert!(text.len() < 100 && text.ends_with('2'), "{text}");
    }

    #[test]
    fn a_bomb_of_cells_or_of_shared_texts_gets_no_room() {
        assert_eq!(read(&book("", &"<si/>".repeat(1_500_000))), Err(Unread::TooLarge));
        // Room would be made for as many as it says.
        let announced = "<sst uniqueCount=\"9999999999999\"><si/></sst>";
        assert_eq!(read(&book("", announced)), Err(Unread::TooLarge));
        let cells = format!("<row r=\"1\">{}</row>", "<c><v>1</v></c>".repeat(2_000_000));
        assert_eq!(read(&book(&cells, "")), Err(Unread::TooLarge));
    }
}
