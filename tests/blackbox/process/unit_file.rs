//! The systemd unit and its drop-in, as systemd reads them.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::support::process::vestnik;
use crate::support::tools::need;
use crate::support::*;

on_sqlite! {
    systemd_has_nothing_to_say_against_the_unit,
    systemd_has_nothing_to_say_against_the_unit_with_a_certificate,
    systemd_has_nothing_to_say_against_the_template_of_several,
    the_template_is_the_unit_but_for_what_is_an_instances_own,
    what_the_unit_names_is_installed_as_it_says,
}

fn of_the_project(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(path).expect(name)
}

/// What `systemd-analyze verify` says of the unit, with this drop-in if there is one; `None` where it
/// is not installed.
async fn verified(setup: &Setup, drop_in: Option<&str>) -> Option<(bool, String)> {
    verified_as(setup, "vestnik.service", "vestnik.service", drop_in).await
}

/// The same of the file `of` in `deploy`, under another name.
async fn verified_as(
    setup: &Setup,
    of: &str,
    name: &str,
    drop_in: Option<&str>,
) -> Option<(bool, String)> {
    let program = need("systemd-analyze verify", "systemd-analyze")?;
    // It asks whether the binary is there, which is another one here.
    let unit = of_the_project(&format!("deploy/{of}"));
    let unit = unit.replace("/usr/local/bin/vestnik serve", vestnik());
    let path = setup.dir().join(name);
    fs::write(&path, unit).expect("a unit");
    if let Some(drop_in) = drop_in {
        let folder = setup.dir().join("vestnik.service.d");
        fs::create_dir(&folder).expect("a folder");
        fs::write(folder.join("tls.conf"), drop_in).expect("a drop-in");
    }
    let mut command = Command::new(program);
    command
        .args(["verify", "--man=no"])
        .arg(path)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = within("systemd-analyze", command.output()).await.expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    // Other units of the machine may have faults of their own.
    let said = String::from_utf8_lossy(&said).into_owned();
    let ours: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("vestnik") || line.contains("tls.conf"))
        .collect();
    Some((output.status.success(), ours.join("\n")))
}

async fn systemd_has_nothing_to_say_against_the_unit(setup: Setup) {
    if let Some((passed, said)) = verified(&setup, None).await {
        assert!(passed && said.is_empty(), "{said}");
    }
}

async fn systemd_has_nothing_to_say_against_the_unit_with_a_certificate(setup: Setup) {
    let drop_in = of_the_project("deploy/vestnik-tls.conf");
    if let Some((passed, said)) = verified(&setup, Some(&drop_in)).await {
        assert!(passed && said.is_empty(), "{said}");
    }
    // It is read: a mistake in it is told.
    let wrong = drop_in.replace("LoadCredential=tls.key", "LoadCredentials=tls.key");
    fs::remove_dir_all(setup.dir().join("vestnik.service.d")).ok();
    if let Some((_, said)) = verified(&setup, Some(&wrong)).await {
        assert!(said.contains("LoadCredentials"), "{said}");
    }
}

async fn systemd_has_nothing_to_say_against_the_template_of_several(setup: Setup) {
    let template = "vestnik@.service";
    if let Some((passed, said)) = verified_as(&setup, template, "vestnik@one.service", None).await {
        assert!(passed && said.is_empty(), "{said}");
    }
}

async fn the_template_is_the_unit_but_for_what_is_an_instances_own(_: Setup) {
    let lines = |name: &str| -> Vec<String> {
        let text = of_the_project(name);
        let text = text.split_once("[Unit]").expect("a unit").1.replace(" (%i)", "");
        text.replace("vestnik-%i", "vestnik").lines().map(str::to_owned).collect()
    };
    let (one, several) = (lines("deploy/vestnik.service"), lines("deploy/vestnik@.service"));
    let own: Vec<_> = several.iter().filter(|line| line.contains("%i")).collect();
    assert_eq!(
        own,
        [
            "Environment=VESTNIK_NODE_NAME=%i",
            "EnvironmentFile=/etc/vestnik/%i.env"
        ]
    );
    let common: Vec<_> = several.iter().filter(|line| !line.contains("%i")).collect();
    assert_eq!(common, one.iter().collect::<Vec<_>>());
}

async fn what_the_unit_names_is_installed_as_it_says(_: Setup) {
    let unit = of_the_project("deploy/vestnik.service");
    let line = unit.lines().find_map(|line| line.strip_prefix("Documentation=file:"));
    let (folder, file) = line.and_then(|path| path.rsplit_once('/')).expect("a document");
    let installs = |text: &str| {
        let mut lines = text.lines().filter(|line| line.contains("install -D -m 644 -t"));
        lines.any(|line| line.contains(folder) && line.contains(&format!("docs/{file}")))
    };
    assert!(installs(&unit), "the unit says how {folder}/{file} gets there");
    assert!(installs(&of_the_project("docs/operations.md")), "and so does operations.md");
    assert!(!of_the_project(&format!("docs/{file}")).is_empty());
}
