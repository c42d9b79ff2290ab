use super::*;

#[test]
fn odoo_s_words_are_labelled_and_carry_no_traceback_and_no_secret() {
    let words =
        Words::new("You cannot\u{7} sell key-123.\nTraceback (most recent call last):\n  File \"/usr\"", "key-123");
    let edge = OdooError::Refused { words }.edge();
    assert_eq!(edge.code, ErrorCode::OdooRefused);
    assert_eq!(edge.detail.as_deref(), Some("Odoo says: You cannot sell •••."));
    assert!(!edge.retry);
}

#[test]
fn words_hide_and_turn_nothing() {
    let words = Words::new("pay \u{202e}001\u{202c} now\u{e0041}\u{200b}\u{feff}", "");
    assert_eq!(words.as_str(), "pay 001 now");
}

#[test]
fn every_error_names_a_next_step() {
    let host = || "erp.example.com".to_owned();
    let words = || Words::new("No.", "");
    let all = [
        OdooError::Address(AddressError::Empty),
        OdooError::Unreachable { host: host(), cause: Unreachable::Refused },
        OdooError::Certificate { host: host(), problem: CertificateProblem::Expired },
        OdooError::BadAuthority("it is empty.".into()),
        OdooError::Redirected { host: host(), to: "https://other".into() },
        OdooError::NotOdoo { host: host(), what: "it answers with a web page".into() },
        OdooError::NoApi { host: host(), api: "JSON-2" },
        OdooError::UnknownDatabase { database: "prod".into() },
        OdooError::CredentialRefused { credential: "API key" },
        OdooError::ApiNotIncluded,
        OdooError::Protocol(ProtocolMismatch::PasswordOnJson2),
        OdooError::AccessDenied { words: words() },
        OdooError::RecordMissing { words: words() },
        OdooError::Refused { words: words() },
        OdooError::UnknownSchema { words: words() },
        OdooError::BadArguments { words: words() },
        OdooError::Failed { class: "a.B".into(), words: words() },
        OdooError::Busy { retry_after: None },
        OdooError::TimedOut { host: host(), within: Duration::from_secs(30) },
        OdooError::Interrupted { host: host() },
        OdooError::TooLarge { limit: 1024 },
        OdooError::Unreadable { host: host(), flaw: Flaw::Number },
        OdooError::Unreadable { host: host(), flaw: Flaw::NotUtf8 },
        OdooError::UnexpectedAnswer { what: "a.b".into() },
        OdooError::OutcomeUnknown { cause: Lost::TooLarge },
        OdooError::InvalidRequest("it is empty"),
        OdooError::Setup("no roots.".into()),
    ];
    for error in all {
        let (sentence, edge) = (error.to_string(), error.edge());
        // The step stands in the sentence already, or follows it.
        assert_eq!(error.next_step().is_none(), edge.message == sentence, "{edge:?}");
        let steps = [
            "check", "ask", "try", "read", "search", "change", "enter", "use", "name", "look", "has to", "choose",
            "leave", "tell",
        ];
        let lower = edge.message.to_lowercase();
        assert!(steps.iter().any(|step| lower.contains(step)), "{}", edge.message);
        assert!(edge.message.ends_with('.') && !edge.message.contains(".."), "{}", edge.message);
        assert!(!error.fix().is_empty());
    }
}

#[test]
fn endless_words_are_cut() {
    assert_eq!(Words::new(&"ä".repeat(10_000), "").as_str().chars().count(), Words::LIMIT);
}

#[test]
fn only_what_passes_by_itself_is_worth_a_second_try() {
    assert!(OdooError::Busy { retry_after: None }.edge().retry);
    assert!(!OdooError::OutcomeUnknown { cause: Lost::TimedOut }.edge().retry);
    assert!(!OdooError::CredentialRefused { credential: "API key" }.edge().retry);
    let busy = OdooError::Busy { retry_after: Some(Duration::from_secs(7)) };
    assert_eq!(busy.to_string(), "Odoo is busy. Try again in 7 s.");
}
