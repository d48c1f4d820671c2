//! The gate before the connections that write. On SQLite there is one, and whoever asks a pool for it
//! stands in line behind all who asked before: a flood of new chats would hold up every message. Here
//! messages and read commands go first, and the others one at a time between them.

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sea_orm::prelude::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, Statement,
};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::domain::write_turns::{Entry, Lane, TurnBounds, Turns};
use crate::store::StoreError;

/// Others who wait for a connection; the next is told to come back.
pub const OTHERS_WAITING: usize = 512;
/// How long they wait.
const OTHERS_WITHIN: Duration = Duration::from_secs(4);

/// Gives turns with the connections that write, to messages first. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Gate(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    turns: Turns,
    waiting: [VecDeque<oneshot::Sender<Turn>>; 2],
}

/// A turn with a connection; the next one's when it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    lane: Lane,
    /// `None` once it is nobody's.
    gate: Option<Gate>,
}

impl Gate {
    pub(super) fn new(bounds: TurnBounds) -> Self {
        Self(Arc::new(Mutex::new(State {
            turns: Turns::new(bounds),
            waiting: Default::default(),
        })))
    }

    /// Waits for a turn; `Busy` if too many wait, or for too long.
    pub(super) async fn enter(&self, lane: Lane) -> Result<Turn, StoreError> {
        let waiting = {
            let mut state = self.lock();
            match state.turns.enter(lane) {
                Entry::Go => return Ok(self.turn(lane)),
                Entry::Full => return Err(StoreError::Busy),
                Entry::Wait => {
                    let (tell, told) = oneshot::channel();
                    state.waiting[lane as usize].push_back(tell);
                    told
                }
            }
        };
        let turn = match lane {
            // The writer and that of read commands are each one, and have bounds of their own.
            Lane::First => waiting.await,
            Lane::Others => timeout(OTHERS_WITHIN, waiting).await.map_err(|_| StoreError::Busy)?,
        };
        turn.map_err(|_| StoreError::Busy)
    }

    fn turn(&self, lane: Lane) -> Turn {
        Turn {
            lane,
            gate: Some(self.clone()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A turn has ended: whoever is next has one, and whoever has gone meanwhile is passed over.
    fn end(&self, lane: Lane) {
        let mut state = self.lock();
        state.turns.end(lane);
        while let Some(lane) = state.turns.next() {
            state.turns.begin(lane);
            let next = state.waiting[lane as usize].pop_front();
            let given = next.map(|next| next.send(self.turn(lane)));
            if let Some(Ok(())) = given {
                continue;
            }
            if let Some(Err(mut unused)) = given {
                unused.gate = None;
            }
            state.turns.end(lane);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(gate) = self.gate.take() {
            gate.end(self.lane);
        }
    }
}

/// A writing transaction, with its turn.
pub struct Transaction {
    inner: DatabaseTransaction,
    // Behind the transaction, so that its connection is free when the next one has the turn.
    _turn: Turn,
}

impl Transaction {
    pub(super) fn new(inner: DatabaseTransaction, turn: Turn) -> Self {
        Self { inner, _turn: turn }
    }

    /// Commits it.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.inner.commit().await
    }

    /// Takes it back.
    pub async fn rollback(self) -> Result<(), DbErr> {
        self.inner.rollback().await
    }
}

impl Deref for Transaction {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.inner
    }
}

/// A connection for one statement, with its turn.
pub struct Writing<'a> {
    inner: &'a DatabaseConnection,
    _turn: Turn,
}

impl<'a> Writing<'a> {
    pub(super) fn new(inner: &'a DatabaseConnection, turn: Turn) -> Self {
        Self { inner, _turn: turn }
    }
}

macro_rules! is_a_connection {
    ($($kind:ty),*) => { $(
        #[async_trait::async_trait]
        impl ConnectionTrait for $kind {
            fn get_database_backend(&self) -> DbBackend {
                self.inner.get_database_backend()
            }

            async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
                self.inner.execute_raw(statement).await
            }

            async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
                self.inner.execute_unprepared(sql).await
            }

            async fn query_one_raw(
                &self,
                statement: Statement,
            ) -> Result<Option<QueryResult>, DbErr> {
                self.inner.query_one_raw(statement).await
            }

            async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
                self.inner.query_all_raw(statement).await
            }
        }
    )* };
}

is_a_connection!(Transaction, Writing<'_>);

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn gate() -> Gate {
        Gate::new(TurnBounds {
            at_once: 1,
            others_at_once: 1,
            others_waiting: 3,
        })
    }

    #[tokio::test]
    async fn who_goes_first_goes_before_those_who_came_before() {
        let gate = gate();
        let running = gate.enter(Lane::Others).await.expect("a turn");
        let mut other = Box::pin(gate.enter(Lane::Others));
        assert!(other.as_mut().now_or_never().is_none());
        let mut first = Box::pin(gate.enter(Lane::First));
        assert!(first.as_mut().now_or_never().is_none());
        drop(running);
        assert!(other.as_mut().now_or_never().is_none());
        drop(first.now_or_never().expect("the first"));
        assert!(other.now_or_never().is_some());
    }

    #[tokio::test]
    async fn who_has_gone_meanwhile_keeps_no_turn() {
        let gate = gate();
        let running = gate.enter(Lane::Others).await.expect("a turn");
        for _ in 0..3 {
            let mut gone = Box::pin(gate.enter(Lane::Others));
            assert!(gone.as_mut().now_or_never().is_none());
        }
        assert!(matches!(gate.enter(Lane::Others).await, Err(StoreError::Busy)));
        drop(running);
        assert!(gate.enter(Lane::Others).now_or_never().is_some());
        assert!(gate.enter(Lane::First).now_or_never().is_some());
    }
}
