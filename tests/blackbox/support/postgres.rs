//! A throwaway Postgres, one for all test processes of a run. The first that needs it starts it;
//! `postgres.sh` ends it when no test process has used it for a while.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, Database};

use super::tools::{find, scratch};

const SCRIPT: &str = include_str!("postgres.sh");

/// A database of one test.
#[derive(Debug)]
pub(crate) struct TestDatabase {
    cluster: String,
    name: String,
    url: String,
}

/// Makes an empty database; `None` if Postgres is not installed.
pub(crate) async fn fresh_database() -> Option<TestDatabase> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let cluster = tokio::task::spawn_blocking(cluster).await.expect("no panic")?;
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("test_{}_{count}", std::process::id());
    // A former process may have had our number.
    execute(&cluster, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    execute(&cluster, &format!("CREATE DATABASE {name}")).await;
    let url = format!("{cluster}/{name}");
    Some(TestDatabase { cluster, name, url })
}

/// Makes an empty database of this name for a user of this name, and says its port; `None` if Postgres
/// is not installed.
pub(crate) async fn named_database(
    user: &str,
    password: &str,
    name: &str,
) -> Option<(TestDatabase, u16)> {
    let cluster = tokio::task::spawn_blocking(cluster).await.expect("no panic")?;
    execute(&cluster, &format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)")).await;
    execute(&cluster, &format!("DROP ROLE IF EXISTS \"{user}\"")).await;
    execute(&cluster, &format!("CREATE ROLE \"{user}\" LOGIN PASSWORD '{password}'")).await;
    execute(&cluster, &format!("CREATE DATABASE \"{name}\" OWNER \"{user}\"")).await;
    let address = cluster.rsplit('@').next().unwrap_or_default();
    let port = address.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let url = format!("postgres://{user}:{password}@{address}/{name}");
    let name = name.to_owned();
    Some((TestDatabase { cluster, name, url }, port))
}

impl TestDatabase {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn drop_it(&self) {
        execute(&self.cluster, &format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

async fn execute(cluster: &str, sql: &str) {
    let database = Database::connect(format!("{cluster}/postgres")).await.expect("the cluster");
    database.execute_unprepared(sql).await.expect(sql);
    database.close().await.expect("a clean close");
}

/// The cluster's URL without a database.
fn cluster() -> Option<String> {
    static CLUSTER: OnceLock<Option<(String, File)>> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| {
        let bin = programs()?;
        let state = scratch("postgres");
        // Held until this process ends: `postgres.sh` stops nothing while somebody holds it.
        let used = File::options().create(true).append(true).open(state.join("users")).ok()?;
        used.lock_shared().expect("the lock of users");
        Some((running(&state, &bin), used))
    });
    cluster.as_ref().map(|(url, _)| url.clone())
}

/// A program that refuses to run as root, as the user `postgres` if we are root.
pub(crate) fn as_postgres(program: &Path) -> Command {
    if !rustix::process::getuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Where `initdb` and `pg_ctl` are.
pub(crate) fn programs() -> Option<PathBuf> {
    // What the script needs besides; every Linux has them.
    find("flock").and(find("setsid"))?;
    if find("initdb").is_some() && find("pg_ctl").is_some() {
        return find("initdb")?.parent().map(Path::to_owned);
    }
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("pg_ctl").is_file())
        .collect();
    versions.sort_by_key(|bin| version(bin));
    versions.pop()
}

/// The 15 of `/usr/lib/postgresql/15/bin`.
fn version(bin: &Path) -> Option<u32> {
    bin.parent()?.file_name()?.to_str()?.parse().ok()
}

/// Does the cluster of this URL answer? It does not if the machine was switched off under it.
fn answers(url: &str) -> bool {
    let address = url.trim().rsplit('@').next().unwrap_or_default();
    TcpStream::connect(address).is_ok()
}

/// Starts the cluster unless another test process has.
#[allow(clippy::zombie_processes, reason = "the script outlives this process")]
fn running(state: &Path, bin: &Path) -> String {
    let lock = File::create(state.join("starting")).expect("a lock file");
    lock.lock().expect("the lock of starters");
    let url = state.join("url");
    match fs::read_to_string(&url) {
        Ok(url) if answers(&url) => return url.trim().to_owned(),
        Ok(_) => fs::remove_file(&url).expect("a removable file"),
        Err(_) => {}
    }
    let log = File::create(state.join("log")).expect("a log file");
    let mut script = Command::new("setsid")
        .args(["sh", "-c", SCRIPT, "postgres.sh"])
        .arg(state)
        .arg(bin)
        .arg(free_port().to_string())
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a log file"))
        .stderr(log)
        .spawn()
        .expect("a shell");
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Ok(url) = fs::read_to_string(&url) {
            return url.trim().to_owned();
        }
        let over = script.try_wait().expect("a status").is_some() || Instant::now() > deadline;
        if over {
            let log = fs::read_to_string(state.join("log")).unwrap_or_default();
            panic!("Postgres did not start:\n{log}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
