//! The analyzer and the queries, by examples, and by any text.

use proptest::prelude::*;

use super::*;
use crate::domain::{ConversationId, UserId};

fn words(text: &str) -> Vec<String> {
    analyze(text).tokens.into_iter().map(|token| token.word).collect()
}

fn indexed(text: &str) -> IndexedText {
    let about = AboutMessage {
        conversation: ConversationId(7),
        sender: Some(UserId(2)),
        mentions: &[],
        mentions_all: false,
        files: vec![],
    };
    IndexedText::of(text, &about)
}

fn finds(query: &str, text: &str) -> bool {
    let typed = parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let text = indexed(text);
    typed.wanted.iter().all(|wanted| wanted.clause.is_in(&text))
        && !typed.unwanted.iter().any(|clause| clause.is_in(&text))
}

#[test]
fn a_text_is_its_words_in_one_form() {
    for (text, expected) in [
        ("Привет, Мир!", vec!["привет", "мир"]),
        ("Ёлка и ещё е\u{308}лка", vec!["елка", "и", "еще", "елка"]),
        ("и\u{306}од", vec!["йод"]),
        (
            "snake_case_name и camelCase",
            vec!["snake", "case", "name", "и", "camel", "case"],
        ),
        (
            "https://example.com/a/B?x=1",
            vec!["https", "example", "com", "a", "b", "x", "1"],
        ),
        ("ABC-123", vec!["abc", "123"]),
        ("/etc/nginx/nginx.conf", vec!["etc", "nginx", "nginx", "conf"]),
        ("soft\u{ad}hyphen", vec!["softhyphen"]),
        ("日本語", vec!["日本", "本語", "語"]),
        ("日本 abc", vec!["日本", "本", "abc"]),
        ("한국어", vec!["한국", "국어", "어"]),
        ("🚀🚀 ok 👍🏽 ❤️", vec!["🚀", "🚀", "ok", "👍", "❤"]),
        ("--- !!! ...", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(words(text), expected, "{text}");
    }
}

#[test]
fn places_are_counted_as_javascript_does() {
    let analyzed = analyze("🚀 релиз camelCase");
    let places: Vec<_> = analyzed.tokens.iter().map(|token| (token.start, token.end)).collect();
    assert_eq!(places, [(0, 2), (3, 8), (9, 14), (14, 18)]);
    assert_eq!((analyzed.compounds[0].start, analyzed.compounds[0].end), (9, 18));
}

#[test]
fn words_are_found_in_all_their_forms() {
    for (query, text) in [
        ("релиз", "вышли релизы"),
        ("релиз", "поговорим о релизе"),
        ("релизы", "Релиз!"),
        ("ёлка", "под елкой"),
        ("елка", "Ёлки"),
        ("Анна", "спросите Анну"),
        ("Иванова", "позвоните Иванову"),
        ("Иванов отчёт", "отчет для Иванова"),
        ("Иванова отчёт", "отчет: Иванов"),
        ("running", "he runs"),
        ("deploy", "we deployed it"),
        ("ре", "релиз"),
        ("deplo", "deployment"),
        ("runni", "running"),
        ("\"о релизе\"", "поговорим о релизе завтра"),
        ("ABC-123", "see abc-123"),
        ("abc 123", "see ABC-123"),
        ("abc-12", "see ABC-123"),
        ("example.com", "https://example.com/path"),
        ("/etc/nginx", "cat /etc/nginx/nginx.conf"),
        ("nginx.conf", "cat /etc/nginx/nginx.conf"),
        ("user", "getUserName()"),
        ("getusername", "getUserName()"),
        ("getUserNa", "getUserName()"),
        ("getUserName", "getusername"),
        ("snake_case", "a snake_case name"),
        ("snakecase", "a snake_case name"),
        ("e-mail", "my email"),
        ("obrien", "O’Brien said"),
        ("brien", "O'Brien said"),
        ("интернет-магазина", "наш интернет-магазин"),
        ("日本", "日本語です"),
        ("本語", "日本語です"),
        ("語", "日本語です"),
        ("\"日本語\"", "日本語です"),
        ("🚀", "ship it 🚀"),
        ("👍", "👍🏽"),
        ("релиз -отмена", "релиз завтра"),
        ("foo:bar", "foo:bar"),
        ("http://a.b", "http://a.b/"),
    ] {
        assert!(finds(query, text), "{query} in {text}: {:?}", parse(query));
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    for (query, text) in [
        ("релиз", "рельсы"),
        ("\"релиз\"", "релизы"),
        ("\"о релизе\"", "релизе о"),
        ("релиз -отмена", "отмены релиза"),
        ("-\"о релизе\" релиз", "поговорим о релизе"),
        ("release notes", "notes only"),
        ("dep loy", "deploy"),
        ("ABC-123", "abc 1 23"),
        ("本日", "日本語"),
        ("\"日本語\"", "日本の語"),
        ("r", "release"),
    ] {
        assert!(!finds(query, text), "{query} in {text}");
    }
}

#[test]
fn what_is_wrong_with_a_query_is_told_with_its_place() {
    let said = |query: &str| match parse(query) {
        Ok(typed) => panic!("{query}: {typed:?}"),
        Err(error) => (error.place, error.text),
    };
    for (query, place, about) in [
        ("", 0, "no word"),
        ("  !!! ", 0, "no word"),
        ("релиз \"не закрыта", 6, "quotation"),
        ("релиз from:", 6, "from:"),
        ("in:", 0, "in:"),
        ("a has:horns", 2, "has:"),
        ("is:blue", 0, "is:"),
        ("mentions:bob", 0, "mentions:"),
        ("🚀 before:yesterday", 3, "before:"),
        ("after:2026-02-30", 0, "after:"),
        ("-on:2026-02-03", 0, "on:"),
    ] {
        let (at, text) = said(query);
        assert!(at == place && text.contains(about), "{query}: {at} {text}");
    }
    assert!(
        parse(&"слово ".repeat(MAX_CLAUSES)).is_err_and(|error| error.text.contains("bytes"))
            == ("слово ".len() * MAX_CLAUSES > QUERY_BYTES)
    );
    let (at, _) = said(&"ab ".repeat(MAX_CLAUSES + 1));
    assert_eq!(at, 3 * MAX_CLAUSES);
    said(&"x".repeat(QUERY_BYTES + 1));
}

#[test]
fn filters_are_read() {
    let filters = |query: &str| {
        let typed = parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        typed
            .filters
            .into_iter()
            .map(|one| (one.is_not, one.filter))
            .collect::<Vec<_>>()
    };
    assert_eq!(filters("from:@Anna"), [(false, Filter::From("Anna".into()))]);
    assert_eq!(filters("FROM:anna x"), [(false, Filter::From("anna".into()))]);
    assert_eq!(filters("-in:\"Release team\""), [(true, Filter::In("Release team".into()))]);
    assert_eq!(filters("in:«Отдел продаж»"), [(false, Filter::In("Отдел продаж".into()))]);
    let all = "has:link has:file is:pinned mentions:me";
    let expected = [
        Filter::HasLink,
        Filter::HasFile,
        Filter::IsPinned,
        Filter::MentionsMe,
    ];
    assert_eq!(filters(all), expected.map(|filter| (false, filter)));
    assert_eq!(filters("on:2026-11-01").len(), 2);
    assert_eq!(filters("note:this"), []);
}

#[test]
fn the_words_that_were_found_are_marked() {
    let marked = |query: &str, text: &str| {
        let typed = parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        marks(text, typed.wanted.iter().map(|wanted| &wanted.clause))
    };
    assert_eq!(marked("релиз", "🚀 Релизы и релиз"), [(3, 9), (12, 17)]);
    assert_eq!(marked("рел", "релиз"), [(0, 5)]);
    assert_eq!(marked("\"о релизе\"", "речь о релизе"), [(5, 13)]);
    assert_eq!(marked("getusername", "x getUserName"), [(2, 13)]);
    assert_eq!(marked("日本語", "日本語"), [(0, 3)]);
    assert_eq!(marked("from:anna", "anna"), []);
}

#[test]
fn what_is_said_as_it_was_typed_is_better_and_what_is_newer() {
    let wanted = parse("релиз завтра").map(|typed| typed.wanted).unwrap_or_default();
    let (day, year) = (
        std::time::Duration::from_secs(86_400),
        std::time::Duration::from_secs(31_536_000),
    );
    let together = score("релиз завтра", &wanted, day);
    let apart = score("завтра будет релиз", &wanted, day);
    let forms = score("релизы завтра", &wanted, day);
    assert!(together > apart && apart > forms, "{together} {apart} {forms}");
    assert!(forms > score("релиз завтра", &wanted, year));
}

#[test]
fn files_are_found_by_their_names() {
    let about = AboutMessage {
        conversation: ConversationId(7),
        sender: None,
        mentions: &[],
        mentions_all: false,
        files: vec!["Отчёт_2026.pdf", "photo.jpg"],
    };
    let indexed = IndexedText::of("look here", &about);
    for (query, is_found) in [
        ("отчет", true),
        ("отчёт_2026.pdf", true),
        ("photo look", true),
        ("\"here отчет\"", false),
        ("\"pdf photo\"", false),
    ] {
        let typed = parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        let found = typed.wanted.iter().all(|wanted| wanted.clause.is_in(&indexed));
        assert_eq!(found, is_found, "{query}");
    }
    assert!(indexed.extra.contains(&flags::FILE.to_owned()));
}

#[test]
fn a_word_counts_so_often_at_most_and_so_does_a_stem() {
    let text = "run runs ".repeat(300);
    let indexed = indexed(&text);
    let count = |list: &[String], word: &str| list.iter().filter(|one| *one == word).count();
    assert_eq!(count(&indexed.words, "run"), MAX_POSITIONS);
    assert_eq!(count(&indexed.words, "runs"), MAX_POSITIONS);
    assert_eq!(count(&indexed.stems, "run"), MAX_POSITIONS);
    assert_eq!(indexed.words.len(), 600);
}

#[test]
fn the_longest_texts_have_no_more_words_than_fit() {
    let long = |part: &str| part.repeat(16_384 / part.len());
    for part in [
        "a",
        "a ",
        "aB",
        "a.",
        "_",
        "\u{301}",
        "а\u{301}",
        "日",
        "🚀",
        "👩\u{200d}",
        "\u{1f1e6}",
        "'",
        "1,",
        "\u{200d}",
        "http://",
        "с ",
        "ﷺ",
        "\u{ad}",
    ] {
        let text = long(part);
        let found = indexed(&text);
        // Of two bytes at least, but for the first.
        assert!(found.words.len() <= text.len() / 2 + 1, "{part:?}: {}", found.words.len());
    }
}

proptest! {
    #[test]
    fn any_text_has_words_that_stores_can_hold(text in "\\PC{0,200}|[a-zA-Zа-яёА-ЯЁ0-9 ._'’/:-]{0,200}|.{0,200}") {
        let analyzed = analyze(&text);
        let units: Vec<u16> = text.encode_utf16().collect();
        for token in &analyzed.tokens {
            let fits = |word: &str| !word.is_empty()
                && word.chars().count() <= WORD_CHARS
                && !word.chars().any(|c| c.is_whitespace() || c.is_control() || c.is_ascii() && !c.is_ascii_alphanumeric());
            prop_assert!(fits(&token.word), "{token:?}");
            prop_assert!(!token.stem.is_empty() && !token.stem.contains(char::is_whitespace));
            prop_assert!(token.start < token.end && token.end <= units.len());
            // A mark never parts a pair of units.
            prop_assert!(String::from_utf16(&units[token.start..token.end]).is_ok());
        }
        let words = analyzed.tokens.iter().map(|token| token.word.as_str());
        let stems: Vec<_> = analyzed.tokens.iter().map(|token| token.stem.clone()).collect();
        prop_assert_eq!(AnalyzedText::stems_of(words), stems);
    }

    #[test]
    fn any_query_is_read_or_refused(query in ".{0,80}|(from:|in:|before:|-|\"|«| |a|日|@|:){0,30}") {
        if let Err(error) = parse(&query) {
            prop_assert!(error.place <= query.encode_utf16().count());
        }
    }

    #[test]
    fn whatever_is_typed_is_found_in_itself(text in "[a-zA-Zа-яёА-ЯЁ0-9 ._'’/日本語한국🚀-]{1,60}") {
        let query = format!("\"{}\"", text);
        if !words(&text).is_empty() {
            prop_assert!(finds(&query, &text), "{:?}", parse(&query));
        }
    }
}
