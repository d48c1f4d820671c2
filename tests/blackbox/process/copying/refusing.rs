//! What would make the copy something else than its source is refused, before anything is written.

use std::fs;
use std::os::unix::fs::symlink;

use super::copied_databases::{Place, copied, refused, sibling};
use crate::support::process::finish;
use crate::support::*;

on_postgres! {
    what_is_used_by_a_server_is_not_copied,
    nothing_is_copied_over_something,
    a_database_is_not_copied_into_itself,
    a_database_of_another_version_is_not_copied,
    what_cannot_be_found_or_read_is_said,
    a_row_that_cannot_be_kept_is_named_and_nothing_of_its_step_is_there,
}

/// A file with an account in it.
async fn file(setup: &Setup) -> Place {
    let file = Place::file(setup, "source.db");
    let node = setup.node(&[&file.flag()]).await;
    node.join("alice").await.said(1, "hello").await;
    setup.stop().await;
    file
}

async fn what_is_used_by_a_server_is_not_copied(setup: Setup) {
    let (file, server) = (file(&setup).await, Place::of(&setup));
    setup.node(&[&file.flag()]).await;
    refused(&setup, &file, &server, "stop it first").await;
    setup.stop().await;
    copied(&setup, &file, &server).await;

    let empty = Place::file(&setup, "empty.db");
    for bus in ["auto", "none"] {
        setup.node(&[&format!("--bus={bus}")]).await;
        refused(&setup, &server, &empty, "stop all servers on it first").await;
        setup.stop().await;
    }
    // Nor is anything copied under a server that has just begun.
    let other = sibling(&setup, "other").await;
    setup.node(&[&other.flag()]).await;
    refused(&setup, &file, &other, "stop all servers on it first").await;
    setup.node(&[&empty.flag()]).await;
    refused(&setup, &server, &empty, "stop it first, or copy to another file").await;
    setup.stop().await;
    copied(&setup, &server, &empty).await;
    other.drop_it(&setup).await;
}

async fn nothing_is_copied_over_something(setup: Setup) {
    let file = file(&setup).await;
    let node = setup.node(&[]).await;
    node.join("bob").await;
    setup.stop().await;
    let server = Place::of(&setup);
    refused(&setup, &file, &server, "is not empty: there is something in its table users").await;
    let other = Place::file(&setup, "other.db");
    setup.node(&[&other.flag(), "--trust"]).await;
    setup.stop().await;
    other
        .execute("UPDATE conversations SET head_seq = 1, seq = 1, name = 'Renamed'")
        .await;
    refused(&setup, &file, &other, "in its table conversations").await;
    assert_eq!(server.number("SELECT COUNT(*) FROM users").await, 1);
}

async fn a_database_is_not_copied_into_itself(setup: Setup) {
    let (file, server) = (file(&setup).await, Place::of(&setup));
    let same = "is the one to copy, or a finished copy";
    refused(&setup, &file, &file, same).await;
    let real = setup.dir().join("source.db");
    symlink(&real, setup.dir().join("link.db")).expect("a link");
    fs::hard_link(&real, setup.dir().join("hard.db")).expect("a link");
    for name in ["link.db", "hard.db", "./../source.db"] {
        let other = match name {
            "./../source.db" => {
                fs::create_dir(setup.dir().join("below")).expect("a folder");
                Place::file(&setup, "below/../source.db")
            }
            name => Place::file(&setup, name),
        };
        refused(&setup, &file, &other, same).await;
    }
    copied(&setup, &file, &server).await;
    refused(&setup, &server, &server, same).await;
    let differently = Place::at(&format!("{}?sslmode=disable", server.url()));
    refused(&setup, &server, &differently, same).await;
}

async fn a_database_of_another_version_is_not_copied(setup: Setup) {
    let (file, server) = (file(&setup).await, Place::of(&setup));
    let migrate = async |place: &Place, words: &str| {
        let words = words.split(' ').map(str::to_owned).chain([place.flag()]);
        let (succeeded, said) = finish(setup.dir(), &words.collect::<Vec<_>>()).await;
        assert!(succeeded, "{said}");
    };
    migrate(&server, "migrate up -n 4").await;
    refused(&setup, &file, &server, "has the schema of another version").await;
    migrate(&server, "migrate up").await;
    migrate(&file, "migrate down").await;
    refused(&setup, &file, &server, "vestnik migrate up").await;
    migrate(&file, "migrate up").await;
    // As a later version leaves it.
    let later =
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20990101_000001_later', 0)";
    let earlier = "DELETE FROM seaql_migrations WHERE version LIKE '%later'";
    file.execute(later).await;
    refused(&setup, &file, &server, "is not this version's").await;
    file.execute(earlier).await;
    server.execute(later).await;
    refused(&setup, &file, &server, "has the schema of another version").await;
    server.execute(earlier).await;
    copied(&setup, &file, &server).await;
}

async fn what_cannot_be_found_or_read_is_said(setup: Setup) {
    let (file, server) = (file(&setup).await, Place::of(&setup));
    refused(&setup, &Place::file(&setup, "nowhere.db"), &server, "there is no database at").await;
    let (place, name) = setup.url().rsplit_once('/').expect("a database");
    let wrong = [
        ("mysql://h/n".to_owned(), "--to must begin with"),
        (String::new(), "--to must begin with"),
        ("data/vestnik.db".to_owned(), "--to must begin with"),
        ("sqlite://".to_owned(), "--to names no file"),
        ("postgres://u:p#ss@h/n".to_owned(), "--to cannot be read"),
        ("postgres://u:p@127.0.0.1:1/n".to_owned(), "cannot reach the database of --to"),
        (format!("{place}/no_{name}"), "cannot reach the database of --to"),
        ("sqlite:///dev/null/v.db".to_owned(), "the database of --to: cannot write"),
    ];
    for (url, why) in wrong {
        refused(&setup, &file, &Place::at(&url), why).await;
    }
    let words = ["copy".to_owned(), file.flag()];
    let (succeeded, said) = finish(setup.dir(), &words).await;
    assert!(!succeeded && said.contains("--to"), "{said}");
}

async fn a_row_that_cannot_be_kept_is_named_and_nothing_of_its_step_is_there(setup: Setup) {
    let (file, server) = (file(&setup).await, Place::of(&setup));
    let broken = [
        ("X'6100'", "content has a NUL"),
        ("X'62'", "content:"),
        ("CAST(X'ff41' AS TEXT)", "content:"),
    ];
    for (content, why) in broken {
        let content = match content {
            "X'6100'" => "CAST(X'6100' AS TEXT)",
            content => content,
        };
        file.execute(&format!("UPDATE messages SET content = {content} WHERE id = 1"))
            .await;
        refused(&setup, &file, &server, "the row of messages with id = 1 cannot be copied").await;
        refused(&setup, &file, &server, why).await;
        assert_eq!(server.number("SELECT COUNT(*) FROM messages").await, 0);
    }
    // Somebody has deleted an account by hand, without the rules of the database.
    file.execute("UPDATE messages SET content = 'hello'; PRAGMA foreign_keys = off; UPDATE messages SET sender_id = 99")
        .await;
    refused(&setup, &file, &server, "the row of messages with id = 1 cannot be copied").await;
    file.execute("UPDATE messages SET sender_id = 1").await;
    let said = copied(&setup, &file, &server).await;
    assert!(said.contains("going on behind"), "{said}");
}
