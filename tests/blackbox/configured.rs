//! What an administrator tells a server, and what it says back when that makes no sense.

use std::fs;

use crate::support::process::finish;
use crate::support::*;

on_postgres! {
    db_variables_in_dot_env_choose_postgres,
}

on_sqlite! {
    told_nothing_the_data_is_in_the_data_folder,
    what_makes_no_sense_is_said_and_does_not_start,
    the_health_command_says_whether_a_server_is_there,
}

/// A command line without a database.
fn arguments(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

async fn db_variables_in_dot_env_choose_postgres(stage: Stage) {
    let (_, rest) = stage.url().split_once("://").expect("a URL");
    let (user, rest) = rest.split_once(':').expect("a user");
    let (password, rest) = rest.split_once('@').expect("a password");
    let (host, rest) = rest.split_once(':').expect("a host");
    let (port, name) = rest.split_once('/').expect("a port and a name");
    let text = format!(
        "# Chat Gopher's names\nDB_HOST={host}\nDB_PORT={port}\nDB_USER={user}\n\
         DB_PASSWORD={password}\nDB_NAME={name}\nVESTNIK_LISTEN=192.0.2.1:1\n"
    );
    fs::write(stage.dir().join(".env"), text).expect("a writable directory");

    // The flag goes before the file.
    let flags = arguments(&["serve", "--listen=127.0.0.1:0"]);
    let server = ServerProcess::start(stage.dir(), &flags).await;
    let health = server.node().nobody().get("/api/health").await.is(200);
    assert_eq!(health["store"], "postgres");
    server.node().join("alice").await.say(1, "in Postgres", "k1").await.is(201);
    assert_eq!(stage.number("SELECT COUNT(*) FROM messages").await, 1);
    assert!(!server.log().contains(password), "{}", server.log());
}

async fn told_nothing_the_data_is_in_the_data_folder(stage: Stage) {
    let server = ServerProcess::start(stage.dir(), &arguments(&["--listen=127.0.0.1:0"])).await;
    let health = server.node().nobody().get("/api/health").await.is(200);
    assert_eq!(health["store"], "sqlite");
    assert_eq!(health["trust"], false);
    assert!(stage.dir().join("data/vestnik.db").is_file());
}

async fn what_makes_no_sense_is_said_and_does_not_start(stage: Stage) {
    let taken = stage.node(&[]).await.address().to_string();
    let listen = format!("--listen={taken}");
    let other = format!("--database-url=sqlite://{}/other.db", stage.dir().display());
    for (words, said) in [
        (
            vec!["--listen=127.0.0.1:0", "--database-url=mysql://localhost/x"],
            "DATABASE_URL",
        ),
        (
            vec![
                "--listen=127.0.0.1:0",
                "--database-url=postgres://127.0.0.1:1/x",
            ],
            "database",
        ),
        (vec!["--listen=nowhere"], "--listen"),
        (vec!["--public-url=chat.example.com"], "VESTNIK_PUBLIC_URL"),
        (vec![&listen, &other], "cannot listen"),
        (vec!["--tls-cert=cert.pem"], "--tls-key"),
        (vec!["--no-such-flag"], "--no-such-flag"),
    ] {
        let (succeeded, output) = finish(stage.dir(), &arguments(&words)).await;
        assert!(!succeeded, "{words:?}: {output}");
        assert!(output.contains(said), "{words:?}: {output}");
        assert!(!output.contains("panicked"), "{words:?}: {output}");
    }
}

async fn the_health_command_says_whether_a_server_is_there(stage: Stage) {
    let server = stage.process(&[]).await;
    let health = arguments(&["health", &format!("--listen={}", server.node().address())]);
    let (is_ready, output) = finish(stage.dir(), &health).await;
    assert!(is_ready, "{output}");
    server.kill().await;
    let (is_ready, output) = finish(stage.dir(), &health).await;
    assert!(!is_ready, "{output}");
}
