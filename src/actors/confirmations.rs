//! What other servers have been asked to confirm: that the sockets are closed, with them, of what has ended
//! here. Whoever ended it waits for that before they are answered, though not for long.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::domain::cluster::NodeId;

/// How long is waited for. A server that has not heard of it by then sees it within about a second in the
/// database.
pub const WITHIN: Duration = Duration::from_millis(500);

/// One question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AskId(pub u64);

/// All questions that have no answer yet.
#[derive(Debug, Default)]
pub struct Confirmations(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: u64,
    asked: HashMap<AskId, Question>,
}

#[derive(Debug)]
struct Question {
    /// Who has been asked, and has not answered; nobody has been as long as it is not known who.
    open: Option<HashSet<NodeId>>,
    tell: oneshot::Sender<()>,
}

/// Waits for the answers to one question.
#[derive(Debug)]
pub struct Asked {
    id: AskId,
    all: Arc<Confirmations>,
    answered: oneshot::Receiver<()>,
}

impl Confirmations {
    /// A new question.
    pub fn ask(self: &Arc<Self>) -> Asked {
        let mut state = self.lock();
        state.last += 1;
        let id = AskId(state.last);
        let (tell, answered) = oneshot::channel();
        state.asked.insert(id, Question { open: None, tell });
        Asked {
            id,
            all: Arc::clone(self),
            answered,
        }
    }

    /// It is put to these.
    pub fn put(&self, id: AskId, to: impl IntoIterator<Item = NodeId>) {
        let mut state = self.lock();
        if let Some(question) = state.asked.get_mut(&id) {
            question.open = Some(to.into_iter().collect());
        }
        state.settle();
    }

    /// One of them has done what was asked.
    pub fn confirmed(&self, id: AskId, by: NodeId) {
        let mut state = self.lock();
        if let Some(open) = state.asked.get_mut(&id).and_then(|question| question.open.as_mut()) {
            open.remove(&by);
        }
        state.settle();
    }

    /// One that is gone has no sockets.
    pub fn gone(&self, node: NodeId) {
        let mut state = self.lock();
        for open in state.asked.values_mut().filter_map(|question| question.open.as_mut()) {
            open.remove(&node);
        }
        state.settle();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn settle(&mut self) {
        let is_answered =
            |question: &mut Question| question.open.as_ref().is_some_and(HashSet::is_empty);
        for (_, question) in self.asked.extract_if(|_, question| is_answered(question)) {
            // Nobody waits any more.
            let _ = question.tell.send(());
        }
    }
}

impl Asked {
    /// The question.
    pub fn id(&self) -> AskId {
        self.id
    }

    /// Waits until everybody has answered who was asked; `false` if that takes too long.
    pub async fn answered(mut self) -> bool {
        tokio::time::timeout(WITHIN, &mut self.answered).await.is_ok()
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.all.lock().asked.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: NodeId = NodeId(1);
    const OTHER: NodeId = NodeId(2);

    fn is_answered(asked: &mut Asked) -> bool {
        asked.answered.try_recv().is_ok()
    }

    #[test]
    fn it_is_answered_once_all_who_were_asked_have_answered() {
        let all = Arc::new(Confirmations::default());
        let (mut first, mut second) = (all.ask(), all.ask());
        all.confirmed(first.id(), ONE);
        assert!(!is_answered(&mut first), "nobody has been asked yet");
        all.put(first.id(), [ONE, OTHER]);
        all.put(second.id(), [ONE]);
        all.confirmed(first.id(), ONE);
        all.confirmed(first.id(), ONE);
        assert!(!is_answered(&mut first), "one of two");
        all.confirmed(first.id(), OTHER);
        assert!(is_answered(&mut first));
        assert!(!is_answered(&mut second), "that was another question");
        all.gone(ONE);
        assert!(is_answered(&mut second), "whoever is gone has nothing to close");
    }

    #[test]
    fn whoever_is_alone_waits_for_nobody() {
        let all = Arc::new(Confirmations::default());
        let mut asked = all.ask();
        all.put(asked.id(), []);
        assert!(is_answered(&mut asked));
    }

    #[test]
    fn a_question_is_forgotten_by_whoever_waits_no_longer() {
        let all = Arc::new(Confirmations::default());
        let asked = all.ask();
        let id = asked.id();
        all.put(id, [ONE]);
        drop(asked);
        assert!(all.lock().asked.is_empty());
        all.confirmed(id, ONE);
    }
}
