//! Three servers on one Postgres behind a balancer, under load: one after the other is restarted in order, or
//! killed, or cut off from what the others tell. Whoever was at one comes back to another; nothing is lost,
//! nothing is there twice, nothing is out of order.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpStream;

use super::talking::{Balancer, people_talk, three, under_load};
use crate::support::process::ServerProcess;
use crate::support::reverse_proxy::{Running, free_address, moved, nginx_with};
use crate::support::tools::need;
use crate::support::*;

over_each_bus! {
    servers_are_restarted_one_after_the_other_under_load,
    servers_die_one_after_the_other_under_load,
}

on_postgres! {
    nginx_shares_out_people_and_goes_on_without_servers_that_die,
    a_file_of_one_version_is_found_at_whichever_server_has_it,
}

/// As docs/operations.md says: out of the balancer, SIGTERM, the new one, into the balancer.
async fn servers_are_restarted_one_after_the_other_under_load(setup: Setup) {
    let restarted = |setup: Setup, balancer: Arc<Balancer>, servers: Vec<ServerProcess>| async move {
        let mut new = Vec::new();
        for server in servers {
            balancer.has_no_more(&server);
            server.terminate();
            assert!(server.ended().await.success(), "in order");
            let server = setup.process(&[]).await;
            balancer.has(&server);
            new.push(server);
        }
        new
    };
    Box::pin(under_load(&setup, restarted)).await;
}

/// `kill -9`, and what the others tell is lost on the way again and again.
async fn servers_die_one_after_the_other_under_load(setup: Setup) {
    let killed = |setup: Setup, balancer: Arc<Balancer>, servers: Vec<ServerProcess>| async move {
        let mut new = Vec::new();
        for server in servers {
            setup.cut_listeners().await;
            balancer.has_no_more(&server);
            server.kill().await;
            setup.cut_listeners().await;
            let server = setup.process(&[]).await;
            balancer.has(&server);
            new.push(server);
        }
        new
    };
    Box::pin(under_load(&setup, killed)).await;
}

/// By the text in `deploy`.
async fn nginx_shares_out_people_and_goes_on_without_servers_that_die(setup: Setup) {
    let Some(program) = need("nginx before three servers", "nginx") else {
        return;
    };
    let servers = three(&setup).await;
    let address = free_address();
    let nginx = start_nginx(&program, setup.dir(), address, &servers);
    eventually("nginx", || async { TcpStream::connect(address).await.ok() }).await;
    let all_but_one = |servers: Vec<ServerProcess>| async move {
        let mut servers = servers.into_iter();
        let (first, second) = (servers.next().expect("three"), servers.next().expect("three"));
        second.terminate();
        assert!(second.ended().await.success(), "in order");
        first.kill().await;
        servers.collect()
    };
    Box::pin(people_talk(address, servers, all_but_one)).await;
    drop(nginx);
}

/// While servers are upgraded, the page's files are at those of its version.
async fn a_file_of_one_version_is_found_at_whichever_server_has_it(setup: Setup) {
    let Some(program) = need("nginx before three versions", "nginx") else {
        return;
    };
    let mut servers = Vec::new();
    for version in ["one", "two", "three"] {
        let page = setup.dir().join(version);
        std::fs::create_dir_all(page.join("assets").join(version)).expect("a folder");
        std::fs::write(page.join("index.html"), "<!doctype html>").expect("a file");
        std::fs::write(page.join("assets").join(version).join("index.js"), version)
            .expect("a file");
        servers.push(setup.process(&[&format!("--web-dir={}", page.display())]).await);
    }
    let address = free_address();
    let _nginx = start_nginx(&program, setup.dir(), address, &servers);
    eventually("nginx", || async { TcpStream::connect(address).await.ok() }).await;
    let front = TestNode::at(address);
    for _ in 0..5 {
        for version in ["one", "two", "three"] {
            let file =
                TestClient::new(front.clone()).get(&format!("/assets/{version}/index.js")).await;
            assert_eq!((file.status, file.text.as_str()), (200, version));
        }
        assert_eq!(TestClient::new(front.clone()).get("/assets/four/index.js").await.status, 404);
    }
}

fn start_nginx(
    program: &Path,
    dir: &Path,
    address: SocketAddr,
    servers: &[ServerProcess],
) -> Running {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/nginx-cluster.conf");
    let text = std::fs::read_to_string(file).expect("the file");
    let text = moved(text, &[("listen 80;", &format!("listen {address};"))]);
    let names = ["vestnik", "vestnik-two", "vestnik-three"];
    let site = names.iter().zip(servers).fold(text, |text, (name, server)| {
        let is = format!("server {} ", server.node().address());
        moved(text, &[(&format!("server {name}:8080 "), &is)])
    });
    Running::start(nginx_with(program, dir, &site))
}
