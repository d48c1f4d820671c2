//! The generator against the server that is built beside it: nothing is missing, and nothing comes twice.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says what it expects by unwrapping it"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

const BLAST: &str = env!("CARGO_BIN_EXE_blast");
const PEOPLE: usize = 3;

/// A server of the test's own, which ends with it.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// None if there is no server to be tried; that is a failure where nothing may be skipped.
    fn start(folder: &Path, args: &[&str]) -> Option<Self> {
        let built = |name: &str| PathBuf::from(BLAST).with_file_name(name);
        if let Some(name) = ["vestnik", "floor"].into_iter().find(|name| !built(name).exists()) {
            assert!(std::env::var("CI").is_err(), "{name} is not built");
            eprintln!("SKIPPED: {name} is not built: cargo build --workspace");
            return None;
        }
        let mut child = Command::new(built("vestnik"))
            .args(["--trust", "--workers", "1", "--listen", "127.0.0.1:0"])
            .args(args)
            .current_dir(folder)
            // Whatever is set for another server.
            .env_clear()
            .env("DATABASE_URL", format!("sqlite://{}/v.db", folder.display()))
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let log = BufReader::new(child.stderr.take().expect("a log"));
        let mut lines = log.lines().map_while(Result::ok);
        let address = lines.find_map(|line| {
            Some(line.split_once("listening on http")?.1.split_once("://")?.1.into())
        });
        // So that the server never waits for somebody to read its log.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self {
            child,
            address: address.expect("the server says where it listens"),
        })
    }

    /// Answers the `id` of what was made.
    fn make(&self, path: &str, body: &str) -> u64 {
        let mut connection =
            TcpStream::connect(&self.address).expect("the server takes connections");
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        connection.write_all(request.as_bytes()).expect("a request is sent");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("an answer comes");
        let json = answer.split_once("\r\n\r\n").expect("a head").1;
        let json: Value = serde_json::from_str(json).expect("JSON");
        json["id"]
            .as_u64()
            .or(json["user_id"].as_u64())
            .unwrap_or_else(|| panic!("{answer}"))
    }

    /// People who are in one chat, in the files that the generator reads.
    fn people(&self, folder: &Path) {
        let chat = self.make("/createChat", r#"{"type":"group","name":"blast"}"#);
        let mut users = String::new();
        for i in 0..PEOPLE {
            let account = format!(
                r#"{{"username":"person{i}","password":"secret","email":"p{i}@example.com"}}"#
            );
            let user = self.make("/register", &account);
            let member =
                format!(r#"{{"conversation_id":{chat},"user_id":{user},"role":"member"}}"#);
            self.make("/addMember", &member);
            users += &format!("{user}\n");
        }
        std::fs::write(folder.join("users"), users).expect("a file");
        std::fs::write(folder.join("rooms"), format!("{chat}\n")).expect("a file");
    }

    fn blast(&self, folder: &Path, scheme: &str, args: &str) -> Value {
        let url = format!("{scheme}://{}/ws?chat_id={{room}}&user_id={{user}}", self.address);
        let output = Command::new(BLAST)
            .args(args.split(' '))
            .args([
                "--url",
                &url,
                "--users",
                "users",
                "--room-ids",
                "rooms",
                "--subs",
                "3",
            ])
            .args([
                "--publish",
                r#"{"content":"{payload}","client_msg_id":"{id}"}"#,
            ])
            .args(["--warmup", "0.1", "--settle", "0", "--drain", "10", "--pid"])
            .arg(self.child.id().to_string())
            .current_dir(folder)
            .output()
            .expect("the generator runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn everybody_got_everything_once(report: &Value) {
    let sent = report["total_sent"].as_u64().unwrap();
    assert!(sent > 0, "{report:#}");
    assert_eq!(report["total_acked"], sent, "{report:#}");
    assert_eq!(report["total_delivered"], sent * PEOPLE as u64, "{report:#}");
    for name in [
        "missing",
        "twice",
        "out_of_order",
        "foreign",
        "refused",
        "closed",
    ] {
        assert_eq!(report[name], 0, "{name}: {report:#}");
    }
}

#[test]
fn nothing_is_missing_and_nothing_comes_twice() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = Server::start(folder.path(), &[]) else {
        return;
    };
    server.people(folder.path());
    let at_a_rate = "fanout --publishers 3 --rate 200 --duration 0.7";
    let saturated = "fanout --publishers 3 --window 8 --duration 0.7";
    for args in [at_a_rate, saturated] {
        let report = server.blast(folder.path(), "ws", args);
        everybody_got_everything_once(&report);
        assert!(report["server_cpu_us_per_message"].as_f64().unwrap() > 0.0, "{report:#}");
        assert!(report["ack_us"]["p50"].as_f64().unwrap() > 0.0, "{report:#}");
    }
}

#[test]
fn the_same_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let Some(plain) = Server::start(folder.path(), &[]) else {
        return;
    };
    plain.people(folder.path());
    drop(plain);
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let server =
        Server::start(folder.path(), &["--tls-cert", "cert.pem", "--tls-key", "key.pem"]).unwrap();
    let args = "fanout --publishers 3 --window 4 --duration 0.5 --ca cert.pem";
    everybody_got_everything_once(&server.blast(folder.path(), "wss", args));
}

#[test]
fn the_command_that_runs_everything_runs() {
    if Command::new("python3").arg("--version").output().is_err() {
        assert!(std::env::var("CI").is_err(), "python3 is not installed");
        eprintln!("SKIPPED: python3 is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let programs = PathBuf::from(BLAST).with_file_name("");
    let Some(_) = Server::start(folder.path(), &[]) else {
        return;
    };
    let command = Path::new(env!("CARGO_MANIFEST_DIR")).join("../run");
    let output = Command::new("python3")
        .arg(command)
        .args([
            "--quick",
            "--only",
            "sends_1",
            "--servers",
            "durable,vestnik",
            "--programs",
        ])
        .arg(programs)
        .env("BENCH_DIR", folder.path())
        .output()
        .expect("Python runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(" durable ") && said.contains(" vestnik "), "{said}");
    assert!(!said.contains("NOT CLEAN"), "{said}");
}
