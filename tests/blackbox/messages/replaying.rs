//! The steps of a replay: each as much as its bounds allow, whatever it takes to read them.

use crate::support::*;

on_both_stores! {
    a_step_is_as_full_as_its_bounds_allow,
}

const LONG: usize = 16_000;

/// So many changes, and so many bytes of text, are one step.
fn steps(texts: &[usize]) -> Vec<usize> {
    let mut steps: Vec<(usize, usize)> = Vec::new();
    for text in texts {
        match steps.last_mut() {
            Some((changes, bytes)) if *changes < 200 && *bytes + text <= 65_536 => {
                (*changes, *bytes) = (*changes + 1, *bytes + text);
            }
            _ => steps.push((1, *text)),
        }
    }
    steps.into_iter().map(|(changes, _)| changes).collect()
}

async fn a_step_is_as_full_as_its_bounds_allow(setup: Setup) {
    let node = setup.node(&["--send-rate=0", "--open-rate=0"]).await;
    let alice = node.join("alice").await;
    let few_then_long = [vec![10; 40], vec![LONG; 9]].concat();
    let long_then_few_then_long = [vec![LONG; 4], vec![10; 27], vec![LONG; 2]].concat();
    for texts in [
        vec![10; 31],
        vec![10; 430],
        vec![LONG; 9],
        few_then_long,
        long_then_few_then_long,
    ] {
        let chat = alice.create_group(&[]).await;
        let mut socket = alice.socket(chat).await;
        for text in &texts {
            socket.say(&"x".repeat(*text)).await;
            socket.next("message").await;
        }
        socket.send(json!({"type": "open", "chat_id": chat, "after": 0})).await;
        let (mut seq, mut replayed) = (0, Vec::new());
        loop {
            let step = socket.next("opened").await;
            let changes = step["changes"].as_array().expect("changes");
            for change in changes {
                seq += 1;
                assert_eq!(change["seq"], seq);
            }
            replayed.push(changes.len());
            if step["more"].is_null() {
                assert_eq!(step["seq"], seq);
                break;
            }
        }
        // The first change is that alice is there.
        let expected = [vec![0], texts].concat();
        assert_eq!(replayed, steps(&expected));
    }
}
