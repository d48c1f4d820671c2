//! What a file is, by its first bytes and not by what its sender says; and which kinds a browser may show in
//! place. All else is saved.

/// Bytes of the beginning that are looked at.
pub const HEAD_BYTES: usize = 8 << 10;
/// What is known to be nothing that is shown.
const BINARY: &str = "application/octet-stream";
const TEXT: &str = "text/plain";

/// Kinds that a browser shows without running anything of them.
const SHOWN: [&str; 13] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "video/mp4",
    "video/webm",
    "video/quicktime",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/x-wav",
    "audio/x-flac",
    "audio/m4a",
];

/// The media type of what begins so. Whatever a browser could run is a text.
pub fn kind(head: &[u8]) -> &'static str {
    match infer::get(head) {
        Some(kind) if kind.mime_type().starts_with("text/") => TEXT,
        Some(kind) => kind.mime_type(),
        None if is_text(head) => TEXT,
        None => BINARY,
    }
}

/// May a browser show it in place? A picture only if it was looked into.
pub fn is_shown(kind: &str, is_measured: bool) -> bool {
    SHOWN.contains(&kind) && (is_measured || !kind.starts_with("image/"))
}

/// Is it a picture that is looked into?
pub fn is_picture(kind: &str) -> bool {
    matches!(kind, "image/png" | "image/jpeg" | "image/gif" | "image/webp")
}

fn is_text(head: &[u8]) -> bool {
    let is_plain = |text: &str| {
        text.chars()
            .all(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{c}'))
    };
    match str::from_utf8(head) {
        Ok(text) => is_plain(text),
        // A character may be cut in two by the end of what is looked at.
        Err(error) => {
            let (seen, rest) = head.split_at(error.valid_up_to());
            error.error_len().is_none()
                && rest.len() < 4
                && str::from_utf8(seen).is_ok_and(is_plain)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_say_what_it_is() {
        for (head, expected, shown) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "image/png", true),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg", true),
            (b"GIF89a<script>alert(1)</script>", "image/gif", true),
            (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp", true),
            (b"%PDF-1.7\n", "application/pdf", false),
            (b"PK\x03\x04\x14\0\0\0", "application/zip", false),
            (b"<!DOCTYPE html><script>", TEXT, false),
            (b"<html><body>", TEXT, false),
            (
                b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\">",
                TEXT,
                false,
            ),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\">", TEXT, false),
            (b"#!/bin/sh\nrm", TEXT, false),
            ("Привет\n".as_bytes(), TEXT, false),
            (b"a\0b", BINARY, false),
            (b"\xfe\xff\0a", BINARY, false),
            (b"", TEXT, false),
        ] {
            let found = kind(head);
            assert_eq!((found, is_shown(found, true)), (expected, shown), "{head:?}");
            assert!(!is_shown(found, false), "{head:?}");
        }
    }

    #[test]
    fn a_text_may_be_cut_within_a_character() {
        assert_eq!(kind(&"ы".as_bytes()[..1]), TEXT);
        assert_eq!(kind(b"\xd1a"), BINARY);
    }
}
