//! What is a conversation's is read by way of `Guarded`, whose content only a member gets: each public
//! function of the store that reads conversations answers with one, or stands here with the reason why
//! it need not.

use std::fs;
use std::path::Path;

use crate::layers::rust_files;

/// By file and name.
const UNGUARDED: &[(&str, &str, &str)] = &[
    (
        "changes/sync.rs",
        "sync",
        "tells each user of the chats that they are a member of after the reading",
    ),
    ("changes/heads.rs", "ahead", "tells numbers, of chats whose position is known"),
    ("changes/heads.rs", "are_behind", "says whether any of them has lost something"),
    ("conversations/details.rs", "details", "joins the memberships of whoever asks"),
    ("conversations/listing.rs", "of_user", "joins the memberships of whoever asks"),
    ("conversations/listing.rs", "of_member", "joins the memberships of whoever asks"),
    ("conversations/mod.rs", "seen", "is asked on an authority, and refuses"),
    ("conversations/mod.rs", "all", "is asked on an authority, and refuses"),
    (
        "conversations/mod.rs",
        "load",
        "is what the conversation's own actor starts from",
    ),
    ("conversations/mod.rs", "create", "makes one"),
    (
        "conversations/private.rs",
        "between",
        "finds the chat of the two who are asked about",
    ),
    ("conversations/private.rs", "create_between", "makes one"),
    ("conversations/private.rs", "missing", "says which of the two are no members"),
    ("conversations/private.rs", "hide", "writes where whoever asks is a member"),
    ("conversations/private.rs", "show", "writes where whoever asks is a member"),
    (
        "conversations/reading/mod.rs",
        "apply_read_commands",
        "writes where whoever asks is a member",
    ),
    (
        "conversations/reading/mentions.rs",
        "mentions_of",
        "reads for members that `apply_read_commands` has found",
    ),
    (
        "messages/single_messages.rs",
        "by_key",
        "finds what the sender has said themselves",
    ),
    ("messages/general.rs", "step", "is asked of a `Span`, which is guarded itself"),
];

/// The functions of a file that wait for something and that others than the store may call, with what they answer.
fn reads(source: &str) -> Vec<(&str, &str)> {
    ["pub async fn ", "pub(crate) async fn "]
        .into_iter()
        .flat_map(|begin| source.split(begin).skip(1))
        .filter_map(|rest| {
            let (signature, _) = rest.split_once(" {\n")?;
            let name = signature.split(['(', '<']).next()?;
            let (_, answer) = signature.rsplit_once("->")?;
            Some((name, answer))
        })
        .collect()
}

#[test]
fn what_is_a_conversations_is_read_guarded() {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let (mut guarded, mut excused) = (0, Vec::new());
    for path in rust_files(&store) {
        let file = path.strip_prefix(&store).unwrap().to_str().unwrap().to_owned();
        if !["messages/", "changes/", "conversations/"]
            .iter()
            .any(|of| file.starts_with(of))
        {
            continue;
        }
        for (name, answer) in reads(&fs::read_to_string(&path).unwrap()) {
            if answer.contains("Guarded<") {
                guarded += 1;
                continue;
            }
            let place = UNGUARDED.iter().position(|(at, one, _)| *at == file && *one == name);
            assert!(place.is_some(), "src/store/{file}: {name} answers{answer}: guard it");
            excused.extend(place);
        }
    }
    assert!(guarded > 7, "the test reads the store: {guarded}");
    excused.sort_unstable();
    let all: Vec<_> = (0..UNGUARDED.len()).collect();
    assert_eq!(excused, all, "what is no more is not excused");
}

#[test]
fn what_is_for_delivery_or_followers_is_asked_for_by_them_alone() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in rust_files(&src) {
        let inside = path.strip_prefix(&src).unwrap();
        let source = fs::read_to_string(&path).unwrap();
        for (way, theirs) in [
            ("for_delivery", "actors/conversation"),
            ("for_follower", "actors/following"),
        ] {
            let may = inside.starts_with(theirs) || inside.ends_with("guarded.rs");
            assert!(may || !source.contains(way), "{} may not use {way}", inside.display());
        }
    }
}

#[test]
fn an_unguarded_read_is_seen() {
    let function = "async fn page(\n    store: &Store,\n) -> Result<Vec<Row>, StoreError> {\n";
    for visibility in ["pub", "pub(crate)"] {
        let source = format!("{visibility} {function}");
        assert_eq!(reads(&source), [("page", " Result<Vec<Row>, StoreError>")]);
    }
}
