//! The web client as the server hands it out.

use crate::support::*;

on_sqlite! {
    the_page_is_asked_for_anew_and_its_files_are_kept,
    a_file_is_compressed_for_who_takes_that,
    who_has_a_file_is_told_so_whatever_else_they_have,
    a_folder_stands_in_for_what_is_in_the_binary,
    what_is_no_file_is_not_found,
    people_who_go_where_nothing_is_get_a_page_with_the_way_back,
}

async fn fetch(node: &TestNode, path: &str, headers: &[(&str, &str)]) -> Answer {
    node.nobody().request(reqwest::Method::GET, path, None, headers).await
}

/// The path of the page's script, as the page names it.
async fn script(node: &TestNode) -> String {
    let page = fetch(node, "/", &[]).await;
    let from = page.text.find("/assets/").expect("a page that names its files");
    let rest = &page.text[from..];
    rest[..rest.find('"').expect("the end of an attribute")].to_owned()
}

async fn the_page_is_asked_for_anew_and_its_files_are_kept(setup: Setup) {
    let node = setup.node(&[]).await;
    let page = fetch(&node, "/", &[]).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("cache-control"), "no-cache");
    assert!(page.header("content-type").starts_with("text/html"));
    let policy = page.header("content-security-policy").to_owned();
    assert!(
        policy.contains("default-src 'self'") && policy.contains("trusted-types"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(!page.text.contains("<script>"), "no script in the page itself");

    let tag = page.header("etag").to_owned();
    let unchanged = fetch(&node, "/", &[("if-none-match", &tag)]).await;
    assert_eq!(unchanged.status, 304);
    for name in ["content-security-policy", "cache-control", "etag", "vary"] {
        assert_eq!(unchanged.header(name), page.header(name), "a browser takes it over");
    }
    let script = fetch(&node, &script(&node).await, &[]).await;
    assert_eq!(script.status, 200);
    assert!(script.header("cache-control").contains("immutable"));
    assert!(script.header("content-type").starts_with("text/javascript"));
    let worker = fetch(&node, "/sw.js", &[]).await;
    assert_eq!((worker.status, worker.header("cache-control")), (200, "no-cache"));
}

async fn a_file_is_compressed_for_who_takes_that(setup: Setup) {
    let node = setup.node(&[]).await;
    let path = script(&node).await;
    let plain = fetch(&node, &path, &[]).await;
    let gzip = fetch(&node, &path, &[("accept-encoding", "gzip, br")]).await;
    assert!(plain.headers.get("content-encoding").is_none());
    assert_eq!(gzip.header("content-encoding"), "gzip");
    assert_eq!(gzip.header("vary"), "accept-encoding");
    assert_eq!(plain.header("vary"), "accept-encoding");
    assert_eq!(gzip.header("accept-ranges"), "none");
    assert_ne!(plain.header("etag"), gzip.header("etag"), "they are not the same bytes");
    let encoding = async |wanted: &str| {
        let answer = fetch(&node, &path, &[("accept-encoding", wanted)]).await;
        assert_eq!(answer.status, 200, "{wanted}");
        answer.header("content-encoding").to_owned()
    };
    for yes in [
        "gzip",
        "br, gzip;q=0.5",
        "GZIP",
        "gzip;q=1.0, identity;q=0.5",
        "*;q=0, gzip",
    ] {
        assert_eq!(encoding(yes).await, "gzip", "{yes}");
    }
    for no in [
        "",
        "br",
        "identity",
        "gzip;q=0",
        "gzip;q=0.0, *",
        "*;q=0",
        "gzip;q=0.1, identity",
        "notgzip",
    ] {
        assert_eq!(encoding(no).await, "", "{no}");
    }
}

async fn who_has_a_file_is_told_so_whatever_else_they_have(setup: Setup) {
    let node = setup.node(&[]).await;
    let path = script(&node).await;
    let plain = fetch(&node, &path, &[]).await.header("etag").to_owned();
    let accept = ("accept-encoding", "gzip");
    let gzip = fetch(&node, &path, &[accept]).await.header("etag").to_owned();
    for known in [
        gzip.clone(),
        format!("\"x\", W/\"y\", {gzip}"),
        format!("W/{gzip}"),
        "*".into(),
    ] {
        let answer = fetch(&node, &path, &[accept, ("if-none-match", &known)]).await;
        assert_eq!((answer.status, answer.text.as_str()), (304, ""), "{known}");
        assert_eq!(answer.header("etag"), gzip);
    }
    // What it has is another encoding of the same, or only begins like it.
    let longer = format!("\"{}0\"", gzip.trim_matches('"'));
    for other in [plain.clone(), "\"x\"".into(), longer] {
        let answer = fetch(&node, &path, &[accept, ("if-none-match", &other)]).await;
        assert_eq!(answer.status, 200, "{other}");
    }
    // Of a range the whole is told, and the head alone is the head of that.
    let whole = fetch(&node, &path, &[]).await;
    let range = fetch(&node, &path, &[("range", "bytes=0-9")]).await;
    assert_eq!((range.status, range.text.len()), (200, whole.text.len()));
    let mut raw = Raw::connect(node.address()).await;
    raw.send(format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
    let head = raw.answer_to("HEAD").await;
    for name in [
        "content-length",
        "etag",
        "content-type",
        "cache-control",
        "vary",
    ] {
        assert_eq!(head.header(name), whole.header(name), "{name}");
    }
}

async fn a_folder_stands_in_for_what_is_in_the_binary(setup: Setup) {
    let folder = setup.dir().join("page");
    std::fs::create_dir_all(folder.join("assets")).expect("a folder");
    std::fs::write(folder.join("index.html"), "<p>mine").expect("a file");
    std::fs::write(folder.join("assets/a.css"), "p{}").expect("a file");
    std::fs::write(setup.dir().join("secret.txt"), "secret").expect("a file");
    let node = setup.node(&[&format!("--web-dir={}", folder.display())]).await;
    assert_eq!(fetch(&node, "/", &[]).await.text, "<p>mine");
    let style = fetch(&node, "/assets/a.css", &[]).await;
    assert_eq!((style.text.as_str(), style.header("cache-control")), ("p{}", "no-cache"));
    for outside in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/../../secret.txt",
        "//secret.txt",
    ] {
        let answer = fetch(&node, outside, &[]).await;
        assert!(!answer.text.contains("secret"), "{outside}");
    }
}

async fn what_is_no_file_is_not_found(setup: Setup) {
    let node = setup.node(&[]).await;
    for path in ["/assets/none.js", "/index.htm", "/api/none", "/assets/"] {
        fetch(&node, path, &[]).await.refused(404, "not_found");
    }
    node.nobody().post("/", json!({})).await.refused(405, "method_not_allowed");
}

async fn people_who_go_where_nothing_is_get_a_page_with_the_way_back(setup: Setup) {
    const BROWSER: (&str, &str) =
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
    let node = setup.node(&["--public-url=https://example.com/chat"]).await;
    for path in ["/chat/7", "/index.php", "/chat/assets/gone.js"] {
        let page = fetch(&node, path, &[BROWSER]).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        assert!(page.text.contains("href=\"/chat/\""), "{}", page.text);
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
    }
    // Programs, and what is of the API, get what they can read.
    for (path, headers) in [
        ("/index.php", &[("accept", "*/*")][..]),
        ("/index.php", &[]),
        ("/api/nothing", &[BROWSER]),
    ] {
        fetch(&node, path, headers).await.refused(404, "not_found");
    }
    let icon = fetch(&node, "/favicon.ico", &[BROWSER]).await;
    assert_eq!((icon.status, icon.header("content-type")), (200, "image/x-icon"));
}
