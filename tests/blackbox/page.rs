//! The web client as the server hands it out.

use crate::support::*;

on_sqlite! {
    the_page_is_asked_for_anew_and_its_files_are_kept,
    a_file_is_compressed_for_who_takes_that,
    a_folder_stands_in_for_what_is_in_the_binary,
    what_is_no_file_is_not_found,
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

async fn the_page_is_asked_for_anew_and_its_files_are_kept(stage: Stage) {
    let node = stage.node(&[]).await;
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

async fn a_file_is_compressed_for_who_takes_that(stage: Stage) {
    let node = stage.node(&[]).await;
    let path = script(&node).await;
    let plain = fetch(&node, &path, &[]).await;
    let gzip = fetch(&node, &path, &[("accept-encoding", "gzip, br")]).await;
    assert!(plain.headers.get("content-encoding").is_none());
    assert_eq!(gzip.header("content-encoding"), "gzip");
    assert_eq!(gzip.header("vary"), "accept-encoding");
}

async fn a_folder_stands_in_for_what_is_in_the_binary(stage: Stage) {
    let folder = stage.dir().join("page");
    std::fs::create_dir_all(folder.join("assets")).expect("a folder");
    std::fs::write(folder.join("index.html"), "<p>mine").expect("a file");
    std::fs::write(folder.join("assets/a.css"), "p{}").expect("a file");
    std::fs::write(stage.dir().join("secret.txt"), "secret").expect("a file");
    let node = stage.node(&[&format!("--web-dir={}", folder.display())]).await;
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

async fn what_is_no_file_is_not_found(stage: Stage) {
    let node = stage.node(&[]).await;
    for path in ["/assets/none.js", "/index.htm", "/api/none", "/assets/"] {
        fetch(&node, path, &[]).await.refused(404, "not_found");
    }
    node.nobody().post("/", json!({})).await.refused(405, "method_not_allowed");
}
