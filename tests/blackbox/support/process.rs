//! A server in a process of its own, the real binary: it can be killed.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

use super::node::TestNode;
use super::{eventually, within};

/// The binary under test: `VESTNIK_TEST_SERVER`, for figures of a release build, or the one that was built
/// with the tests.
pub(crate) fn vestnik() -> &'static str {
    static NAMED: LazyLock<Option<String>> =
        LazyLock::new(|| std::env::var("VESTNIK_TEST_SERVER").ok());
    NAMED.as_deref().unwrap_or(env!("CARGO_BIN_EXE_vestnik"))
}

/// Only a build for tests has it hash passwords by next to nothing, of which most of their time would be spent.
pub(crate) const CHEAP_HASHES: &str = "--cheap-hashes=true";

fn is_built_with_tests() -> bool {
    vestnik() == env!("CARGO_BIN_EXE_vestnik")
}

/// A running server; killed when it is dropped.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    child: Child,
    node: TestNode,
    log: Arc<Mutex<String>>,
}

/// What the binary gets of the environment: the path, and the mistake that it is to make.
fn passed_on() -> impl Iterator<Item = (&'static str, std::ffi::OsString)> {
    ["PATH", "TEST_MISTAKE"]
        .into_iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)))
}

/// The binary with these arguments, in `dir`, with nothing else from the environment.
pub(crate) fn command(dir: &Path, arguments: &[String]) -> Command {
    let mut command = Command::new(vestnik());
    command
        .args(
            arguments
                .iter()
                .filter(|argument| is_built_with_tests() || *argument != CHEAP_HASHES),
        )
        .current_dir(dir)
        .env_clear()
        .envs(passed_on())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Runs the binary to its end: whether it succeeded, and all that it printed.
pub(crate) async fn finish(dir: &Path, arguments: &[String]) -> (bool, String) {
    let output = within("the command to end", command(dir, arguments).output()).await;
    let output = output.expect("the binary runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// The same with this on its standard input.
pub(crate) async fn finish_with(dir: &Path, arguments: &[String], input: &str) -> (bool, String) {
    let mut command = command(dir, arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let mut stdin = child.stdin.take().expect("a piped stdin");
    // One that ends without reading it is no failure.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = within("the command to end", child.wait_with_output()).await;
    let output = output.expect("the binary runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

impl ServerProcess {
    /// Starts a server; it listens when this returns.
    pub(crate) async fn start(dir: &Path, arguments: &[String]) -> Self {
        Self::spawn(command(dir, arguments)).await
    }

    /// The same, where no file can grow beyond `kib`: to SQLite a disk that is full.
    pub(crate) async fn start_on_a_small_disk(
        dir: &Path,
        arguments: &[String],
        kib: usize,
    ) -> Self {
        let limited = format!("trap '' XFSZ; ulimit -S -f {}; exec \"$0\" \"$@\"", 2 * kib);
        let mut shell = Command::new("sh");
        shell
            .args(["-c", limited.as_str(), vestnik()])
            .args(arguments)
            .current_dir(dir)
            .env_clear()
            .stdin(Stdio::null())
            .kill_on_drop(true);
        Self::spawn(shell).await
    }

    /// There is room on its disk again.
    pub(crate) fn has_room_again(&self) {
        let pid = i32::try_from(self.pid()).ok().and_then(rustix::process::Pid::from_raw);
        let unlimited = rustix::process::Rlimit {
            current: None,
            maximum: None,
        };
        rustix::process::prlimit(pid, rustix::process::Resource::Fsize, unlimited)
            .expect("a child's limit");
    }

    /// The same, on a machine whose clock is wrong, as `faketime` says by how much.
    pub(crate) async fn start_at_another_time(
        dir: &Path,
        arguments: &[String],
        wrong_by: &str,
    ) -> Self {
        let mut command = command(dir, arguments);
        command
            // Not by the program of that name, which stays between, so that a kill would not reach the server.
            .env("LD_PRELOAD", "/usr/$LIB/faketime/libfaketime.so.1")
            .env("FAKETIME", wrong_by)
            // A clock that is set moves no timer.
            .env("DONT_FAKE_MONOTONIC", "1");
        Self::spawn(command).await
    }

    /// The same of a whole command.
    pub(crate) async fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stderr = child.stderr.take().expect("a piped stderr");
        let log = Arc::new(Mutex::new(String::new()));
        let (found, address) = oneshot::channel();
        tokio::spawn(watch(stderr, log.clone(), found));
        let address = within("the line `listening on …`", address).await;
        let address = address.unwrap_or_else(|_| panic!("no server:\n{}", text(&log)));
        Self {
            child,
            node: TestNode::at(address),
            log,
        }
    }

    pub(crate) fn node(&self) -> &TestNode {
        &self.node
    }

    /// What it said on standard error so far.
    pub(crate) fn log(&self) -> String {
        text(&self.log)
    }

    /// Waits until it has said this; all of it.
    pub(crate) async fn saying(&self, text: &str) -> String {
        let ask = || async { Some(self.log()).filter(|log| log.contains(text)) };
        eventually(text, ask).await
    }

    /// `kill -9`: no code of the server runs any more.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("a child that can be killed");
    }

    /// SIGTERM.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Any signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.pid()).expect("a pid")).expect("a pid");
        kill_process(pid, signal).expect("a signal");
    }

    /// Its number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("a running child")
    }

    /// The memory that it has, in MiB.
    pub(crate) fn resident_mib(&self) -> u64 {
        let pid = self.child.id().expect("a running child");
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("Linux");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line");
        let kib = line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok());
        kib.expect("a number") / 1_024
    }

    /// The processor time that it has had.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).expect("Linux");
        let fields: Vec<_> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        // In hundredths of a second: fields 14 and 15 of proc(5), counted from behind the name.
        let ticks = |place: usize| fields[place].parse::<u64>().expect("a number");
        Duration::from_millis(10 * (ticks(11) + ticks(12)))
    }

    /// Waits for its end.
    pub(crate) async fn ended(mut self) -> ExitStatus {
        within("the server to exit", self.child.wait()).await.expect("a status")
    }
}

fn text(log: &Mutex<String>) -> String {
    log.lock().expect("no panic while held").clone()
}

async fn watch(
    stderr: impl tokio::io::AsyncRead + Unpin,
    log: Arc<Mutex<String>>,
    found: oneshot::Sender<SocketAddr>,
) {
    let mut found = Some(found);
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some((_, url)) = line.split_once("listening on http")
            && let Some((_, address)) = url.split_once("://")
            && let Some(found) = found.take()
        {
            // A log for programs goes on behind it.
            let address = address.split('"').next().unwrap_or_default().trim();
            let _ = found.send(address.parse().expect("an address"));
        }
        let mut log = log.lock().expect("no panic while held");
        log.push_str(&line);
        log.push('\n');
    }
}
