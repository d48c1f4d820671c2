//! Where reads go. A connection that Postgres ended, as a restart ends them all, is only found out when
//! it is used; a read may be asked again, so nobody is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};

use crate::store::connection_trouble::Trouble;
use crate::store::error::is_gone;

/// The instant at which a connection was last found to be gone: those that have been idle since are in
/// doubt too, and are asked before they are used.
#[derive(Clone, Debug)]
pub(in crate::store) struct ConnectionDoubt {
    start: Instant,
    /// Milliseconds after `start`; 0 is never.
    since: Arc<AtomicU64>,
}

impl Default for ConnectionDoubt {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            since: Arc::default(),
        }
    }
}

impl ConnectionDoubt {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A connection is gone.
    pub(in crate::store) fn raise(&self) {
        self.since.store(self.now().max(1), Ordering::Relaxed);
    }

    /// Is one in doubt that was last used so long ago?
    pub(in crate::store) fn is_of(&self, idle: Duration) -> bool {
        let since = self.since.load(Ordering::Relaxed);
        let idle = u64::try_from(idle.as_millis()).unwrap_or(u64::MAX);
        since != 0 && self.now().saturating_sub(idle) <= since
    }
}

/// The reading connections.
#[derive(Clone, Debug)]
pub struct Readers {
    pub(in crate::store) pool: DatabaseConnection,
    pub(in crate::store) doubt: ConnectionDoubt,
    pub(in crate::store) trouble: Trouble,
}

impl Readers {
    /// The connections themselves, whose failures are everybody's own.
    pub fn pool(&self) -> &DatabaseConnection {
        &self.pool
    }

    /// Is it worth asking again, of another connection?
    fn may_ask_again<T>(&self, answer: &Result<T, DbErr>) -> bool {
        let Err(error) = answer else {
            return false;
        };
        self.trouble.see(error);
        let is_gone = is_gone(error);
        if is_gone {
            self.doubt.raise();
        }
        is_gone
    }
}

#[async_trait]
impl ConnectionTrait for Readers {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.pool.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.pool.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let answer = self.pool.query_one_raw(statement.clone()).await;
        match self.may_ask_again(&answer) {
            true => self.pool.query_one_raw(statement).await,
            false => answer,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let answer = self.pool.query_all_raw(statement.clone()).await;
        match self.may_ask_again(&answer) {
            true => self.pool.query_all_raw(statement).await,
            false => answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_been_idle_since_one_was_found_gone_is_in_doubt() {
        let doubt = ConnectionDoubt::default();
        assert!(!doubt.is_of(Duration::ZERO), "nothing has gone yet");
        doubt.raise();
        assert!(doubt.is_of(Duration::from_secs(5)));
    }
}
