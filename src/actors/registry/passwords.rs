//! argon2id at OWASP's parameters (19 MiB, two passes), in bounded slots: a flood of sign-ins eats
//! neither memory nor the time of messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::actors::engine::Failure;
use crate::domain::Password;
use crate::wire::{Code, Problem};

/// Who may wait for a slot to sign in; the next is told to come back.
const SIGNING_IN: usize = 128;
/// Who may wait to have a new password hashed. A line of their own: whoever changes theirs all the time
/// keeps nobody from signing in.
const CHOOSING: usize = 32;

/// The hash that is checked for a name that does not exist, so that it takes the same time: of a
/// random password that nobody has, at the same parameters.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$WDBxNzBGd2FqYnZmVDZ2WQ$7PqvGyNlNmmqMQlP0cK8rBJM9Xv2p0iOGxGxYl0HwZk";

/// The slots, one a core.
#[derive(Clone, Debug)]
pub struct Passwords {
    slots: Arc<Semaphore>,
    signing_in: Arc<AtomicUsize>,
    choosing: Arc<AtomicUsize>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            slots: Arc::new(Semaphore::new(cores)),
            signing_in: Arc::default(),
            choosing: Arc::default(),
        }
    }
}

impl Passwords {
    /// The PHC string of a password.
    pub async fn hash(&self, password: Password) -> Result<String, Failure> {
        let _place = Waiting::enter(&self.choosing, CHOOSING)?;
        let hashed = self
            .in_slot(move || {
                let hash = Argon2::default().hash_password(password.as_bytes());
                hash.map(|hash| hash.to_string())
            })
            .await?;
        hashed.map_err(|error| internal(&format!("a password cannot be hashed: {error}")))
    }

    /// Is it the password of `hash`? Takes as long for what can be nobody's password, and for a
    /// hash that is nobody's.
    pub(super) async fn verify(
        &self,
        password: Option<Password>,
        hash: Option<String>,
    ) -> Result<bool, Failure> {
        let _place = Waiting::enter(&self.signing_in, SIGNING_IN)?;
        self.in_slot(move || {
            let is_somebodys = hash.is_some() && password.is_some();
            let typed = password.as_ref().map_or(&b""[..], Password::as_bytes);
            let hash = hash.as_deref().unwrap_or(NOBODYS);
            let matches = PasswordHash::new(hash)
                .is_ok_and(|hash| Argon2::default().verify_password(typed, &hash).is_ok());
            matches && is_somebodys
        })
        .await
    }

    async fn in_slot<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let permit = self.slots.clone().acquire_owned().await;
        let permit = permit.map_err(|_| internal("no slots"))?;
        let done = tokio::task::spawn_blocking(move || {
            // Held by the work, not by who asked: a caller that hangs up frees no slot early.
            let _permit = permit;
            work()
        });
        done.await.map_err(|error| internal(&format!("hashing failed: {error}")))
    }
}

fn internal(why: &str) -> Failure {
    log::error!("{why}");
    Failure::Problem(Problem::new(Code::INTERNAL, "the server failed"))
}

/// A place in the line.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn enter(line: &Arc<AtomicUsize>, bound: usize) -> Result<Self, Failure> {
        if line.fetch_add(1, Ordering::AcqRel) >= bound {
            line.fetch_sub(1, Ordering::AcqRel);
            let text = "too many passwords at once; try again in a moment";
            let problem = Problem::new(Code::TOO_MANY_LOGINS, text).after(Duration::from_secs(2));
            return Err(Failure::Problem(problem));
        }
        Ok(Self(line.clone()))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobodys_hash_costs_as_much_as_anybodys() {
        let parameters = |hash: &str| {
            PasswordHash::new(hash)
                .ok()
                .map(|h| (h.algorithm.to_string(), h.params.to_string()))
        };
        let anybodys = Argon2::default().hash_password(b"secret").map(|hash| hash.to_string());
        let anybodys = anybodys.ok().and_then(|hash| parameters(&hash));
        assert!(anybodys.is_some());
        assert_eq!(parameters(NOBODYS), anybodys);
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::default();
        let Ok(password) = Password::parse("secret") else {
            return assert!(Password::parse("secret").is_ok());
        };
        let hash = passwords.hash(password).await.ok();
        assert!(hash.is_some());
        let verify = async |typed: &str, hash: Option<String>| {
            passwords.verify(Password::parse(typed).ok(), hash).await.ok()
        };
        assert_eq!(verify("secret", hash.clone()).await, Some(true));
        assert_eq!(verify("Secret", hash).await, Some(false));
        assert_eq!(verify("secret", None).await, Some(false));
    }
}
