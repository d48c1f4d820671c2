//! What stands in for other people's Postgres: a cluster with TLS, and a pooler.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use sea_orm::{ConnectionTrait, Database, Statement};

use crate::support::postgres::{as_postgres, free_port, programs};
use crate::support::tools::skip;
use crate::support::*;

/// A certificate for `localhost`, the one that signed it, and one that signed nothing.
pub(in crate::process) struct Certificates {
    dir: PathBuf,
}

impl Certificates {
    pub(in crate::process) fn make(dir: &Path) -> Self {
        let authority = |name: &str| {
            let mut parameters = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
            parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
            parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            let key = rcgen::KeyPair::generate().expect("a key");
            rcgen::CertifiedIssuer::self_signed(parameters, key).expect("a certificate")
        };
        let ours = authority("ours");
        let stranger = authority("a stranger");
        let key = rcgen::KeyPair::generate().expect("a key");
        let server = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
            .expect("parameters")
            .signed_by(&key, &ours)
            .expect("a signed certificate");
        for (file, text) in [
            ("authority.pem", ours.pem()),
            ("stranger.pem", stranger.pem()),
            ("server.crt", server.pem()),
            ("server.key", key.serialize_pem()),
        ] {
            fs::write(dir.join(file), text).expect("a writable directory");
        }
        Self {
            dir: dir.to_owned(),
        }
    }

    pub(in crate::process) fn authority(&self) -> PathBuf {
        self.dir.join("authority.pem")
    }

    pub(in crate::process) fn stranger(&self) -> PathBuf {
        self.dir.join("stranger.pem")
    }
}

/// How Postgres is told to stop.
#[derive(Clone, Copy, Debug)]
pub(in crate::process) enum Stop {
    /// In order.
    Fast,
    /// As a power cut would end it.
    Immediate,
}

/// A Postgres of one test, which listens at 127.0.0.1 and takes the role `vestnik` by the password `pw`.
pub(in crate::process) struct Cluster {
    dir: tempfile::TempDir,
    bin: PathBuf,
    port: u16,
}

impl Cluster {
    /// One with this certificate; `None` if Postgres is not installed.
    pub(in crate::process) async fn with_tls(certificates: &Certificates) -> Option<Self> {
        let Some(bin) = programs() else {
            skip("TLS to Postgres", "PostgreSQL's server programs are not installed");
            return None;
        };
        let certificates = certificates.dir.clone();
        let started = tokio::task::spawn_blocking(move || {
            let cluster = Self::make(bin);
            cluster.certify(&certificates);
            cluster.start("data", "-c ssl=on");
            cluster
        });
        Some(started.await.expect("no panic"))
    }

    /// One with an empty database of the name `vestnik`; `None` if Postgres is not installed.
    pub(in crate::process) async fn plain() -> Option<Self> {
        let Some(bin) = programs() else {
            skip("failover of Postgres", "PostgreSQL's server programs are not installed");
            return None;
        };
        let started = tokio::task::spawn_blocking(move || {
            let cluster = Self::make(bin);
            cluster.start("data", "");
            cluster
        });
        let cluster = started.await.expect("no panic");
        let database = Database::connect(cluster.url_of("postgres")).await.expect("a connection");
        database
            .execute_unprepared("CREATE DATABASE vestnik")
            .await
            .expect("a database");
        database.close().await.expect("a clean close");
        Some(cluster)
    }

    /// Ends it.
    pub(in crate::process) fn stop(&self, how: Stop) {
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        self.run("pg_ctl", &["-D", &self.data("data"), "-m", mode, "-w", "stop"]);
    }

    /// Starts it again.
    pub(in crate::process) fn start_again(&self) {
        self.start("data", "");
    }

    /// Keeps what a stopped one has, as a replica has it.
    pub(in crate::process) fn copy(&self) {
        let (data, replica) = (self.data("data"), self.data("replica"));
        self.shell(&format!("cp -a '{data}' '{replica}' && touch '{replica}/standby.signal'"));
    }

    /// The replica takes its place, promoted.
    pub(in crate::process) fn promote_the_copy(&self) {
        let (data, replica) = (self.data("data"), self.data("replica"));
        self.shell(&format!("mv '{data}' '{data}-lost' && mv '{replica}' '{data}'"));
        self.start("data", "");
        self.run("pg_ctl", &["-D", &data, "-w", "promote"]);
    }

    fn data(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn shell(&self, text: &str) {
        let mut shell = as_postgres(Path::new("sh"));
        let status = shell.args(["-c", text]).current_dir(self.dir.path()).status();
        assert!(status.expect("a shell").success(), "{text}");
    }

    fn make(bin: PathBuf) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).expect("a mode");
        let cluster = Self {
            port: free_port(),
            dir,
            bin,
        };
        let home = cluster.dir.path().display();
        let data = format!("{home}/data");
        fs::write(cluster.dir.path().join("password"), "pw").expect("a file");
        cluster.run(
            "initdb",
            &[
                "-D",
                &data,
                "-U",
                "vestnik",
                "-A",
                "scram-sha-256",
                "--pwfile",
                &format!("{home}/password"),
                "-E",
                "UTF8",
                "--locale=C",
                "-N",
            ],
        );
        cluster
    }

    /// Postgres wants its key for itself.
    fn certify(&self, certificates: &Path) {
        let (home, data) = (self.dir.path().display(), self.data("data"));
        for file in ["server.crt", "server.key"] {
            let text = fs::read_to_string(certificates.join(file)).expect("a certificate");
            let path = format!("{home}/{file}");
            fs::write(&path, text).expect("a file");
            self.shell(&format!("cp '{path}' '{data}/{file}' && chmod 600 '{data}/{file}'"));
        }
    }

    fn start(&self, data: &str, more: &str) {
        let (home, data) = (self.dir.path().display(), self.data(data));
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} {more}",
            self.port
        );
        self.run(
            "pg_ctl",
            &[
                "-D",
                &data,
                "-l",
                &format!("{home}/log"),
                "-w",
                "-o",
                &options,
                "start",
            ],
        );
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = as_postgres(&self.bin.join(program));
        command.args(arguments).current_dir(self.dir.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.status().expect("Postgres's programs run");
        assert!(status.success(), "{program} {arguments:?}: {status}");
    }

    pub(in crate::process) fn port(&self) -> u16 {
        self.port
    }

    /// Where a database of it is.
    pub(in crate::process) fn url_of(&self, database: &str) -> String {
        format!("postgres://vestnik:pw@127.0.0.1:{}/{database}", self.port)
    }

    pub(in crate::process) async fn number(&self, sql: &str) -> i64 {
        let database = Database::connect(self.url_of("postgres")).await.expect("a connection");
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let row = database.query_one_raw(statement).await.expect(sql).expect("one row");
        row.try_get_by_index(0).expect("a number")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.dir.path().join("data");
        let mut stop = as_postgres(&self.bin.join("pg_ctl"));
        stop.arg("-D").arg(data).args(["-m", "immediate", "-w", "stop"]);
        stop.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // It is about to be deleted.
        let _ = stop.status();
    }
}

/// PgBouncer before a setup's Postgres, as it comes but for the mode.
pub(in crate::process) struct Pooler {
    process: Child,
    url: String,
    _dir: tempfile::TempDir,
}

impl Pooler {
    /// `None` if it is not installed.
    pub(in crate::process) async fn before(setup: &Setup, mode: &str) -> Option<Self> {
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].map(PathBuf::from);
        let Some(program) = program.into_iter().find(|program| program.is_file()) else {
            skip("poolers", "PgBouncer is not installed");
            return None;
        };
        let (credentials, place) = setup.url().split_once('@').expect("an address");
        let (user, password) = credentials
            .trim_start_matches("postgres://")
            .split_once(':')
            .expect("a password");
        let (address, database) = place.split_once('/').expect("a database");
        let (host, port) = address.split_once(':').expect("a port");
        let dir = tempfile::tempdir().expect("a directory");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).expect("a mode");
        let own = free_port();
        let file = dir.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n{database} = host={host} port={port} dbname={database} user={user} password={password}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {own}\nauth_type = any\n\
             pool_mode = {mode}\nunix_socket_dir =\n"
        );
        fs::write(&file, text).expect("a writable directory");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("a mode");
        let process = as_postgres(&program)
            .args(["-q".as_ref(), file.as_os_str()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("PgBouncer runs");
        let pooler = Self {
            process,
            url: format!("postgres://{user}:{password}@127.0.0.1:{own}/{database}"),
            _dir: dir,
        };
        eventually("PgBouncer to listen", || async {
            std::net::TcpStream::connect(("127.0.0.1", own)).ok()
        })
        .await;
        Some(pooler)
    }

    pub(in crate::process) fn url(&self) -> String {
        self.url.clone()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let pid = i32::try_from(self.process.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            // What changes the user passes this on to what it runs; a kill it could not.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.process.wait();
    }
}
