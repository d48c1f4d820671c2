//! Rules between servers, broken one at a time on purpose: another test must notice. A few are tried in every run;
//! `VESTNIK_TEST_MISTAKES=1 VESTNIK_TEST_SECONDS=1200` tries all of them.

use std::process::Stdio;

use tokio::process::Command;
use vestnik::mistakes::Mistake;

use crate::support::setup::setting;
use crate::support::*;

on_postgres! {
    each_mistake_is_noticed,
}

/// Which test notices which mistake; `true` for those that are tried in every run.
const NOTICED: [(Mistake, &str, bool); 11] = [
    (
        Mistake::NothingMissed,
        "reading::mentioning::counts_are_the_same_though_the_bus_loses_in_silence::postgres",
        false,
    ),
    (
        Mistake::DeathIgnored,
        "process::cluster::what_a_server_stored_as_it_died_is_made_up_for::postgres",
        false,
    ),
    (
        Mistake::PresenceOutlivesNodes,
        "process::cluster::who_was_at_a_server_that_died_goes_with_it::postgres",
        false,
    ),
    (
        Mistake::DecidesFromMemory,
        "process::two_servers::who_becomes_a_member_at_one_server_may_write_at_the_other::postgres",
        false,
    ),
    (
        Mistake::ResetsWhatIsAhead,
        "process::two_servers::a_position_of_a_server_that_is_ahead_is_none_of_another_history::postgres",
        true,
    ),
    (
        Mistake::NewsWithoutOrder,
        "reading::mentioning::whoever_is_back_is_not_told_gone_by_older_news::postgres",
        true,
    ),
    (
        Mistake::EpochCached,
        "process::failover::a_restore_that_is_said_under_running_servers_reaches_them::postgres",
        false,
    ),
    (
        Mistake::PromotionTrusted,
        "process::failover::whoever_is_promoted_with_less_has_everybody_begin_afresh::postgres",
        false,
    ),
    (
        Mistake::EndsHereOnly,
        "process::two_servers::a_token_that_is_revoked_there_is_seen_here_at_the_next_look::postgres",
        false,
    ),
    (
        Mistake::EndUnconfirmed,
        "process::cluster::nothing_is_told_anywhere_to_a_token_whose_end_was_confirmed::postgres",
        true,
    ),
    (
        Mistake::OwnClock,
        "process::clocks::servers_go_by_the_databases_clock::postgres",
        true,
    ),
];

/// The test, with this mistake: does it fail?
async fn notices(test: &str, mistake: &str) -> bool {
    let program = std::env::current_exe().expect("this program");
    let mut run = Command::new(program);
    run.args(["--exact", test])
        .env("TEST_MISTAKE", mistake)
        // Nobody reads where it failed, and it takes seconds to find.
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    !run.status().await.expect("the tests run").success()
}

async fn each_mistake_is_noticed(_: Setup) {
    let all = setting("MISTAKES", 0) > 0;
    let mut unnoticed = Vec::new();
    for (mistake, name) in Mistake::ALL {
        let (_, test, is_usual) = NOTICED
            .iter()
            .find(|(known, ..)| *known == mistake)
            .unwrap_or_else(|| panic!("which test notices {name}?"));
        if (all || *is_usual) && !notices(test, name).await {
            unnoticed.push((name, test));
        }
    }
    assert!(unnoticed.is_empty(), "{unnoticed:?}");
}
