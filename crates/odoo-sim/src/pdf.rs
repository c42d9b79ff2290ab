//! A PDF of one page of text, for documents that are printed and files that are looked into.

use std::fmt::Write as _;

/// One page with a line of text after another, in Helvetica. Letters beyond Latin-1 become question marks.
pub(crate) fn page(lines: &[String]) -> Vec<u8> {
    let mut text = String::from("BT /F1 12 Tf 56 780 Td 16 TL\n");
    for line in lines {
        text.push('(');
        for letter in line.chars() {
            match letter {
                '(' | ')' | '\\' => {
                    text.push('\\');
                    text.push(letter);
                }
                ' '..='~' => text.push(letter),
                '\u{a0}'..='\u{ff}' => {
                    let _ = write!(text, "\\{:03o}", u32::from(letter));
                }
                _ => text.push('?'),
            }
        }
        text.push_str(") Tj T*\n");
    }
    text.push_str("ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (place, object) in objects.iter().enumerate() {
        let _ = writeln!(table, "{:010} 00000 n ", file.len());
        let _ = write!(file, "{} 0 obj\n{object}\nendobj\n", place + 1);
    }
    let start = file.len();
    let _ = write!(file, "{table}trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    file.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_of_the_table_points_at_its_object() {
        let file = String::from_utf8(page(&["Total (net): 10 €".to_owned(), "Büro".to_owned()])).unwrap();
        assert!(file.contains("(Total \\(net\\): 10 ?) Tj") && file.contains("(B\\374ro) Tj"));
        let entries: Vec<usize> =
            file.lines().filter(|line| line.ends_with(" 00000 n ")).map(|line| line[..10].parse().unwrap()).collect();
        assert_eq!(entries.len(), 5);
        for (place, entry) in entries.into_iter().enumerate() {
            assert!(file[entry..].starts_with(&format!("{} 0 obj\n", place + 1)));
        }
        let start: usize = file.lines().rev().nth(1).unwrap().parse().unwrap();
        assert!(file[start..].starts_with("xref\n"));
    }
}
