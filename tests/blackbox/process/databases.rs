//! Postgres as people have it: in another encoding, with settings of its own, behind a pooler, with
//! fewer connections than are wanted, ended and back again, and with TLS.

pub(super) mod clusters;

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, Database};

use self::clusters::{Certificates, Cluster, Pooler};
use crate::support::process::finish;
use crate::support::*;

on_postgres! {
    a_database_that_cannot_keep_every_text_does_not_start,
    a_session_commits_to_the_disk_whatever_the_database_was_set_to,
    a_pooler_of_sessions_is_as_good_as_none,
    a_pooler_of_transactions_or_statements_does_not_start,
    fewer_connections_than_wanted_are_waited_for,
    connections_that_have_ended_cost_no_read,
    connections_that_are_taken_away_are_explained,
    tls_to_postgres_can_be_asked_for_and_verified,
}

/// The URL of another database of the same cluster.
fn sibling(setup: &Setup, name: &str) -> String {
    let (cluster, _) = setup.url().rsplit_once('/').expect("a database");
    format!("{cluster}/{name}")
}

fn name(setup: &Setup) -> &str {
    setup.url().rsplit('/').next().expect("a database")
}

async fn administer(setup: &Setup, sql: &str) {
    let database = Database::connect(sibling(setup, "postgres")).await.expect("the cluster");
    database
        .execute_unprepared(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    database.close().await.expect("a clean close");
}

/// A role of its own that owns the database.
struct OwnerRole(String);

impl OwnerRole {
    async fn create(setup: &Setup, prefix: &str, options: &str) -> Self {
        let role = format!("{prefix}_{}", name(setup));
        administer(setup, &format!("CREATE ROLE {role} LOGIN PASSWORD 'pw' {options}")).await;
        administer(setup, &format!("ALTER DATABASE {} OWNER TO {role}", name(setup))).await;
        Self(role)
    }

    /// Has a server come as this role.
    fn flag(&self, setup: &Setup) -> String {
        let (_, place) = setup.url().split_once('@').expect("an address");
        format!("--database-url=postgres://{}:pw@{place}", self.0)
    }

    async fn drop(self, setup: &Setup) {
        let role = self.0;
        let back =
            format!("REASSIGN OWNED BY {role} TO vestnik; DROP OWNED BY {role}; DROP ROLE {role}");
        let database = setup.open().await;
        // Its last sessions may be ending yet.
        eventually("the role to be free", || async {
            database.execute_unprepared(&back).await.ok()
        })
        .await;
    }
}

/// Why a server does not start on this database.
async fn refusal(setup: &Setup, url: &str) -> String {
    let flag = format!("--database-url={url}");
    setup.try_node(&[&flag]).await.expect_err("it does not start")
}

async fn a_database_that_cannot_keep_every_text_does_not_start(setup: Setup) {
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let other = format!("{}_{}", name(&setup), encoding.to_lowercase());
        let create = format!(
            "CREATE DATABASE {other} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        );
        administer(&setup, &create).await;
        let said = refusal(&setup, &sibling(&setup, &other)).await;
        assert!(said.contains(encoding) && said.contains("ENCODING 'UTF8'"), "{said}");
        administer(&setup, &format!("DROP DATABASE {other}")).await;
    }
}

/// What the transaction of a message runs with, as a trigger sees it.
const WATCH: &str = "CREATE TABLE seen (setting text); \
    CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES \
      (current_setting('synchronous_commit') || '/' || current_setting('statement_timeout')); \
      RETURN NEW; END $$; \
    CREATE TRIGGER look BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION look()";

async fn commits_on_disk(setup: &Setup, node: &TestNode) {
    let database = setup.open().await;
    database.execute_unprepared(WATCH).await.expect("a trigger");
    node.join("anna").await.say(1, "is this on the disk?", "k1").await.is(201);
    let sql = "SELECT COUNT(*) FROM seen WHERE setting = 'on/10s'";
    assert_eq!(setup.number(sql).await, 1);
}

async fn a_session_commits_to_the_disk_whatever_the_database_was_set_to(setup: Setup) {
    let off = format!("ALTER DATABASE {} SET synchronous_commit = off", name(&setup));
    administer(&setup, &off).await;
    let node = setup.node(&[]).await;
    commits_on_disk(&setup, &node).await;
}

async fn a_pooler_of_sessions_is_as_good_as_none(setup: Setup) {
    let off = format!("ALTER DATABASE {} SET synchronous_commit = off", name(&setup));
    administer(&setup, &off).await;
    let Some(pooler) = Pooler::before(&setup, "session").await else {
        return;
    };
    let flag = format!("--database-url={}", pooler.url());
    let node = setup.node(&[&flag]).await;
    commits_on_disk(&setup, &node).await;
    setup.stop().await;
}

async fn a_pooler_of_transactions_or_statements_does_not_start(setup: Setup) {
    for mode in ["transaction", "statement"] {
        let Some(pooler) = Pooler::before(&setup, mode).await else {
            return;
        };
        let said = refusal(&setup, &pooler.url()).await;
        assert!(said.contains("pooler") && said.contains("pool_mode = session"), "{said}");
    }
}

async fn fewer_connections_than_wanted_are_waited_for(setup: Setup) {
    let role = OwnerRole::create(&setup, "few", "CONNECTION LIMIT 5").await;
    let flag = role.flag(&setup);
    let server = setup.process(&[&flag, "--db-connections=24"]).await;
    server.saying("53300").await;
    let anna = server.node().join("anna").await;
    let asked = (0..200).map(|k| {
        let anna = anna.clone();
        async move {
            match k % 4 {
                0 => anna.say(1, "hello", &format!("k{k}")).await.status,
                _ => anna.get("/api/chats/1/messages").await.status,
            }
        }
    });
    let answers = join_all(asked).await;
    assert!(answers.iter().all(|status| [200, 201].contains(status)), "{answers:?}");
    server.kill().await;
    role.drop(&setup).await;
}

async fn connections_that_have_ended_cost_no_read(setup: Setup) {
    let node = setup.node(&["--db-connections=24"]).await;
    let anna = node.join("anna").await;
    let read = || async { anna.get("/api/chats/1/messages").await.status };
    // Many at once, so that many connections are open.
    let before = join_all((0..40).map(|_| read())).await;
    assert!(before.iter().all(|status| *status == 200), "{before:?}");
    let ended = setup
        .number(&format!(
            "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE datname = '{}' AND pid <> pg_backend_pid()",
            name(&setup)
        ))
        .await;
    assert!(ended > 4, "{ended} connections have ended");
    for _ in 0..30 {
        assert_eq!(read().await, 200);
    }
    anna.say(1, "and a send", "k1").await.is(201);
}

async fn connections_that_are_taken_away_are_explained(setup: Setup) {
    let role = OwnerRole::create(&setup, "taken", "").await;
    let flag = role.flag(&setup);
    let server = setup.process(&[&flag]).await;
    let anna = server.node().join("anna").await;
    anna.get("/api/chats").await.is(200);

    administer(&setup, &format!("ALTER ROLE {} CONNECTION LIMIT 0", role.0)).await;
    let end = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{}'",
        role.0
    );
    administer(&setup, &end).await;
    anna.get("/api/chats").await.refused(503, "unavailable");
    server.saying("Postgres has ended connections").await;
    // The first request may have had one that was ended; the next ones need new ones.
    let log = eventually("a line about no connection", async || {
        anna.get("/api/chats").await.refused(503, "unavailable");
        Some(server.log()).filter(|log| log.contains("Postgres gives us no connection"))
    })
    .await;
    let line = log
        .lines()
        .find(|line| line.contains("gives us no connection"))
        .expect("a line");
    assert!(
        line.contains("too many connections") && line.contains("CONNECTION LIMIT"),
        "{line}"
    );
    assert!(!log.contains("pw@"), "{log}");

    administer(&setup, &format!("ALTER ROLE {} CONNECTION LIMIT -1", role.0)).await;
    eventually("the server to go on", async || {
        (anna.get("/api/chats").await.status == 200).then_some(())
    })
    .await;
    anna.say(1, "and on", "k1").await.is(201);
    // Each is said once, however many were refused.
    let log = server.log();
    for said in ["has ended connections", "gives us no connection"] {
        assert_eq!(log.matches(said).count(), 1, "{log}");
    }
    server.kill().await;
    role.drop(&setup).await;
}

async fn tls_to_postgres_can_be_asked_for_and_verified(setup: Setup) {
    let certificates = Certificates::make(setup.dir());
    let Some(cluster) = Cluster::with_tls(&certificates).await else {
        return;
    };
    let url = |host: &str, parameters: &str| {
        format!("postgres://vestnik:pw@{host}:{}/postgres?{parameters}", cluster.port())
    };
    let trusted = format!("sslrootcert={}", certificates.authority().display());
    let stranger = format!("sslrootcert={}", certificates.stranger().display());
    // The certificate is localhost's.
    let wrong = [
        url("localhost", &format!("sslmode=verify-full&{stranger}")),
        url("localhost", &format!("sslmode=verify-ca&{stranger}")),
        url("127.0.0.1", &format!("sslmode=verify-full&{trusted}")),
        url("localhost", "sslmode=verify-full"),
        url("localhost", "sslmode=verify-full&sslrootcert=/nowhere.pem"),
    ];
    for url in wrong {
        let said = refusal(&setup, &url).await;
        assert!(said.contains("cannot reach the database"), "{url}: {said}");
    }
    let right = url("localhost", &format!("sslmode=verify-full&{trusted}"));
    let flag = format!("--database-url={right}");
    let node = setup.node(&[&flag]).await;
    node.join("anna").await.say(1, "in secret", "k1").await.is(201);
    let sql = "SELECT COUNT(*) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) \
               WHERE a.application_name = 'vestnik' AND NOT s.ssl";
    assert_eq!(cluster.number(sql).await, 0);
    setup.stop().await;
    // The same, by the parts.
    let words = [
        "verify",
        "--db-host=localhost",
        &format!("--db-port={}", cluster.port()),
        "--db-user=vestnik",
        "--db-password=pw",
        "--db-name=postgres",
        "--db-sslmode=verify-full",
    ];
    for (file, passes) in [
        (certificates.authority(), true),
        (certificates.stranger(), false),
    ] {
        let root = format!("--db-sslrootcert={}", file.display());
        let words: Vec<String> =
            words.iter().copied().chain([root.as_str()]).map(String::from).collect();
        let (passed, said) = finish(setup.dir(), &words).await;
        assert_eq!(passed, passes, "{said}");
    }
}
