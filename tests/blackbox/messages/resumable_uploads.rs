//! tus 1.0: an upload goes on where it was, whoever was gone meanwhile.

use reqwest::Method;

use crate::support::*;

on_both_stores! {
    an_upload_goes_on_where_it_was,
    only_its_user_goes_on_with_an_upload,
    an_upload_survives_the_death_of_the_server,
}

on_sqlite! {
    what_is_wrong_is_told,
    a_checksum_is_checked,
    an_upload_is_given_up,
    two_do_not_write_to_one_upload,
}

const TUS: (&str, &str) = ("Tus-Resumable", "1.0.0");
const PART: (&str, &str) = ("Content-Type", "application/offset+octet-stream");

async fn create(client: &TestClient, length: usize) -> String {
    let length = length.to_string();
    let headers = [
        TUS,
        ("Upload-Length", &length),
        ("Upload-Metadata", "filename YS50eHQ="),
    ];
    let (answer, _) = client.bytes(Method::POST, "/api/uploads", None, &headers).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.header("location").to_owned()
}

async fn append(client: &TestClient, path: &str, offset: usize, bytes: &[u8]) -> Answer {
    let offset = offset.to_string();
    let headers = [TUS, PART, ("Upload-Offset", &offset)];
    client.bytes(Method::PATCH, path, Some(bytes.to_vec()), &headers).await.0
}

async fn offset(client: &TestClient, path: &str) -> String {
    let (answer, _) = client.bytes(Method::HEAD, path, None, &[TUS]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.header("upload-offset").to_owned()
}

fn id(path: &str) -> &str {
    path.rsplit('/').next().expect("an id")
}

async fn an_upload_goes_on_where_it_was(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let path = create(&alice, 10).await;
    assert_eq!(offset(&alice, &path).await, "0");
    let answer = append(&alice, &path, 0, b"hello").await;
    assert_eq!((answer.status, answer.header("upload-offset")), (204, "5"));
    assert!(answer.header("upload-expires").ends_with("GMT"));
    alice.try_carry(chat, "x", &[id(&path)]).await.refused(409, "upload_incomplete");
    append(&alice, &path, 4, b"oworl").await.refused(409, "wrong_offset");
    append(&alice, &path, 5, b"world!").await.refused(413, "file_too_large");
    assert_eq!(offset(&alice, &path).await, "5");
    assert_eq!(append(&alice, &path, 5, b"world").await.status, 204);
    assert_eq!(offset(&alice, &path).await, "10");
    let sent = alice.try_carry(chat, "x", &[id(&path)]).await.is(201);
    assert_eq!(sent["attachments"][0]["name"], "a.txt");
    let file = format!("/api/files/{}", sent["attachments"][0]["id"]);
    assert_eq!(alice.get(&file).await.text, "helloworld");
    let empty = create(&alice, 0).await;
    alice.try_carry(chat, "y", &[id(&empty)]).await.is(201);
}

async fn only_its_user_goes_on_with_an_upload(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let path = create(&alice, 3).await;
    assert_eq!(bob.bytes(Method::HEAD, &path, None, &[TUS]).await.0.status, 404);
    append(&bob, &path, 0, b"abc").await.refused(404, "upload_not_found");
    let (answer, _) = bob.bytes(Method::DELETE, &path, None, &[TUS]).await;
    answer.refused(404, "upload_not_found");
    append(&node.nobody(), &path, 0, b"abc").await.refused(401, "unauthenticated");
    assert_eq!(offset(&alice, &path).await, "0");
}

async fn an_upload_survives_the_death_of_the_server(setup: Setup) {
    for (fault, told) in [
        ("after_part@2", "3"),
        ("before_file_commit@1", "6"),
        ("after_file_commit@1", "9"),
    ] {
        let flags = ["--trust=true", &format!("--fault={fault}")];
        let dying = setup.process(&flags).await;
        let nobody = dying.node().nobody();
        let path = create(&nobody, 9).await;
        let mut acknowledged = 0;
        for (at, bytes) in [(0_usize, b"abc"), (3, b"def"), (6, b"ghi")] {
            let offset = at.to_string();
            let headers = [TUS, PART, ("Upload-Offset", &offset)];
            let sent = dying.node().http().patch(dying.node().url(&path)).body(bytes.to_vec());
            let sent = headers.iter().fold(sent, |sent, (name, value)| sent.header(*name, *value));
            match sent.send().await {
                Ok(answer) if answer.status() == 204 => acknowledged = at + 3,
                _ => break,
            }
        }
        dying.ended().await;
        let server = setup.process(&["--trust=true"]).await;
        let nobody = server.node().nobody();
        let from = offset(&nobody, &path).await;
        assert_eq!(from, told, "{fault}");
        let from: usize = from.parse().expect("a number");
        assert!(from >= acknowledged, "{fault}: what was told is on the disk");
        if from < 9 {
            let rest = &b"abcdefghi"[from..];
            assert_eq!(append(&nobody, &path, from, rest).await.status, 204, "{fault}");
        }
        let sent = nobody.try_carry(1, "x", &[id(&path)]).await.is(201);
        let file = format!("/api/files/{}", sent["attachments"][0]["id"]);
        assert_eq!(nobody.get(&file).await.text, "abcdefghi", "{fault}");
        server.kill().await;
    }
}

async fn what_is_wrong_is_told(setup: Setup) {
    let node = setup.node(&["--file-bytes=100"]).await;
    let alice = node.join("alice").await;
    let post = |headers: Vec<(&'static str, &'static str)>| {
        let alice = alice.clone();
        async move { alice.bytes(Method::POST, "/api/uploads", None, &headers).await.0 }
    };
    let answer = post(vec![("Upload-Length", "1")]).await;
    assert_eq!(answer.header("tus-version"), "1.0.0");
    answer.refused(412, "wrong_tus_version");
    post(vec![("Tus-Resumable", "0.2.2"), ("Upload-Length", "1")])
        .await
        .refused(412, "wrong_tus_version");
    post(vec![TUS]).await.refused(400, "invalid_upload");
    post(vec![TUS, ("Upload-Length", "-1")]).await.refused(400, "invalid_upload");
    post(vec![TUS, ("Upload-Defer-Length", "1")])
        .await
        .refused(400, "invalid_upload");
    post(vec![TUS, ("Upload-Length", "101")]).await.refused(413, "file_too_large");
    post(vec![
        TUS,
        ("Upload-Length", "1"),
        ("Upload-Metadata", "filename ***"),
    ])
    .await
    .refused(400, "invalid_upload");
    let path = create(&alice, 3).await;
    let headers = [TUS, ("Upload-Offset", "0"), ("Content-Type", "text/plain")];
    let (answer, _) = alice.bytes(Method::PATCH, &path, Some(vec![1]), &headers).await;
    assert_eq!(answer.header("tus-resumable"), "1.0.0");
    answer.refused(415, "unsupported_encoding");
    let (answer, _) = alice.bytes(Method::PATCH, &path, Some(vec![1]), &[TUS, PART]).await;
    answer.refused(400, "invalid_upload");
    for path in ["/api/uploads", &path] {
        let (answer, _) = node.nobody().bytes(Method::OPTIONS, path, None, &[]).await;
        assert_eq!(answer.status, 204);
        let extensions = "creation,expiration,termination,checksum";
        assert_eq!(answer.header("tus-extension"), extensions);
        assert_eq!(answer.header("tus-max-size"), "100");
    }
}

async fn a_checksum_is_checked(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let path = create(&alice, 5).await;
    let patch = |checksum: &'static str| {
        let (alice, path) = (alice.clone(), path.clone());
        async move {
            let headers = [
                TUS,
                PART,
                ("Upload-Offset", "0"),
                ("Upload-Checksum", checksum),
            ];
            alice.bytes(Method::PATCH, &path, Some(b"hello".to_vec()), &headers).await.0
        }
    };
    patch("sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        .await
        .refused(460, "checksum_mismatch");
    assert_eq!(offset(&alice, &path).await, "0", "nothing of it is kept");
    patch("md5 AAAA").await.refused(400, "invalid_upload");
    assert_eq!(patch("sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=").await.status, 204);
    assert_eq!(offset(&alice, &path).await, "5");
}

async fn an_upload_is_given_up(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let path = create(&alice, 5).await;
    append(&alice, &path, 0, b"ab").await.is(204);
    let part = setup.dir().join("files/parts").join(id(&path));
    assert!(part.exists());
    let (answer, _) = alice.bytes(Method::DELETE, &path, None, &[TUS]).await;
    assert_eq!(answer.status, 204);
    assert!(!part.exists());
    assert_eq!(alice.bytes(Method::HEAD, &path, None, &[TUS]).await.0.status, 404);
    append(&alice, &path, 2, b"cde").await.refused(404, "upload_not_found");
}

async fn two_do_not_write_to_one_upload(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let size = 4 << 20;
    let path = create(&alice, size).await;
    let bytes = vec![1; size];
    let (one, two) =
        tokio::join!(append(&alice, &path, 0, &bytes), append(&alice, &path, 0, &bytes));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert!(statuses[0] == 204 && matches!(statuses[1], 404 | 409 | 423), "{statuses:?}");
    assert_eq!(offset(&alice, &path).await, size.to_string());
}
