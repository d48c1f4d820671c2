//! Corp Messenger's lines for Docker and psql, as they stand, after
//! `cp deploy/corp-messenger.env .env`: what Compose makes of that file, and what psql and a server
//! find in a Postgres that is made as it says.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::support::postgres::named_database;
use crate::support::process::ServerProcess;
use crate::support::tools::{find, need, skip};
use crate::support::*;

on_sqlite! {
    compose_makes_corp_messengers_container_of_its_file,
    compose_keeps_its_postgres_to_itself_without_it,
    compose_runs_three_servers_behind_nginx_if_asked,
    compose_runs_nats_between_them_if_asked,
}

on_postgres! {
    psql_finds_the_messages_of_a_server_with_the_same_file,
}

const ENVIRONMENT: &str = "deploy/corp-messenger.env";

fn of_the_project(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(path).expect(name)
}

/// What `docker-compose config` says in a folder with this `.env`; `None` where there is no Compose.
async fn composed(test: &str, dir: &Path, environment: &str) -> Option<String> {
    composed_with(test, dir, environment, &[]).await
}

/// The same with these words before `config`.
async fn composed_with(
    test: &str,
    dir: &Path,
    environment: &str,
    words: &[&str],
) -> Option<String> {
    let (program, first) = if let Some(compose) = find("docker-compose") {
        (compose, None)
    } else {
        (need(test, "docker")?, Some("compose"))
    };
    fs::create_dir(dir.join("deploy")).expect("a folder");
    for file in ["docker-compose.yml", "deploy/corp-messenger.yml"] {
        fs::write(dir.join(file), of_the_project(file)).expect(file);
    }
    fs::write(dir.join(".env"), environment).expect("a .env");
    let mut command = Command::new(program);
    command
        .args(first)
        .args(words)
        .arg("config")
        .current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", dir)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = within("docker-compose config", command.output()).await.expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    if first.is_some() && complaint.contains("unknown command") {
        skip(test, "docker has no compose");
        return None;
    }
    assert!(output.status.success(), "{complaint}");
    Some(said)
}

/// Is this port of the Postgres published on loopback? The old Compose writes it in one line.
fn publishes(config: &str, port: u16) -> bool {
    let in_one = config.contains(&format!("127.0.0.1:{port}:5432"));
    let apart = config.contains(&format!("published: \"{port}\""))
        && config.contains("host_ip: 127.0.0.1")
        && config.contains("target: 5432");
    in_one || apart
}

async fn compose_makes_corp_messengers_container_of_its_file(setup: Setup) {
    let test = "Corp Messenger's container";
    let Some(config) = composed(test, setup.dir(), &of_the_project(ENVIRONMENT)).await else {
        return;
    };
    for line in [
        "container_name: messenger_db",
        "POSTGRES_USER: user",
        "POSTGRES_DB: messenger",
    ] {
        assert!(config.contains(line), "{line} is not in:\n{config}");
    }
    assert!(publishes(&config, 5432), "{config}");
    // The server runs outside: its port is free for it. The old Compose shows what it will not start.
    let is_asked_for = config.contains("profiles:\n    - server");
    assert!(is_asked_for || !config.contains("8080"), "{config}");
}

async fn compose_keeps_its_postgres_to_itself_without_it(setup: Setup) {
    let test = "the containers of the example";
    let environment = format!("{}\nDB_PASSWORD=secret\n", of_the_project(".env.example"));
    let Some(config) = composed(test, setup.dir(), &environment).await else {
        return;
    };
    assert!(config.contains("POSTGRES_DB: vestnik"), "{config}");
    assert!(config.contains("8080"), "{config}");
    assert!(!publishes(&config, 5432) && !config.contains("container_name"), "{config}");
}

async fn compose_runs_three_servers_behind_nginx_if_asked(setup: Setup) {
    let test = "the containers of a cluster";
    let environment = format!("{}\nDB_PASSWORD=secret\n", of_the_project(".env.example"));
    let cluster = ["--profile", "cluster"];
    let Some(config) = composed_with(test, setup.dir(), &environment, &cluster).await else {
        return;
    };
    let conf = of_the_project("deploy/nginx-cluster.conf");
    for name in ["vestnik", "vestnik-two", "vestnik-three"] {
        assert!(config.contains(&format!("  {name}:\n")), "no {name} in:\n{config}");
        assert!(conf.contains(&format!("server {name}:8080 ")), "no {name} in:\n{conf}");
    }
    assert!(config.contains("8090") && config.contains("nginx-cluster.conf"), "{config}");
}

async fn compose_runs_nats_between_them_if_asked(setup: Setup) {
    let test = "the containers of a cluster with NATS";
    let bus = "VESTNIK_BUS=nats://nats:4222";
    let environment = format!("{}\nDB_PASSWORD=secret\n{bus}\n", of_the_project(".env.example"));
    assert!(of_the_project("docker-compose.yml").contains(bus), "it says so");
    let words = ["--profile", "cluster", "--profile", "nats"];
    let Some(config) = composed_with(test, setup.dir(), &environment, &words).await else {
        return;
    };
    assert_eq!(config.matches("VESTNIK_BUS: nats://nats:4222").count(), 3, "{config}");
    assert!(config.contains("  nats:\n") && config.contains("image: nats:"), "{config}");
}

async fn psql_finds_the_messages_of_a_server_with_the_same_file(setup: Setup) {
    let Some(psql) = need("Corp Messenger's psql", "psql") else {
        return;
    };
    let Some((database, port)) = named_database("user", "password", "messenger").await else {
        return skip("Corp Messenger's psql", "PostgreSQL's server programs are not installed");
    };
    let environment = of_the_project(ENVIRONMENT);
    let here = environment.replace("DB_PORT=5432", &format!("DB_PORT={port}"));
    assert_ne!(here, environment, "the file says its port");
    fs::write(setup.dir().join(".env"), here).expect("a .env");
    let arguments = ["--trust", "--listen=127.0.0.1:0"].map(str::to_owned);
    let server = ServerProcess::start(setup.dir(), &arguments).await;
    server.node().join("testuser1").await;
    let mut socket = server.node().socket("/ws?chat_id=1&user_id=1").await;
    socket.say("Сообщение").await;
    socket.message("Сообщение").await;

    let lines = format!(
        "{psql} -h localhost -U user -d messenger <<'END'\n\\dt\nSELECT * FROM messages;\nEND",
        psql = psql.display()
    );
    let shell = Command::new("sh")
        .args(["-c", &lines])
        .env("PGPORT", port.to_string())
        .env("PGPASSWORD", "password")
        .env("PGCLIENTENCODING", "UTF8")
        .env("PSQLRC", "/dev/null")
        .stdin(Stdio::null())
        .output();
    let output = within("psql", shell).await.expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("| messages "), "\\dt: {said}{complaint}");
    assert!(said.contains("Сообщение"), "SELECT: {said}{complaint}");
    server.kill().await;
    database.drop_it().await;
}
