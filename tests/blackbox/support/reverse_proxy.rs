//! A real proxy before a server, set up by the very text that docs/operations.md prints, and clients that
//! come to it by TLS from addresses of their own.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};

use super::raw_connection::RawAnswer;
use super::{eventually, within};

/// The name in the document.
pub(crate) const NAME: &str = "chat.example.com";

/// Below which path of its host the server is, and what the proxy does with that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Below {
    /// It has the host for itself.
    Nothing,
    /// Below a path that the proxy takes away.
    Taken,
    /// Below a path that the proxy passes on.
    PassedOn,
}

/// A running proxy; ended when it is dropped.
pub(crate) struct ReverseProxy {
    running: Running,
    reload: Signal,
    address: SocketAddr,
    root: CertificateDer<'static>,
}

/// A proxy's process; it ends, and its workers with it, when this is dropped.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        Self(command.stdin(Stdio::null()).spawn().expect("the proxy starts"))
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        let _ = kill_process(pid.expect("a pid"), signal);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
        let _ = self.0.wait();
    }
}

/// nginx with this site. What stands around it in nginx.conf is written to `dir`.
pub(crate) fn nginx_with(program: &Path, dir: &Path, site: &str) -> Command {
    let own = dir.display();
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let folders = kinds.map(|kind| format!("{kind}_temp_path {own}/{kind};\n"));
    let around = format!(
        "pid {own}/nginx.pid;\nerror_log stderr;\nuser root;\nevents {{}}\n\
         http {{\naccess_log off;\n{}\n{site}}}\n",
        folders.concat()
    );
    let file = dir.join("nginx.conf");
    fs::write(&file, around).expect("a file");
    let mut command = Command::new(program);
    command.args(["-g", "daemon off;", "-c"]).arg(&file).arg("-p").arg(dir);
    command
}

/// A block of this language in docs/operations.md.
fn printed(language: &str, which: usize) -> String {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    let document = fs::read_to_string(document).expect("the document");
    let begin = format!("```{language}\n");
    let block = document.split(&begin).nth(1 + which);
    let block = block.unwrap_or_else(|| panic!("no such block of {language}"));
    block.split("```").next().expect("its end").to_owned()
}

/// A printed text with other addresses and paths, and nothing else changed.
pub(crate) fn moved(text: String, places: &[(&str, &str)]) -> String {
    places.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "the printed text has no {from}:\n{text}");
        text.replace(from, to)
    })
}

pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}

impl ReverseProxy {
    /// nginx, before the server at `to`. What the document leaves to nginx.conf stands around it.
    pub(crate) async fn nginx(program: &Path, dir: &Path, place: Below, to: SocketAddr) -> Self {
        let (root, chain, key) = certificate(dir);
        let address = free_address();
        let whole = printed("nginx", 0);
        let text = match place {
            Below::Nothing => whole,
            Below::Taken | Below::PassedOn => {
                let mut location = printed("nginx", 1);
                if place == Below::PassedOn {
                    location = moved(location, &[("127.0.0.1:8080/;", "127.0.0.1:8080;")]);
                }
                // In place of the other one, in the same server.
                let (before, _) = whole.split_once("    location / {").expect("a location");
                format!("{before}{location}}}\n")
            }
        };
        let site = moved(
            text,
            &[
                ("listen 443 ssl", &format!("listen {address} ssl")),
                ("/etc/ssl/chat.example.com.pem", &chain),
                ("/etc/ssl/chat.example.com.key", &key),
                ("127.0.0.1:8080", &to.to_string()),
            ],
        );
        let command = nginx_with(program, dir, &site);
        Self::start(command, Signal::HUP, address, root).await
    }

    /// HAProxy, before the server at `to`.
    pub(crate) async fn haproxy(program: &Path, dir: &Path, to: SocketAddr) -> Self {
        let (root, chain, key) = certificate(dir);
        let both = dir.join("both.pem");
        let text = [&chain, &key].map(|path| fs::read_to_string(path).expect("a file"));
        fs::write(&both, text.concat()).expect("a file");
        let address = free_address();
        let text = moved(
            printed("haproxy", 0),
            &[
                ("bind :443", &format!("bind {address}")),
                ("/etc/haproxy/chat.example.com.pem", &both.display().to_string()),
                ("127.0.0.1:8080", &to.to_string()),
            ],
        );
        let file = dir.join("haproxy.cfg");
        fs::write(&file, text).expect("a file");
        let mut command = Command::new(program);
        command.args(["-W", "-f"]).arg(&file);
        Self::start(command, Signal::USR2, address, root).await
    }

    async fn start(
        command: Command,
        reload: Signal,
        address: SocketAddr,
        root: CertificateDer<'static>,
    ) -> Self {
        let proxy = Self {
            running: Running::start(command),
            reload,
            address,
            root,
        };
        let ask = || async { TcpStream::connect(address).await.ok() };
        eventually("the proxy to listen", ask).await;
        proxy
    }

    /// Has it read its configuration again, as after a new certificate.
    pub(crate) fn reload(&self) {
        self.running.signal(self.reload);
    }

    /// A client with an address of its own.
    pub(crate) fn client(&self, source: [u8; 4]) -> ProxiedClient<'_> {
        ProxiedClient {
            proxy: self,
            source: source.into(),
        }
    }
}

/// A certificate for the name, and the files with its chain and its key.
fn certificate(dir: &Path) -> (CertificateDer<'static>, String, String) {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
    let (chain, key) = (dir.join("chain.pem"), dir.join("key.pem"));
    fs::write(&chain, made.cert.pem()).expect("a file");
    fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
    let name = |path: std::path::PathBuf| path.display().to_string();
    (made.cert.der().clone(), name(chain), name(key))
}

/// Somebody who comes to the proxy.
#[derive(Clone, Copy)]
pub(crate) struct ProxiedClient<'a> {
    proxy: &'a ReverseProxy,
    source: Ipv4Addr,
}

impl ProxiedClient<'_> {
    async fn connect(&self) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.proxy.root.clone()).expect("a root");
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((self.source, 0).into()).expect("an address on loopback");
        let stream = within("a connection", socket.connect(self.proxy.address)).await;
        let name = ServerName::try_from(NAME).expect("a name");
        let tls = TlsConnector::from(Arc::new(config)).connect(name, stream.expect("a connection"));
        within("TLS", tls).await.expect("TLS")
    }

    /// Sends a request; the connection, on which the answer comes.
    async fn begin(
        &self,
        line: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> TlsStream<TcpStream> {
        let mut stream = self.connect().await;
        let fields = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let head = format!(
            "{line} HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n",
            body.len(),
            fields.collect::<String>()
        );
        stream.write_all(head.as_bytes()).await.expect("a live connection");
        // One that refuses a long body need not read it to its end.
        let _ = stream.write_all(body).await;
        stream
    }

    /// One request on a connection of its own; a line is like `GET /api/me`.
    pub(crate) async fn ask(&self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> RawAnswer {
        let mut stream = self.begin(line, headers, body).await;
        let mut bytes = Vec::new();
        let _ = within(line, stream.read_to_end(&mut bytes)).await;
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{line}: {text}"));
        RawAnswer {
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// An event stream.
    pub(crate) async fn events(&self, path: &str, headers: &[(&str, &str)]) -> Listening {
        let stream = self.begin(&format!("GET {path}"), headers, b"").await;
        Listening {
            stream,
            heard: String::new(),
        }
    }

    /// A WebSocket.
    pub(crate) async fn socket(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> WebSocketStream<TlsStream<TcpStream>> {
        let mut request = format!("wss://{NAME}{path}").into_client_request().expect("a request");
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).expect("a value");
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        let stream = self.connect().await;
        let opening = Box::pin(tokio_tungstenite::client_async(request, stream));
        let (socket, _) = within("the upgrade", opening).await.expect("a socket");
        socket
    }
}

/// An event stream and what has come on it.
pub(crate) struct Listening {
    stream: TlsStream<TcpStream>,
    heard: String,
}

impl Listening {
    /// Waits until this has come.
    pub(crate) async fn hears(&mut self, text: &str) {
        while !self.heard.contains(text) {
            let mut bytes = [0; 4_096];
            let read = within(text, self.stream.read(&mut bytes)).await.expect("a live stream");
            assert_ne!(read, 0, "the stream ended before {text}:\n{}", self.heard);
            self.heard.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
    }
}
