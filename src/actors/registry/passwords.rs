//! argon2id at OWASP's parameters (19 MiB, two passes), in bounded slots: a flood of sign-ins eats
//! neither memory nor the time of messages.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::oneshot;

use crate::actors::failure::Failure;
use crate::actors::registry::hashing::Hashing;
use crate::domain::fair_queue::FairQueue;
use crate::domain::rates::network;
use crate::domain::{Password, UserId};
use crate::wire::{Code, Problem};

/// Who may wait for a slot; the next is told to come back, or whoever has more than they makes room.
const WAITING: usize = 128;
/// How many may wait at one address, behind which a whole office may be.
const WAITING_AT_ADDRESS: usize = 32;

/// On whose behalf a password is hashed: they take turns, however often each asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Asker {
    /// Whoever runs a command on the server's machine.
    Operator,
    /// Somebody who is signed in, who has one place in the line.
    User(UserId),
    /// A stranger, by where they are.
    Address(IpAddr),
}

impl Asker {
    /// Somebody at this address.
    pub(crate) fn at(peer: IpAddr) -> Self {
        Self::Address(network(peer))
    }

    fn places(self) -> usize {
        match self {
            Self::Operator | Self::User(_) => 1,
            Self::Address(_) => WAITING_AT_ADDRESS,
        }
    }
}

/// The hash that is checked for a name that does not exist, so that it takes the same time: of a
/// random password that nobody has, at the same parameters.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$WDBxNzBGd2FqYnZmVDZ2WQ$7PqvGyNlNmmqMQlP0cK8rBJM9Xv2p0iOGxGxYl0HwZk";

/// So many hash at once: one core is left to messages, where there are several.
fn slots() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    cores.saturating_sub(1).max(1)
}

/// The slots, and who waits for them.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    slots: Arc<Mutex<Slots>>,
    hashing: Hashing,
    /// What a new hash costs; an older one says so itself.
    cost: Params,
}

#[derive(Debug)]
struct Slots {
    free: usize,
    line: FairQueue<Asker, oneshot::Sender<HashingSlot>>,
}

impl Default for Passwords {
    fn default() -> Self {
        let slots = Slots {
            free: slots(),
            line: FairQueue::new(WAITING),
        };
        Self {
            hashing: Hashing::new(slots.free),
            slots: Arc::new(Mutex::new(slots)),
            cost: Params::DEFAULT,
        }
    }
}

impl Passwords {
    /// In a build for tests, of which a run makes thousands of accounts, hashes cost next to nothing. In any other
    /// they are as ever.
    pub(super) fn for_tests() -> Self {
        let mut passwords = Self::default();
        let least = Params::new(Params::MIN_M_COST, 1, 1, None);
        if let Some(least) = least.ok().filter(|_| cfg!(debug_assertions)) {
            log::warn!("passwords are hashed cheaply: a server for tests");
            passwords.cost = least;
        }
        passwords
    }

    /// The PHC string of a password, for whoever runs a command.
    pub(crate) async fn hash(&self, password: Password) -> Result<String, Failure> {
        self.hash_for(Asker::Operator, password).await
    }

    /// The PHC string of a password.
    pub(super) async fn hash_for(
        &self,
        asker: Asker,
        password: Password,
    ) -> Result<String, Failure> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.cost.clone());
        let hashed = self
            .in_slot(asker, move || {
                let hash = argon2.hash_password(password.as_bytes());
                hash.map(|hash| hash.to_string())
            })
            .await?;
        hashed.map_err(|error| internal(&format!("a password cannot be hashed: {error}")))
    }

    /// Is it the password of `hash`? Takes as long for what can be nobody's password, and for a
    /// hash that is nobody's.
    pub(super) async fn verify(
        &self,
        asker: Asker,
        password: Option<Password>,
        hash: Option<String>,
    ) -> Result<bool, Failure> {
        self.in_slot(asker, move || {
            let is_somebodys = hash.is_some() && password.is_some();
            let hash = PasswordHash::new(hash.as_deref().unwrap_or(NOBODYS));
            let fits = |typed: &[u8]| {
                let hash = hash.as_ref();
                hash.is_ok_and(|hash| Argon2::default().verify_password(typed, hash).is_ok())
            };
            let matches = match &password {
                Some(password) => password.candidates().any(fits),
                None => fits(b""),
            };
            matches && is_somebodys
        })
        .await
    }

    async fn in_slot<T: Send + 'static>(
        &self,
        asker: Asker,
        work: impl Fn() -> T + Send + Sync + 'static,
    ) -> Result<T, Failure> {
        let slot = match self.enter(asker)? {
            Entrance::HashingSlot(slot) => slot,
            // Whoever makes room for another is told the same as one who finds none.
            Entrance::InLine(turn) => turn.await.map_err(|_| too_many())?,
        };
        let hashing = self.hashing.clone();
        let done = tokio::task::spawn_blocking(move || {
            // Held by the work, not by who asked: a caller that hangs up frees no slot early.
            let _slot = slot;
            hashing.run(work)
        });
        done.await.map_err(|error| internal(&format!("hashing failed: {error}")))
    }

    fn enter(&self, asker: Asker) -> Result<Entrance, Failure> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.free > 0 {
            slots.free -= 1;
            return Ok(Entrance::HashingSlot(HashingSlot(Some(self.clone()))));
        }
        let (tell, told) = oneshot::channel();
        match slots.line.push(asker, asker.places(), tell) {
            Ok(()) => Ok(Entrance::InLine(told)),
            Err(_) => Err(too_many()),
        }
    }

    /// Gives a slot to whose turn it is; one who has gone meanwhile is passed over.
    fn pass_on(self) {
        loop {
            let next = {
                let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
                let next = slots.line.pop();
                slots.free += usize::from(next.is_none());
                next
            };
            let Some(next) = next else {
                return;
            };
            match next.send(HashingSlot(Some(self.clone()))) {
                Ok(()) => return,
                Err(mut unused) => unused.0 = None,
            }
        }
    }
}

enum Entrance {
    HashingSlot(HashingSlot),
    InLine(oneshot::Receiver<HashingSlot>),
}

/// A slot; the next one's when it is dropped.
#[derive(Debug)]
struct HashingSlot(Option<Passwords>);

impl Drop for HashingSlot {
    fn drop(&mut self) {
        if let Some(passwords) = self.0.take() {
            passwords.pass_on();
        }
    }
}

fn too_many() -> Failure {
    let text = "too many passwords at once; try again in a moment";
    let problem = Problem::new(Code::TOO_MANY_LOGINS, text).after(Duration::from_secs(2));
    Failure::Problem(problem)
}

fn internal(why: &str) -> Failure {
    log::error!("{why}");
    Failure::Problem(Problem::new(Code::INTERNAL, "the server failed"))
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
    async fn a_cheap_hash_fits_its_password_at_any_server() {
        let password = || Password::parse("secret").ok();
        let Some(typed) = password() else {
            return assert!(password().is_some());
        };
        let cheap = Passwords::for_tests().hash(typed).await.ok();
        assert!(cheap.as_deref().is_some_and(|hash| hash.contains("$m=8,t=1,p=1$")), "{cheap:?}");
        for passwords in [Passwords::for_tests(), Passwords::default()] {
            let fits = passwords.verify(Asker::Operator, password(), cheap.clone()).await.ok();
            assert_eq!(fits, Some(true));
        }
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
            passwords.verify(Asker::Operator, Password::parse(typed).ok(), hash).await.ok()
        };
        assert_eq!(verify("secret", hash.clone()).await, Some(true));
        assert_eq!(verify("Secret", hash).await, Some(false));
        assert_eq!(verify("secret", None).await, Some(false));
    }

    #[tokio::test]
    async fn a_password_is_one_however_it_is_typed_and_older_hashes_still_fit() {
        let passwords = Passwords::default();
        let verify = async |typed: &str, hash: &str| {
            let password = Password::parse(typed).ok();
            passwords.verify(Asker::Operator, password, Some(hash.to_owned())).await.ok()
        };
        let (composed, decomposed) = ("cr\u{e8}me 9", "cre\u{300}me\u{a0}9");
        // As they were hashed before: by the bytes that were typed.
        let older = Argon2::default().hash_password(decomposed.as_bytes());
        let older = older.map(|hash| hash.to_string()).unwrap_or_default();
        assert_eq!(verify(decomposed, &older).await, Some(true));
        assert_eq!(verify(composed, &older).await, Some(false));
        let newer = Argon2::default().hash_password(composed.as_bytes());
        let newer = newer.map(|hash| hash.to_string()).unwrap_or_default();
        assert_eq!(verify(composed, &newer).await, Some(true));
        assert_eq!(verify(decomposed, &newer).await, Some(true));
    }

    #[tokio::test]
    async fn a_user_has_one_place_in_the_line_and_others_go_between_the_many_of_an_address() {
        let passwords = Passwords::default();
        let office = Asker::at(IpAddr::from([192, 0, 2, 1]));
        let enter = |asker| passwords.enter(asker).ok();
        let taken: Vec<_> = (0..slots()).filter_map(|_| enter(office)).collect();
        let mut waiting: Vec<_> = (0..3).filter_map(|_| enter(office)).collect();
        let alice = Asker::User(UserId(1));
        let Some(Entrance::InLine(mut hers)) = enter(alice) else {
            return assert!(slots() == 0, "every slot is taken");
        };
        assert!(enter(alice).is_none(), "one place");
        assert!(hers.try_recv().is_err());
        // The first of the office, then she.
        waiting.truncate(2);
        drop(taken);
        let mut served = 0;
        for place in waiting {
            let Entrance::InLine(mut turn) = place else {
                continue;
            };
            served += usize::from(turn.try_recv().is_ok());
        }
        assert!(served >= 1);
        assert!(hers.try_recv().is_ok(), "nobody waits behind all of an office");
    }
}
