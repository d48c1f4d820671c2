//! What an administrator tells a server, and what it says back when that makes no sense.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::support::process::{command, finish};
use crate::support::*;

on_postgres! {
    db_variables_in_dot_env_choose_postgres,
}

on_sqlite! {
    told_nothing_the_data_is_in_the_data_folder,
    what_makes_no_sense_is_said_and_does_not_start,
    the_health_command_says_whether_a_server_is_there,
    dot_env_means_what_is_written_in_it,
    a_line_of_dot_env_that_cannot_be_read_stops_the_start,
    a_setting_that_is_unknown_or_cannot_be_read_is_named_with_its_place,
    every_number_has_two_ends,
    a_flag_goes_before_what_says_the_same_elsewhere,
    what_is_set_to_nothing_is_not_set,
    every_command_looks_at_the_settings,
    a_database_is_nobody_elses_wherever_it_is_made,
    a_mark_of_the_encoding_is_no_part_of_a_piped_password,
    migrate_takes_a_number_as_it_stands,
}

/// A command line without a database.
fn arguments(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

async fn db_variables_in_dot_env_choose_postgres(setup: Setup) {
    let (_, rest) = setup.url().split_once("://").expect("a URL");
    let (user, rest) = rest.split_once(':').expect("a user");
    let (password, rest) = rest.split_once('@').expect("a password");
    let (host, rest) = rest.split_once(':').expect("a host");
    let (port, name) = rest.split_once('/').expect("a port and a name");
    let text = format!(
        "# Chat Gopher's names\nDB_HOST={host}\nDB_PORT={port}\nDB_USER={user}\n\
         DB_PASSWORD={password}\nDB_NAME={name}\nVESTNIK_LISTEN=192.0.2.1:1\n"
    );
    fs::write(setup.dir().join(".env"), text).expect("a writable directory");

    // The flag goes before the file.
    let flags = arguments(&["serve", "--listen=127.0.0.1:0"]);
    let server = ServerProcess::start(setup.dir(), &flags).await;
    let health = server.node().nobody().get("/api/health").await.is(200);
    assert_eq!(health["store"], "postgres");
    server.node().join("alice").await.say(1, "in Postgres", "k1").await.is(201);
    assert_eq!(setup.number("SELECT COUNT(*) FROM messages").await, 1);
    assert!(!server.log().contains(password), "{}", server.log());
}

async fn told_nothing_the_data_is_in_the_data_folder(setup: Setup) {
    let server = ServerProcess::start(setup.dir(), &arguments(&["--listen=127.0.0.1:0"])).await;
    let health = server.node().nobody().get("/api/health").await.is(200);
    assert_eq!(health["store"], "sqlite");
    assert_eq!(health["trust"], false);
    assert!(setup.dir().join("data/vestnik.db").is_file());
}

async fn what_makes_no_sense_is_said_and_does_not_start(setup: Setup) {
    let taken = setup.node(&[]).await.address().to_string();
    let listen = format!("--listen={taken}");
    let other = format!("--database-url=sqlite://{}/other.db", setup.dir().display());
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
        (vec!["--public-url=https://*.example.com"], "has a * in it"),
        (vec!["--listen=localhost:8080"], "127.0.0.1:8080"),
        (vec!["--rates=message=1,message=2"], "set twice"),
        (vec!["--database-url=sqlite::memory:"], "names no file"),
        (vec!["--database-url=sqlite:file:v.db?mode=ro"], "names no file"),
        (vec!["--database-url=sqlite://v.db?mode=ro"], "`mode=ro`"),
        (vec!["--database-url=sqlite://v.db?mode=rwc&cache=shared"], "`cache=shared`"),
        (
            vec!["--database-url=postgres://u@127.0.0.1:1/n?connect_timeout=3"],
            "`connect_timeout`",
        ),
        (
            vec!["--database-url=postgres://u@127.0.0.1:1/n?sslmode=require&sslrootcert=x.pem"],
            "verify-full",
        ),
        (
            vec![
                "--db-host=127.0.0.1",
                "--db-port=1",
                "--db-sslrootcert=x.pem",
            ],
            "verify-full",
        ),
        (vec!["--database-url=postgres://u:se#cret@h/n"], "%23"),
        (vec!["--db-host=db.example:5432"], "DB_PORT"),
        (vec![&listen, &other], "cannot listen"),
        (vec!["--tls-cert=cert.pem"], "--tls-key"),
        (vec!["--no-such-flag"], "--no-such-flag"),
    ] {
        let (succeeded, output) = finish(setup.dir(), &arguments(&words)).await;
        assert!(!succeeded, "{words:?}: {output}");
        assert!(output.contains(said), "{words:?}: {output}");
        assert!(!output.contains("panicked"), "{words:?}: {output}");
    }
}

async fn the_health_command_says_whether_a_server_is_there(setup: Setup) {
    let server = setup.process(&[]).await;
    let health = arguments(&["health", &format!("--listen={}", server.node().address())]);
    let (is_ready, output) = finish(setup.dir(), &health).await;
    assert!(is_ready, "{output}");
    server.kill().await;
    let (is_ready, output) = finish(setup.dir(), &health).await;
    assert!(!is_ready, "{output}");
}

/// The registration mode of a server with this `.env`, and what it logged.
async fn served(setup: &Setup, text: &str) -> (Value, String) {
    fs::write(setup.dir().join(".env"), text).expect("a writable directory");
    let server = ServerProcess::start(setup.dir(), &arguments(&["--listen=127.0.0.1:0"])).await;
    let about = server.node().nobody().get("/api/about").await.is(200);
    let log = server.log();
    server.kill().await;
    (about["registration"].clone(), log)
}

/// What is said where a server with this `.env` does not start.
async fn unserved(setup: &Setup, text: &str) -> String {
    fs::write(setup.dir().join(".env"), text).expect("a writable directory");
    let (succeeded, said) = finish(setup.dir(), &arguments(&["--listen=127.0.0.1:0"])).await;
    assert!(!succeeded && !said.contains("panicked"), "{text:?}: {said}");
    said
}

async fn dot_env_means_what_is_written_in_it(setup: Setup) {
    for text in [
        "VESTNIK_REGISTRATION=closed\n",
        "\u{feff}VESTNIK_REGISTRATION=closed\r\n",
        "export VESTNIK_REGISTRATION = 'closed' # nobody\n",
        "SMTP_PASSWORD=it's\nNOTE=our own server\nSECRET=a$b${c}\nVESTNIK_REGISTRATION=closed",
        "VESTNIK_REGISTRATION=\"closed\"\nVESTNIK_PORT=127.0.0.1:8080\nVESTNIK_SEND_RATE=\n",
    ] {
        let (registration, log) = served(&setup, text).await;
        assert_eq!(registration, "closed", "{text:?}: {log}");
        let file = setup.dir().join(".env");
        assert!(log.contains(&format!("settings are read from {}", file.display())), "{log}");
    }
}

async fn a_line_of_dot_env_that_cannot_be_read_stops_the_start(setup: Setup) {
    for (line, text) in [
        (1, "the settings of our server\nVESTNIK_REGISTRATION=closed\n"),
        (2, "A=b\nNOTE='our own server\nVESTNIK_REGISTRATION=closed\n"),
        (3, "# c\n\n=b\n"),
        (2, "VESTNIK_REGISTRATION=open\nVESTNIK_REGISTRATION=closed\n"),
    ] {
        let said = unserved(&setup, text).await;
        assert!(said.contains("/.env") && said.contains(&format!("line {line}")), "{said}");
        assert_eq!(said.trim().lines().count(), 1, "{said}");
    }
}

async fn a_setting_that_is_unknown_or_cannot_be_read_is_named_with_its_place(setup: Setup) {
    let said = unserved(&setup, "A=b\nVESTNIK_REGISTRATON=closed\n").await;
    assert!(
        said.contains("line 2") && said.contains("did you mean VESTNIK_REGISTRATION?"),
        "{said}"
    );
    let said = unserved(&setup, "VESTNIK_NOTE=our own server\n").await;
    assert!(said.contains("there is no setting VESTNIK_NOTE"), "{said}");
    let said = unserved(&setup, "\nVESTNIK_REGISTRATION=shut\n").await;
    assert!(
        said.contains("line 2: VESTNIK_REGISTRATION")
            && said.contains("shut")
            && said.contains("invite"),
        "{said}"
    );
    fs::remove_file(setup.dir().join(".env")).expect("a file");
    for (name, value) in [
        ("VESTNIK_REGISTRATON", "closed"),
        ("VESTNIK_REGISTRATION", "shut"),
    ] {
        let mut command = command(setup.dir(), &arguments(&["--listen=127.0.0.1:0"]));
        let output = within("its end", command.env(name, value).output()).await.expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("the environment"), "{said}");
        assert!(said.contains("VESTNIK_REGISTRATION"), "{said}");
    }
}

async fn every_number_has_two_ends(setup: Setup) {
    for (flag, wrong) in [
        ("--workers", ["-1", "1025"]),
        ("--max-sessions", ["0", "10000001"]),
        ("--outbox-bytes", ["0", "99999999999"]),
        ("--outbox-seconds", ["0", "1e9"]),
        ("--ping-seconds", ["0", "86401"]),
        ("--pong-seconds", ["0", "NaN"]),
        ("--idle-seconds", ["-1", "inf"]),
        ("--keep-alive-seconds", ["-1", "86401"]),
        ("--drain-seconds", ["-1", "86401"]),
        ("--token-days", ["0", "3651"]),
        ("--send-rate", ["-1", "1000001"]),
        ("--hsts", ["-1", "99999999999"]),
        ("--db-port", ["0", "65536"]),
        ("--db-connections", ["3", "10001"]),
        ("--listen", ["8080", "127.0.0.1:65536"]),
    ] {
        for wrong in wrong {
            let (succeeded, said) = finish(setup.dir(), &[format!("{flag}={wrong}")]).await;
            assert!(!succeeded && said.contains(flag) && said.contains(wrong), "{said}");
            assert!(!said.contains("panicked"), "{said}");
        }
    }
    // What a sign-in of the longest kind gets opens something.
    let node = setup.node(&["--token-days=3650"]).await;
    node.join("anna").await.get("/api/me").await.is(200);
}

async fn what_is_set_to_nothing_is_not_set(setup: Setup) {
    let mut command = command(setup.dir(), &arguments(&["verify"]));
    for name in [
        "VESTNIK_REGISTRATION",
        "VESTNIK_SEND_RATE",
        "DB_PORT",
        "DATABASE_URL",
        "VESTNIK_LISTEN",
    ] {
        command.env(name, "");
    }
    let output = within("its end", command.output()).await.expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("there is no database at"), "{said}");
}

async fn every_command_looks_at_the_settings(setup: Setup) {
    for words in [
        vec!["migrate", "status"],
        vec!["user", "list"],
        vec!["verify"],
        vec!["health"],
    ] {
        let words = [words, vec!["--tls-cert=cert.pem"]].concat();
        let (succeeded, said) = finish(setup.dir(), &arguments(&words)).await;
        assert!(!succeeded && said.contains("--tls-key"), "{words:?}: {said}");
    }
    assert!(!setup.dir().join("data").exists());
}

async fn a_database_is_nobody_elses_wherever_it_is_made(setup: Setup) {
    // A folder that was there before, and open to everybody.
    let folder = setup.dir().join("open");
    fs::create_dir(&folder).expect("a folder");
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("a mode");
    let url = format!("--database-url=sqlite://{}/vestnik.db", folder.display());
    let flags = arguments(&["--listen=127.0.0.1:0", &url]);
    let server = ServerProcess::start(setup.dir(), &flags).await;
    server.node().join("anna").await.said(1, "between us").await;
    let mode = |name: &str| {
        let file = folder.join(name).metadata().unwrap_or_else(|error| panic!("{name}: {error}"));
        file.permissions().mode() & 0o777
    };
    for name in [
        "vestnik.db",
        "vestnik.db-wal",
        "vestnik.db-shm",
        "vestnik.db.lock",
    ] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    assert!(!server.log().contains("can be read by others"), "{}", server.log());
    server.kill().await;
    // One that others may read keeps its mode, and its owner is told.
    fs::set_permissions(folder.join("vestnik.db"), Permissions::from_mode(0o644)).expect("a mode");
    let server = ServerProcess::start(setup.dir(), &flags).await;
    server.saying("can be read by others").await;
    assert_eq!(mode("vestnik.db"), 0o644);
    server.kill().await;
}

async fn a_mark_of_the_encoding_is_no_part_of_a_piped_password(setup: Setup) {
    let node = setup.node(&[]).await;
    let words = ["create", "anna", "anna@example.com"];
    setup.user_done(&words, "\u{feff}a good password\r\n").await;
    node.sign_in("anna", "a good password").await;
}

async fn migrate_takes_a_number_as_it_stands(setup: Setup) {
    let migrate = |words: &[&str]| {
        [
            arguments(&["migrate"]),
            arguments(words),
            setup.arguments(&[]),
        ]
        .concat()
    };
    let mut applied = Vec::new();
    for words in [
        &["up"][..],
        &["down", "1"],
        &["down", "2"],
        &["down"],
        &["up", "2"],
        &["up", "-n", "1"],
    ] {
        let (succeeded, said) = finish(setup.dir(), &migrate(words)).await;
        assert!(succeeded, "{words:?}: {said}");
        applied.push(said.lines().filter(|line| line.starts_with("applied")).count());
    }
    let all = applied[0];
    assert_eq!(applied, [all, all - 1, all - 3, all - 4, all - 2, all - 1]);
    let (succeeded, said) = finish(setup.dir(), &migrate(&["down", "x"])).await;
    assert!(!succeeded && said.contains("STEPS"), "{said}");
}

async fn a_flag_goes_before_what_says_the_same_elsewhere(setup: Setup) {
    let text = "VESTNIK_RATES=message=0.001/1,chat=0.001/1\nDATABASE_URL=postgres://nobody@127.0.0.1:1/x\n";
    fs::write(setup.dir().join(".env"), text).expect("a writable directory");
    let database = format!("--database-url={}", setup.url());
    for (flag, may_talk) in [("--user-send-rate=100", true), ("--workers=1", false)] {
        let words = arguments(&["--listen=127.0.0.1:0", &database, flag]);
        let server = ServerProcess::start(setup.dir(), &words).await;
        let name = flag.trim_start_matches('-').split('=').next().expect("a name");
        let one = server.node().join(name).await;
        let mut answers = Vec::new();
        for i in 0..3 {
            answers.push(one.say(1, "hello", &format!("{name}{i}")).await.status);
        }
        let wanted = if may_talk {
            [201, 201, 201]
        } else {
            [201, 429, 429]
        };
        assert_eq!(answers, wanted, "{flag}");
        // What only the file says holds.
        one.create_chat("group", "one").await;
        let another = json!({"type": "group", "name": "another"});
        one.post("/api/chats", another).await.refused(429, "too_fast");
        server.kill().await;
    }
}
