//! What one test is given: a fresh store of one kind, a directory, and the nodes that run on them.
//! When the test ends, however it ends, its nodes are stopped and its store is gone.

use std::future::Future;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use vestnik::app::Extensions;
use vestnik::config::Observer;

use super::faulty_bus::FaultyBus;
use super::nats::Nats;
use super::node::{NodeThread, TestNode};
use super::postgres::{self, TestDatabase};
use super::process::{CHEAP_HASHES, ServerProcess, finish, finish_with};

/// Longest that a whole test may take, beside the time that it was asked to go on.
const TEST_DEADLINE: Duration = Duration::from_secs(90);

/// Between two cuts of the connections on which servers listen to each other.
const DEAF_EVERY: Duration = Duration::from_millis(700);

/// The size of a test that may be asked for by `VESTNIK_TEST_…`.
pub(crate) fn setting(name: &str, usual: usize) -> usize {
    let asked = std::env::var(format!("VESTNIK_TEST_{name}"));
    asked.map_or(usual, |asked| asked.parse().expect("a number"))
}

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// What a test is given. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Setup {
    inner: Arc<Inner>,
}

struct Inner {
    kind: Kind,
    url: String,
    dir: tempfile::TempDir,
    /// By which servers talk, if not by Postgres.
    nats: Option<Nats>,
    nodes: Mutex<Vec<NodeThread>>,
}

/// Runs one test on one kind of store.
pub(crate) fn run<F>(kind: Kind, name: &str, test: impl FnOnce(Setup) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    run_with(kind, None, name, test);
}

/// Runs one test of servers on Postgres that talk by NATS.
pub(crate) fn run_over_nats<F>(name: &str, test: impl FnOnce(Setup) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    if let Some(nats) = super::tools::need(name, "nats-server") {
        run_with(Kind::Postgres, Some(nats), name, test);
    }
}

fn run_with<F>(kind: Kind, nats: Option<PathBuf>, name: &str, test: impl FnOnce(Setup) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let _ = env_logger::builder().is_test(true).try_init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime for the test");
    let database = match kind {
        Kind::Sqlite => None,
        Kind::Postgres => match runtime.block_on(postgres::fresh_database()) {
            Some(database) => Some(database),
            None => {
                return super::tools::skip(name, "PostgreSQL's server programs are not installed");
            }
        },
    };
    let deadline = TEST_DEADLINE + asked_for();
    let nats = nats.map(|program| runtime.block_on(Nats::start(&program)));
    let setup = Setup::new(kind, database.as_ref(), nats);
    let body = test(setup.clone());
    let outcome = runtime.block_on(async {
        let task = tokio::spawn(tokio::time::timeout(deadline, body));
        let outcome = task.await;
        let nodes = setup.stop_nodes().await;
        if let Some(database) = &database {
            database.drop_it().await;
        }
        outcome.map(|finished| (finished, nodes))
    });
    match outcome {
        Err(failure) => resume_unwind(failure.into_panic()),
        Ok((Err(_), _)) => panic!("{name} took longer than {deadline:?}"),
        Ok((Ok(()), nodes)) => nodes.unwrap_or_else(|trouble| panic!("{trouble}")),
    }
}

/// How much longer a test takes by what was asked for in its environment.
fn asked_for() -> Duration {
    let seconds = |name: &str| Duration::from_secs(setting(name, 0) as u64);
    // It takes that long for each of its ways, with nobody else before them, and some more to end each.
    seconds("SECONDS") + 15 * seconds("ISOLATION_SECONDS") + 30 * seconds("COMPARED")
}

/// Tests talk faster than people; those that are about it say what they need, and `--rates=` is what
/// holds for everybody.
fn unhurried(flags: &[&str]) -> String {
    let is_set =
        |flag: &&str| flag.starts_with("--send-rate") || flag.starts_with("--user-send-rate");
    let sends = match flags.iter().any(is_set) {
        true => "",
        false => "frame=1000/2000,message=1000/2000,mark=1000/2000,text=0,",
    };
    format!(
        "--rates={sends}session=0,request=0,answer=0,chat=0,member=0,account=0,password=0,invite=0,sign_in=0,upload=0,download=0,\
         sign_in_address=0,register_address=0,register=0"
    )
}

impl Setup {
    fn new(kind: Kind, database: Option<&TestDatabase>, nats: Option<Nats>) -> Self {
        let dir = tempfile::tempdir().expect("a directory for the test");
        let url = database.map_or_else(
            || format!("sqlite://{}", dir.path().join("vestnik.db").display()),
            |database| database.url().to_owned(),
        );
        let nodes = Mutex::default();
        Self {
            inner: Arc::new(Inner {
                kind,
                url,
                dir,
                nats,
                nodes,
            }),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.inner.kind
    }

    /// `DATABASE_URL` of the test's own store.
    pub(crate) fn url(&self) -> &str {
        &self.inner.url
    }

    /// A directory of the test's own.
    pub(crate) fn dir(&self) -> &Path {
        self.inner.dir.path()
    }

    /// A server in this process, ready for requests. `flags` are the command line's, in the form
    /// `--name=value`.
    pub(crate) async fn node(&self, flags: &[&str]) -> TestNode {
        self.try_node(flags)
            .await
            .unwrap_or_else(|error| panic!("the node did not start: {error}"))
    }

    /// The same, or why it did not start.
    pub(crate) async fn try_node(&self, flags: &[&str]) -> Result<TestNode, String> {
        self.start_node(flags, Observer::default(), Extensions::default()).await
    }

    /// A server in this process whose statements are seen; none of them is of the index of words.
    pub(crate) async fn observed_node(&self, flags: &[&str], observer: Observer) -> TestNode {
        let extensions = Extensions {
            keeps_no_index: true,
            ..Extensions::default()
        };
        self.start_node(flags, observer, extensions)
            .await
            .unwrap_or_else(|error| panic!("the node did not start: {error}"))
    }

    /// A server in this process, and others who hear what it commits.
    pub(crate) async fn extended_node(&self, flags: &[&str], extensions: Extensions) -> TestNode {
        self.start_node(flags, Observer::default(), extensions)
            .await
            .unwrap_or_else(|error| panic!("the node did not start: {error}"))
    }

    /// A server in this process that talks with others by this bus.
    pub(crate) async fn node_on(&self, bus: &Arc<FaultyBus>) -> TestNode {
        self.node_on_with(bus, &[]).await
    }

    /// The same with these flags.
    pub(crate) async fn node_on_with(&self, bus: &Arc<FaultyBus>, flags: &[&str]) -> TestNode {
        let bus = Some(bus.connect());
        let extensions = Extensions {
            bus,
            ..Extensions::default()
        };
        self.extended_node(flags, extensions).await
    }

    async fn start_node(
        &self,
        flags: &[&str],
        observer: Observer,
        extensions: Extensions,
    ) -> Result<TestNode, String> {
        let (thread, node) =
            NodeThread::start(&self.arguments(flags), observer, extensions).await?;
        self.inner.nodes.lock().expect("no panic").push(thread);
        Ok(node)
    }

    /// Stops the nodes before the test ends.
    pub(crate) async fn stop(&self) {
        self.stop_nodes().await.unwrap_or_else(|trouble| panic!("{trouble}"));
    }

    /// A server in a process of its own, which can be killed.
    pub(crate) async fn process(&self, flags: &[&str]) -> ServerProcess {
        ServerProcess::start(self.dir(), &self.arguments(flags)).await
    }

    /// The command line of a server on this setup: everything explicit, so that the environment
    /// of whoever runs the tests changes nothing.
    pub(crate) fn arguments(&self, flags: &[&str]) -> Vec<String> {
        let store = format!("--database-url={}", self.url());
        let files = format!("--files={}", self.dir().join("files").display());
        let defaults = [
            store.as_str(),
            files.as_str(),
            "--listen=127.0.0.1:0",
            "--trust=false",
            "--workers=2",
            "--db-connections=6",
            "--drain-seconds=3",
            CHEAP_HASHES,
        ];
        let unhurried = unhurried(flags);
        let bus = self.inner.nats.as_ref().map(|nats| format!("--bus={}", nats.url()));
        let name = |flag: &str| flag.split('=').next().unwrap_or_default().to_owned();
        let given: Vec<String> = flags.iter().map(|flag| name(flag)).collect();
        defaults
            .iter()
            .chain([&unhurried.as_str()])
            .chain(bus.as_deref().as_slice())
            .filter(|default| !given.contains(&name(default)))
            .chain(flags)
            .map(|flag| (*flag).to_owned())
            .collect()
    }

    /// `vestnik user …` on this store, with this on standard input; whether it succeeded, and what it
    /// said.
    pub(crate) async fn user(&self, words: &[&str], input: &str) -> (bool, String) {
        let words: Vec<String> =
            ["user"].iter().chain(words).map(|word| (*word).to_owned()).collect();
        finish_with(self.dir(), &[words, self.arguments(&[])].concat(), input).await
    }

    /// Any other command on this store, which must succeed; what it said.
    pub(crate) async fn command(&self, words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let (succeeded, output) = finish(self.dir(), &[words, self.arguments(&[])].concat()).await;
        assert!(succeeded, "{output}");
        output
    }

    /// The same, which must succeed.
    pub(crate) async fn user_done(&self, words: &[&str], input: &str) -> String {
        let (succeeded, output) = self.user(words, input).await;
        assert!(succeeded, "user {words:?}: {output}");
        output
    }

    /// The same, which must fail and say this.
    pub(crate) async fn user_refused(&self, words: &[&str], said: &str) {
        let (succeeded, output) = self.user(words, "a good password").await;
        assert!(!succeeded && output.contains(said), "user {words:?}: {output}");
        assert!(!output.contains("panicked"), "user {words:?}: {output}");
    }

    /// The database as an outside reader sees it.
    pub(crate) async fn open(&self) -> DatabaseConnection {
        Database::connect(self.url())
            .await
            .expect("a second connection to the database")
    }

    /// The one number that `sql` asks for.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let database = self.open().await;
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let row = database.query_one_raw(statement).await.expect(sql).expect("one row");
        row.try_get_by_index(0).expect("a number")
    }

    /// Do servers talk by NATS here?
    pub(crate) fn talks_by_nats(&self) -> bool {
        self.inner.nats.is_some()
    }

    /// The NATS by which servers talk here.
    pub(crate) fn nats(&self) -> &Nats {
        self.inner.nats.as_ref().expect("a test over NATS")
    }

    /// Somebody who has no key says this where servers talk.
    pub(crate) async fn say_as_a_stranger(&self, texts: &[&str]) {
        if let Some(nats) = &self.inner.nats {
            return nats.say_as_a_stranger(texts).await;
        }
        for text in texts {
            self.execute(&format!("SELECT pg_notify('vestnik', '{text}')")).await;
        }
    }

    /// Cuts the connections on which servers on this Postgres listen to each other.
    pub(crate) async fn cut_listeners(&self) {
        if let Some(nats) = &self.inner.nats {
            return nats.cut();
        }
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND query LIKE 'LISTEN%'",
        )
        .await;
    }

    /// Does this while servers miss much of what they tell each other.
    pub(crate) async fn deafened<T>(&self, done: impl Future<Output = T>) -> T {
        let cutting = async {
            loop {
                tokio::time::sleep(DEAF_EVERY).await;
                self.cut_listeners().await;
            }
        };
        tokio::select! {
            done = done => done,
            () = cutting => unreachable!("it goes on for ever"),
        }
    }

    /// Changes the database beside the server.
    pub(crate) async fn execute(&self, sql: &str) {
        let database = self.open().await;
        database.execute_unprepared(sql).await.expect(sql);
        database.close().await.expect("a clean close");
    }

    /// Stops all nodes that are still running and says whether one of them panicked.
    async fn stop_nodes(&self) -> Result<(), String> {
        let nodes = std::mem::take(&mut *self.inner.nodes.lock().expect("no panic"));
        let mut outcome = Ok(());
        for node in nodes {
            outcome = node.stop().await.and(outcome);
        }
        outcome
    }
}
