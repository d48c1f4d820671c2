//! Who may read a file, how much of it, and how harmless it is to whoever opens it.

use reqwest::Method;

use crate::support::*;

on_both_stores! {
    only_members_of_the_chat_read_a_file,
}

on_sqlite! {
    parts_of_a_file_are_read,
    only_what_runs_nothing_is_shown_in_place,
    hostile_names_are_harmless,
}

/// A picture of one pixel.
const PIXEL: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x04\0\0\0\xb5\x1c\x0c\x02\
    \0\0\0\x0bIDATx\xdacd`\0\0\0\x06\0\x02\x30\x81\xd0\x2f\0\0\0\0IEND\xae\x42\x60\x82";

/// A chat with a file of these bytes; the file's path.
async fn carried(alice: &TestClient, chat: i64, name: &str, bytes: &[u8]) -> String {
    let upload = alice.upload(name, bytes).await;
    let sent = alice.try_carry(chat, "", &[&upload]).await.is(201);
    format!("/api/files/{}", sent["attachments"][0]["id"])
}

async fn only_members_of_the_chat_read_a_file(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob, eve] = node.join_all(["alice", "bob", "eve"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let file = carried(&alice, chat, "a", b"secret").await;
    for reader in [&alice, &bob] {
        assert_eq!(reader.get(&file).await.status, 200);
    }
    let strange = eve.get(&file).await.refused(404, "file_not_found");
    let absent = eve.get("/api/files/999999").await.refused(404, "file_not_found");
    assert_eq!(strange, absent, "a stranger's file is like one that there is not");
    node.nobody().get(&file).await.refused(401, "unauthenticated");
    let waiting = alice.upload("b", b"b").await;
    assert!(!waiting.is_empty());
    alice.get(&format!("/api/files/{}", 2)).await.refused(404, "file_not_found");
    let known = bob.get(&file).await.header("etag").to_owned();
    alice.remove(chat, &bob).await.is(204);
    bob.get(&file).await.refused(404, "file_not_found");
    let (answer, _) = bob.bytes(Method::GET, &file, None, &[("If-None-Match", &known)]).await;
    answer.refused(404, "file_not_found");
    alice.delete("/deleteChat", json!({"id": chat})).await.is(204);
    alice.get(&file).await.refused(404, "file_not_found");
}

async fn parts_of_a_file_are_read(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let bytes: Vec<u8> = (0..200_000_u32).map(|i| (i % 251) as u8).collect();
    let file = carried(&alice, chat, "a", &bytes).await;
    let (whole, read) = alice.bytes(Method::GET, &file, None, &[]).await;
    assert_eq!((whole.status, &read), (200, &bytes));
    assert_eq!(
        (whole.header("accept-ranges"), whole.header("content-length")),
        ("bytes", "200000")
    );
    let tag = whole.header("etag").to_owned();
    for (range, first, last) in [
        ("bytes=0-0", 0, 0),
        ("bytes=10-99", 10, 99),
        ("bytes=199990-", 199_990, 199_999),
        ("bytes=-5", 199_995, 199_999),
        ("bytes=70000-9999999", 70_000, 199_999),
    ] {
        let (answer, read) = alice.bytes(Method::GET, &file, None, &[("Range", range)]).await;
        assert_eq!(answer.status, 206, "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes {first}-{last}/200000"));
        assert_eq!(read, bytes[first..=last], "{range}");
    }
    for range in ["bytes=200000-", "bytes=-0"] {
        let (answer, _) = alice.bytes(Method::GET, &file, None, &[("Range", range)]).await;
        assert_eq!(answer.header("content-range"), "bytes */200000", "{range}");
        answer.refused(416, "invalid_range");
    }
    for headers in [
        &[("Range", "bytes=0-1,5-6")][..],
        &[("Range", "lines=1-2")],
        &[("Range", "bytes=5-1")],
        &[("Range", "bytes=0-1"), ("If-Range", "\"another\"")],
    ] {
        let (answer, read) = alice.bytes(Method::GET, &file, None, headers).await;
        assert_eq!((answer.status, read.len()), (200, 200_000), "{headers:?}");
    }
    let same = [("Range", "bytes=0-1"), ("If-Range", tag.as_str())];
    assert_eq!(alice.bytes(Method::GET, &file, None, &same).await.0.status, 206);
    let (answer, read) = alice.bytes(Method::GET, &file, None, &[("If-None-Match", &tag)]).await;
    assert_eq!((answer.status, read.len()), (304, 0));
    let (answer, read) = alice.bytes(Method::HEAD, &file, None, &[]).await;
    assert_eq!((answer.status, answer.header("content-length"), read.len()), (200, "200000", 0));
}

async fn only_what_runs_nothing_is_shown_in_place(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    let mut video =
        b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82\x84webm".to_vec();
    video.resize(300, 0);
    for (name, bytes, kind, shown) in [
        ("a.png", PIXEL, "image/png", true),
        ("a.webm", &video, "video/webm", true),
        // They only begin like pictures.
        ("a.gif", b"GIF89a\x01\0\x01\0<script>alert(1)</script>", "image/gif", false),
        ("a.png", b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script>", "image/png", false),
        ("a.png", svg, "text/plain; charset=utf-8", false),
        ("a.svg", svg, "text/plain; charset=utf-8", false),
        (
            "a.html",
            b"<!doctype html><script>alert(1)</script>",
            "text/plain; charset=utf-8",
            false,
        ),
        ("a.jpg", b"<html>", "text/plain; charset=utf-8", false),
        ("a.xml", b"<?xml version='1.0'?><x/>", "text/plain; charset=utf-8", false),
        ("a.pdf", b"%PDF-1.7", "application/pdf", false),
        ("a.js", b"alert(1)", "text/plain; charset=utf-8", false),
        ("a.bin", b"\0\x01\x02", "application/octet-stream", false),
    ] {
        let file = carried(&alice, chat, name, bytes).await;
        let answer = alice.get(&file).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{name}");
        let disposition = answer.header("content-disposition");
        let (inline, attachment) = ("inline; ", "attachment; ");
        let expected = if shown { inline } else { attachment };
        assert!(disposition.starts_with(expected), "{name}: {disposition}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert!(answer.header("cache-control").contains("private"), "{name}");
    }
}

async fn hostile_names_are_harmless(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    for (said, name) in [
        ("../../etc/passwd", "passwd"),
        ("..", "file"),
        ("a\r\nX-Evil: 1.txt", "a X-Evil: 1.txt"),
        ("photo\u{202e}gpj.exe", "photogpj.exe"),
        ("a\"; filename=\"b.html", "a\"; filename=\"b.html"),
        ("", "file"),
    ] {
        let uploaded = alice.try_upload(said, b"x").await.is(201);
        assert_eq!(uploaded["name"], name, "{said:?}");
        let id = uploaded["upload_id"].as_str().unwrap();
        let sent = alice.try_carry(chat, "", &[id]).await.is(201);
        let answer = alice.get(&format!("/api/files/{}", sent["attachments"][0]["id"])).await;
        assert_eq!(answer.header("x-evil"), "");
        let disposition = answer.header("content-disposition");
        // One name in quotes, which nothing in it ends, and one without any.
        assert_eq!(disposition.matches('"').count(), 2, "{disposition}");
        assert!(disposition.starts_with("attachment; filename=\""), "{disposition}");
    }
    let long = alice.try_upload(&format!("{}.pdf", "ы".repeat(300)), b"x").await.is(201);
    assert!(
        long["name"]
            .as_str()
            .is_some_and(|name| name.len() <= 255 && name.ends_with(".pdf"))
    );
}
