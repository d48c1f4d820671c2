//! Files that messages carry: uploaded, sent once, seen by everybody wherever the message is.

use reqwest::Method;

use crate::support::*;

on_both_stores! {
    a_file_is_uploaded_sent_and_read,
    a_send_with_files_is_exactly_once,
    an_upload_belongs_to_its_user_and_to_one_message,
    a_message_may_be_nothing_but_files,
    the_same_bytes_by_two_at_once_are_kept_once,
    bounds_are_told,
    what_is_deleted_is_not_carried,
}

async fn a_file_is_uploaded_sent_and_read(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut bobs = bob.socket(chat).await;
    let uploaded = alice.try_upload("отчёт.txt", "Привет".as_bytes()).await.is(201);
    let kind = (&uploaded["name"], &uploaded["size"], &uploaded["type"]);
    assert_eq!(kind, (&json!("отчёт.txt"), &json!(12), &json!("text/plain")));
    let upload = uploaded["upload_id"].as_str().unwrap();
    let sent = alice.try_carry(chat, "look", &[upload]).await.is(201);
    let file = &sent["attachments"][0];
    let expected = json!({"id": file["id"], "name": "отчёт.txt", "size": 12, "type": "text/plain"});
    assert_eq!(sent["attachments"], json!([expected]));
    assert_eq!(bobs.message("look").await["attachments"], sent["attachments"], "live");
    assert_eq!(bob.history(chat).await[0]["attachments"], sent["attachments"], "history");
    let mut anew = bob.any_socket().await;
    anew.send(json!({"type": "open", "chat_id": chat, "after": 0})).await;
    let opened = anew.until(|frame| frame["type"] == "opened").await;
    assert!(opened.to_string().contains("отчёт.txt"), "a replay: {opened}");
    let path = format!("/api/files/{}", file["id"]);
    let (answer, bytes) = bob.bytes(Method::GET, &path, None, &[]).await;
    assert_eq!((answer.status, bytes.as_slice()), (200, "Привет".as_bytes()));
}

async fn a_send_with_files_is_exactly_once(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let (one, two) = (alice.upload("1", b"one").await, alice.upload("2", b"two").await);
    let path = format!("/api/chats/{chat}/messages");
    let send = json!({"content": "x", "client_msg_id": "k", "uploads": [&one]});
    let first = alice.post(&path, send.clone()).await.is(201);
    let again = alice.post(&path, send).await.is(200);
    assert_eq!((&again["id"], &again["dup"]), (&first["id"], &json!(true)));
    assert_eq!(again["attachments"], first["attachments"]);
    for uploads in [json!([]), json!([&two]), json!([&one, &two])] {
        let other = json!({"content": "x", "client_msg_id": "k", "uploads": uploads});
        alice.post(&path, other).await.refused(409, "key_reused");
    }
    let mut socket = alice.socket(chat).await;
    let frame = json!({"content": "", "client_msg_id": "s", "uploads": [&two]});
    for dup in [false, true] {
        socket.send(frame.clone()).await;
        assert_eq!(socket.next("ack").await["dup"].as_bool().unwrap_or_default(), dup);
    }
    assert_eq!(alice.history(chat).await.len(), 2);
    // Of a deleted message nothing is known but that it was there.
    let message = format!("{path}/{}", first["id"]);
    alice.delete(&message, json!({})).await.is(204);
    let send = json!({"content": "x", "client_msg_id": "k", "uploads": [&one]});
    assert_eq!(alice.post(&path, send).await.is(200)["dup"], true);
}

async fn an_upload_belongs_to_its_user_and_to_one_message(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let upload = alice.upload("a", b"a").await;
    bob.try_carry(chat, "x", &[&upload]).await.refused(404, "upload_not_found");
    alice.try_carry(chat, "x", &["nothing"]).await.refused(404, "upload_not_found");
    alice
        .try_carry(chat, "x", &[&upload, &upload])
        .await
        .refused(409, "upload_taken");
    let eleven = vec!["a"; 11];
    alice.try_carry(chat, "x", &eleven).await.refused(400, "too_many_attachments");
    alice.try_carry(chat, "x", &[&upload]).await.is(201);
    alice.try_carry(chat, "x", &[&upload]).await.refused(409, "upload_taken");
    let elsewhere = alice.create_group(&[]).await;
    alice.try_carry(elsewhere, "x", &[&upload]).await.refused(409, "upload_taken");
    // Many at once: one has it.
    let upload = alice.upload("b", b"b").await;
    let uploads = [upload.as_str()];
    let tries = (0..8).map(|i| {
        let chat = if i % 2 == 0 { chat } else { elsewhere };
        alice.try_carry(chat, "y", &uploads)
    });
    let statuses = futures_util::future::join_all(tries).await;
    let mut statuses: Vec<_> = statuses.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    alice
        .post(&format!("/api/chats/{chat}/messages"), json!({"content": ""}))
        .await
        .refused(400, "message_empty");
}

async fn a_message_may_be_nothing_but_files(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let ids = [alice.upload("1", b"1").await, alice.upload("2", b"2").await];
    let body = json!({"uploads": [&ids[1], &ids[0]]});
    let sent = alice.post(&format!("/api/chats/{chat}/messages"), body).await.is(201);
    assert_eq!(sent["content"], "");
    let names: Vec<_> = sent["attachments"].as_array().unwrap().iter().collect();
    assert_eq!((&names[0]["name"], &names[1]["name"]), (&json!("2"), &json!("1")), "in order");
    let path = format!("/api/chats/{chat}/messages/{}", sent["id"]);
    let edited = alice.patch(&path, json!({"content": "a caption"})).await.is(200);
    assert_eq!(edited["attachments"], sent["attachments"], "an edit leaves the files");
    let list = alice.get("/api/chats").await.is(200);
    let shown = list["chats"].as_array().unwrap().iter().find(|one| one["id"] == chat).unwrap();
    assert_eq!(shown["last"]["content"], "a caption");
    assert_eq!(shown["last"]["attachments"], sent["attachments"]);
}

async fn the_same_bytes_by_two_at_once_are_kept_once(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let bytes = vec![7; 300 << 10];
    let (one, two) = tokio::join!(alice.upload("a", &bytes), bob.upload("b", &bytes));
    assert_eq!(setup.number("SELECT COUNT(*) FROM files").await, 1);
    let ones = alice.try_carry(chat, "1", &[&one]).await.is(201);
    bob.try_carry(chat, "2", &[&two]).await.is(201);
    let path = format!("/api/chats/{chat}/messages/{}", ones["id"]);
    alice.delete(&path, json!({})).await.is(204);
    let left = alice.history(chat).await.last().unwrap()["attachments"][0]["id"].clone();
    let (answer, read) = alice.bytes(Method::GET, &format!("/api/files/{left}"), None, &[]).await;
    assert_eq!((answer.status, read), (200, bytes));
}

async fn bounds_are_told(setup: Setup) {
    let flags = [
        "--file-bytes=1000",
        "--user-file-bytes=1500",
        "--open-uploads=3",
    ];
    let node = setup.node(&flags).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    alice.try_upload("x", &[1; 1001]).await.refused(413, "file_too_large");
    alice.upload("x", &[1; 1000]).await;
    alice.try_upload("x", &[1; 501]).await.refused(403, "quota_reached");
    for _ in 0..3 {
        bob.upload("x", b"x").await;
    }
    bob.try_upload("x", b"x").await.refused(429, "too_many_uploads");
    setup.stop().await;
    let node = setup.node(&["--all-file-bytes=1100"]).await;
    node.sign_in("bob", "secret")
        .await
        .try_upload("x", &[1; 200])
        .await
        .refused(507, "storage_full");
    setup.stop().await;
    let node = setup.node(&["--free-bytes=9000000000000000000"]).await;
    node.sign_in("bob", "secret")
        .await
        .try_upload("x", b"x")
        .await
        .refused(507, "storage_full");
}

async fn what_is_deleted_is_not_carried(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut bobs = bob.socket(chat).await;
    let upload = alice.upload("a", b"a").await;
    let sent = alice.try_carry(chat, "x", &[&upload]).await.is(201);
    let path = format!("/api/chats/{chat}/messages/{}", sent["id"]);
    alice.delete(&path, json!({})).await.is(204);
    assert_eq!(bobs.next("deleted").await.get("attachments"), None);
    assert_eq!(alice.get(&path).await.is(200).get("attachments"), None);
    let file = format!("/api/files/{}", sent["attachments"][0]["id"]);
    alice.get(&file).await.refused(404, "file_not_found");
    let kept = "SELECT COUNT(*) FROM messages WHERE attachments IS NOT NULL";
    assert_eq!(setup.number(kept).await, 0);
    assert_eq!(setup.number("SELECT COUNT(*) FROM uploads").await, 0);
}
