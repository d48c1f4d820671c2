//! A server in this process, on threads of its own.

use std::net::SocketAddr;
use std::sync::{Mutex, Once};
use std::thread::JoinHandle;

use serde_json::json;
use tokio::sync::oneshot;
use vestnik::app::{Application, Extensions};
use vestnik::config::Observer;

use super::rest::{Answer, TestClient};
use super::socket::TestSocket;
use super::within;

/// How to reach a node. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct TestNode {
    address: SocketAddr,
    http: reqwest::Client,
}

/// Its threads, which the setup stops.
pub(crate) struct NodeThread {
    thread: JoinHandle<()>,
    stop: Box<dyn FnOnce() + Send>,
    system: usize,
}

/// The threads that panicked: a panic inside an actor ends no thread and would pass unseen.
static PANICKED: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let name = std::thread::current().name().unwrap_or_default().to_owned();
            PANICKED.lock().expect("no panic while held").push(name);
            usual(panic);
        }));
    });
}

impl NodeThread {
    /// Starts a server with these command line arguments; ready when it returns.
    /// `observer` sees each statement of its store, and `extensions` hear what is committed.
    pub(crate) async fn start(
        arguments: &[String],
        observer: Observer,
        extensions: Extensions,
    ) -> Result<(Self, TestNode), String> {
        watch_panics();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut config =
            vestnik::cli::parse_config(&arguments).map_err(|error| error.to_string())?;
        config.database.observer = observer;
        let (ready, started) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("node".into())
            .spawn(move || {
                let system = actix_rt::System::new();
                system.block_on(async move {
                    let application = match Application::build_with(config, extensions).await {
                        Ok(application) => application,
                        Err(error) => return drop(ready.send(Err(error.to_string()))),
                    };
                    let handle = application.handle();
                    let stop: Box<dyn FnOnce() + Send> = Box::new(move || handle.stop());
                    let system = actix_rt::System::current().id();
                    if ready.send(Ok((application.address(), stop, system))).is_ok() {
                        application.run().await.expect("the server runs until it is stopped");
                    }
                });
            })
            .expect("a thread for the node");
        let (address, stop, system) =
            within("the node to start", started).await.expect("the node's thread lives")?;
        Ok((
            Self {
                thread,
                stop,
                system,
            },
            TestNode::at(address),
        ))
    }

    /// Stops it and waits for its threads; says which of them panicked.
    pub(crate) async fn stop(self) -> Result<(), String> {
        (self.stop)();
        let thread = self.thread;
        let joined =
            within("the node to stop", tokio::task::spawn_blocking(|| thread.join())).await;
        joined
            .expect("joining does not fail")
            .map_err(|_| "the node's thread panicked")?;
        let mark = format!("system:{}|", self.system);
        let panicked = PANICKED.lock().expect("no panic while held");
        match panicked.iter().find(|thread| thread.contains(&mark)) {
            Some(thread) => Err(format!("an actor panicked on {thread}; see above")),
            None => Ok(()),
        }
    }
}

impl TestNode {
    /// The node that listens there.
    pub(crate) fn at(address: SocketAddr) -> Self {
        // Without proxies from the environment; a pool of its own, as each test has its runtime.
        let http = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        Self { address, http }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A client without credentials.
    pub(crate) fn nobody(&self) -> TestClient {
        TestClient::new(self.clone())
    }

    /// Registers `name` with the password `secret` and signs in.
    pub(crate) async fn join(&self, name: &str) -> TestClient {
        let email = format!("{name}@example.com");
        let account = json!({"username": name, "password": "secret", "email": email});
        self.nobody().post("/register", account).await.is(201);
        self.sign_in(name, "secret").await
    }

    /// Several people who can talk.
    pub(crate) async fn join_all<const N: usize>(&self, names: [&str; N]) -> [TestClient; N] {
        futures_util::future::join_all(names.map(|name| self.join(name)))
            .await
            .try_into()
            .expect("as many as were asked for")
    }

    /// Signs in.
    pub(crate) async fn sign_in(&self, name: &str, password: &str) -> TestClient {
        let credentials = json!({"username": name, "password": password});
        let signed_in = self.nobody().post("/auth", credentials).await.is(200);
        self.nobody().signed_in(&signed_in)
    }

    /// A socket without credentials, for `--trust`.
    pub(crate) async fn socket(&self, path: &str) -> TestSocket {
        self.try_socket(path, &[])
            .await
            .unwrap_or_else(|refused| panic!("{path}: {refused:?}"))
    }

    /// A socket with these headers, or how the server refused it.
    pub(crate) async fn try_socket(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<TestSocket, Answer> {
        TestSocket::open(self.address, path, headers).await
    }
}
