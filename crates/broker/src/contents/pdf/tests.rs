use super::super::{Kind, Text, Unread, text_of};
use lopdf::content::{Content, Operation};
use lopdf::{Document, Object, Stream, dictionary};

/// A PDF of pages with these operators and a font `F1`.
fn pdf(pages: &[&str]) -> Document {
    let mut document = Document::with_version("1.5");
    let tree = document.new_object_id();
    let font = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Courier", "Encoding" => "WinAnsiEncoding",
        "FirstChar" => 32, "Widths" => vec![Object::Integer(600); 224],
    });
    let resources = document.add_object(dictionary! { "Font" => dictionary! { "F1" => font } });
    let kids: Vec<Object> = pages
        .iter()
        .map(|operators| {
            let content = document.add_object(Stream::new(dictionary! {}, operators.as_bytes().to_vec()));
            document.add_object(dictionary! { "Type" => "Page", "Parent" => tree, "Contents" => content }).into()
        })
        .collect();
    let count = i64::try_from(kids.len()).unwrap();
    document.objects.insert(
        tree,
        dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count, "Resources" => resources }.into(),
    );
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    document
}

fn bytes(mut document: Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    document.compress();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn text(bytes: &[u8]) -> Result<Text, Unread> {
    text_of(Kind::Pdf, bytes)
}

#[test]
fn words_stand_in_lines_and_cells_as_on_the_page() {
    // In an order of its own: the total first, and the words of a line one by one.
    let page = "BT /F1 10 Tf 300 600 Td (12.50) Tj ET \
                BT /F1 10 Tf 50 700 Td (Invoice) Tj 60 0 Td (INV/7) Tj -60 -20 Td [(Gr) -10 (\\374n) -600 (Tee)] TJ ET \
                BT /F1 10 Tf 1 0 0 1 50 600 Tm (Total) Tj ET";
    let read = text(&bytes(pdf(&[page, "BT /F1 9 Tf 12 TL 9 800 Td (two) Tj (lines) ' ET"]))).unwrap();
    assert_eq!(read.words, "Invoice\tINV/7\nGrün Tee\n\nTotal\t12.50\n\ntwo\nlines");
    assert_eq!((read.pages, read.is_cut), (Some(2), false));
}

#[test]
fn letters_that_are_placed_one_by_one_become_words() {
    let letters = "BT /F1 10 Tf 1 0 0 -1 50 100 Tm <41> Tj 6 0 Td <42> Tj 6 0 Td <20> Tj 6 0 Td <43> Tj ET";
    let page = format!("q 1 0 0 -1 0 800 cm {letters} Q");
    assert_eq!(text(&bytes(pdf(&[&page]))).unwrap().words, "AB C");
}

#[test]
fn codes_of_two_bytes_are_read_by_what_the_font_says_of_them() {
    let mut document = pdf(&["BT /F2 10 Tf 50 700 Td <000100020003> Tj ET"]);
    let map = "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
               /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
               /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\n\
               endcodespacerange\n2 beginbfchar\n<0001> <20AC>\n<0002> <00660066>\nendbfchar\n1 beginbfrange\n\
               <0003> <0004> <0041>\nendbfrange\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n";
    let map = document.add_object(Stream::new(dictionary! {}, map.as_bytes().to_vec()));
    let below = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "CIDFontType2", "DW" => 500,
        "W" => vec![1.into(), vec![Object::Integer(500), Object::Integer(700)].into(), 3.into(), 4.into(), 250.into()],
    });
    let font = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type0", "Encoding" => "Identity-H", "ToUnicode" => map,
        "DescendantFonts" => vec![Object::Reference(below)],
    });
    for object in document.objects.values_mut() {
        if let Ok(fonts) = object.as_dict_mut().and_then(|resources| resources.get_mut(b"Font")) {
            fonts.as_dict_mut().unwrap().set("F2", font);
        }
    }
    assert_eq!(text(&bytes(document)).unwrap().words, "€ffA");
}

#[test]
fn a_form_that_shows_itself_ends() {
    let mut document = pdf(&["/X Do BT /F1 10 Tf 50 500 Td (after) Tj ET"]);
    let id = document.new_object_id();
    let form = Stream::new(
        dictionary! { "Type" => "XObject", "Subtype" => "Form", "Resources" => dictionary! { "XObject" => dictionary! { "X" => id } } },
        b"BT /F1 10 Tf 50 700 Td (inside) Tj ET /X Do /X Do".to_vec(),
    );
    document.objects.insert(id, form.into());
    for object in document.objects.values_mut() {
        if let Ok(resources) = object.as_dict_mut()
            && resources.has(b"Font")
        {
            resources.set("XObject", dictionary! { "X" => id });
        }
    }
    let read = text(&bytes(document)).unwrap().words;
    assert!(read.starts_with("inside") && read.ends_with("after"), "{read}");
}

#[test]
fn a_page_tree_or_value_that_leads_to_itself_ends() {
    let mut document = pdf(&["BT /F1 10 Tf 50 700 Td (a) Tj ET"]);
    let tree = document.catalog().unwrap().get(b"Pages").unwrap().as_reference().unwrap();
    let kids = document.get_object_mut(tree).unwrap().as_dict_mut().unwrap().get_mut(b"Kids").unwrap();
    kids.as_array_mut().unwrap().extend([Object::Reference(tree), Object::Reference(tree)]);
    document.get_object_mut(tree).unwrap().as_dict_mut().unwrap().set("Parent", tree);
    let read = text(&bytes(document));
    assert!(read.is_err() || read.unwrap().words.len() < 10);
}

#[test]
fn what_unpacks_to_far_more_than_it_is_gets_no_room() {
    let page = "BT /F1 10 Tf 50 700 Td (a) Tj ET ".repeat(400_000);
    let bomb = bytes(pdf(&[&page]));
    assert!(bomb.len() < 200_000, "{}", bomb.len());
    assert!(text(&bomb).unwrap().is_cut);
    assert_eq!(text(&[b"%PDF-1.5\n1 0 obj\n[".as_slice(), &b"0 ".repeat(700_000)].concat()), Err(Unread::TooLarge));
}

#[test]
fn values_without_end_overflow_nothing() {
    for open in ["[", "<<", "<</A ", "(", "<</A["] {
        let file =
            format!("%PDF-1.5\n1 0 obj\n{}\nendobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF", open.repeat(90_000));
        assert!(text(file.as_bytes()).is_err(), "{open}");
    }
    let nested = format!("BT /F1 10 Tf {} (a) Tj ET", "[".repeat(90_000));
    assert_eq!(text(&bytes(pdf(&[&nested]))).unwrap().words, "");
}

#[test]
fn many_streams_that_each_unpack_to_their_most_are_not_all_kept() {
    let mut document = pdf(&["BT /F1 10 Tf 50 700 Td (a) Tj ET"]);
    let numbers = vec![Object::Integer(7); 20_000];
    for _ in 0..25 {
        document.add_object(Object::Array(numbers.clone()));
    }
    let mut file = Vec::new();
    document.save_modern(&mut file).unwrap();
    assert!(file.len() < 200_000, "{}", file.len());
    assert_eq!(text(&file), Err(Unread::TooLarge));
}

#[test]
fn an_encrypted_document_says_so() {
    let mut document = pdf(&[""]);
    document.trailer.set("Encrypt", dictionary! { "Filter" => "Standard" });
    let mut file = Vec::new();
    document.save_to(&mut file).unwrap();
    assert_eq!(text(&file), Err(Unread::Encrypted));
}

#[test]
fn a_file_that_is_cut_or_changed_anywhere_is_read_or_refused() {
    let content = Content { operations: vec![Operation::new("BT", vec![]), Operation::new("ET", vec![])] };
    let page = String::from_utf8(content.encode().unwrap()).unwrap() + " BT /F1 10 Tf 5 5 Td (abc) Tj ET";
    let whole = bytes(pdf(&[&page, &page]));
    let told = |bytes: &[u8]| std::panic::catch_unwind(|| text(bytes).ok().is_none_or(|read| read.words.len() <= 64));
    for end in 0..whole.len() {
        assert!(told(&whole[..end]).unwrap_or(true));
        let mut changed = whole.clone();
        changed[end] ^= 0x15;
        assert!(told(&changed).unwrap_or(true));
    }
}
