//! Why a command came to nothing, for whoever gave it.

use crate::domain::Refusal;
use crate::domain::refusal::Surface;
use crate::store::StoreError;
use crate::wire::{Code, Problem};

/// Why a command was not carried out.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// The rules say no.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// Something at the edge says no, in its own words.
    #[error("{}", .0.text)]
    Problem(Problem),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The actor failed while it had the command.
    #[error("the server failed; if this was a send, repeat it with the same client_msg_id")]
    Lost,
}

impl Failure {
    /// Is it this refusal?
    pub fn is(&self, refusal: Refusal) -> bool {
        matches!(self, Self::Refused(mine) if *mine == refusal)
    }

    /// What is told of it there.
    pub fn told(self, surface: Surface) -> Problem {
        match self {
            Self::Refused(refusal) => Problem::told(refusal, surface),
            Self::Problem(problem) => problem,
            Self::Store(error) => error.into(),
            Self::Lost => Refusal::OutcomeUnknown.into(),
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        failure.told(Surface::Request)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                log::warn!("a request was not served: {error}");
                let text = "the database is not available; try again";
                Self::new(Code::UNAVAILABLE, text)
            }
            StoreError::Busy => Refusal::Busy.into(),
            StoreError::OutcomeUnknown(_) => {
                log::warn!("a request has an unknown outcome: {error}");
                let text = "it is not known whether this was stored; look before you repeat it";
                Self::new(Code::OUTCOME_UNKNOWN, text)
            }
            StoreError::Conflict(_) | StoreError::Rejected(_) => {
                log::error!("a request failed: {error}");
                Self::new(Code::INTERNAL, "the server failed; its log says why")
            }
        }
    }
}
