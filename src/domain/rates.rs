//! Who may do what how fast: a token bucket for each kind of act. [`LIMITS`] is the whole table, with
//! what holds unless an administrator sets something else; `docs/operations.md` prints it, and a test
//! compares the two.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use crate::domain::limits::TokenBucket;

/// Whose acts are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of one socket.
    Socket,
    /// Those of one user, over all their sockets and REST.
    User,
    /// Those that come from one address; of IPv6 that is a /64.
    Address,
    /// All who use the server, together.
    Server,
}

impl Scope {
    /// As the table says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Socket => "a socket",
            Self::User => "a user",
            Self::Address => "an address",
            Self::Server => "the server",
        }
    }
}

/// How often: so many at once, then so many a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// How many a second, for ever.
    pub per_second: f64,
    /// At once.
    pub burst: f64,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// What is limited.
    pub act: Act,
    /// What an administrator calls it.
    pub name: &'static str,
    /// Whose acts are counted together.
    pub scope: Scope,
    /// How often, unless it is set.
    pub rate: Rate,
}

macro_rules! limits {
    ($($(#[$doc:meta])* $act:ident = $name:literal, $scope:ident, $per_second:literal / $burst:literal;)*) => {
        /// What has a pace of its own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Act {
            $($(#[$doc])* $act,)*
        }

        /// The whole table, in the order of [`Act`].
        pub const LIMITS: &[Limit] = &[$(Limit {
            act: Act::$act,
            name: $name,
            scope: Scope::$scope,
            rate: Rate { per_second: $per_second, burst: $burst },
        }),*];
    };
}

limits! {
    /// A frame of any type, or a ping.
    Frame = "frame", Socket, 100.0 / 1_000.0;
    /// A chat that a socket opens.
    Open = "open", Socket, 20.0 / 200.0;
    /// Telling others that one is typing, from one socket.
    Typing = "typing", Socket, 2.0 / 10.0;
    /// A message that is sent, or a change of one.
    Message = "message", User, 30.0 / 300.0;
    /// A byte of the text of a message, new or edited.
    Text = "text", User, 32_768.0 / 1_048_576.0;
    /// A read position that is moved, or a chat that is muted.
    ReadCommand = "mark", User, 100.0 / 500.0;
    /// A chat that is opened, over all sockets; a `sync` counts as one.
    UserOpen = "user_open", User, 100.0 / 1_000.0;
    /// Telling others that one is typing, over all sockets.
    UserTyping = "user_typing", User, 10.0 / 50.0;
    /// A ticket for a socket.
    Ticket = "ticket", User, 20.0 / 200.0;
    /// A socket or event stream that begins.
    Session = "session", User, 5.0 / 100.0;
    /// A request by REST, of whatever kind.
    Request = "request", User, 200.0 / 2_000.0;
    /// A search for messages.
    Search = "search", User, 5.0 / 50.0;
    /// A byte of an answer by REST.
    Answer = "answer", User, 2_097_152.0 / 33_554_432.0;
    /// An upload that begins.
    Upload = "upload", User, 5.0 / 200.0;
    /// A byte of a file that is read.
    Download = "download", User, 67_108_864.0 / 2_147_483_648.0;
    /// A chat that is made.
    Chat = "chat", User, 1.0 / 100.0;
    /// A member who is added, changed or removed, or a chat that is renamed or deleted.
    Member = "member", User, 10.0 / 300.0;
    /// An account that is changed, deleted or erased, or a device that is signed out.
    Account = "account", User, 1.0 / 30.0;
    /// A password that is hashed for somebody who is signed in.
    Password = "password", User, 0.2 / 10.0;
    /// An invitation that is made or taken back.
    Invite = "invite", User, 1.0 / 60.0;
    /// A sign-in that succeeds.
    SignedIn = "sign_in", User, 1.0 / 60.0;
    /// A sign-in that is tried.
    SignIn = "sign_in_address", Address, 5.0 / 300.0;
    /// A sign-in that fails, or has no answer yet.
    Guess = "guess_address", Address, 1.0 / 100.0;
    /// The same to one account from one address.
    GuessAccount = "guess", Address, 0.2 / 10.0;
    /// An account that somebody tries to make.
    Register = "register_address", Address, 1.0 / 200.0;
    /// The same, wherever it comes from.
    RegisterAll = "register", Server, 5.0 / 500.0;
}

impl Act {
    /// Its line of the table.
    pub fn limit(self) -> &'static Limit {
        &LIMITS[self as usize]
    }
}

/// How often each act may be done; what is not set is not limited.
#[derive(Clone, Debug)]
pub struct Rates(Vec<Option<Rate>>);

impl Default for Rates {
    fn default() -> Self {
        Self(vec![None; LIMITS.len()])
    }
}

impl Rates {
    /// The same with a limit on this act, or with none.
    pub fn with(mut self, act: Act, rate: Option<Rate>) -> Self {
        self.0[act as usize] = rate;
        self
    }

    /// How often this act may be done.
    pub fn of(&self, act: Act) -> Option<Rate> {
        self.0[act as usize]
    }
}

/// The buckets of one peer: of those acts that it has done.
#[derive(Clone, Debug, Default)]
pub struct Buckets(Vec<(Act, TokenBucket)>);

impl Buckets {
    /// Takes one token for this act, or says how long until there is one. Time is the span since
    /// an arbitrary fixed start.
    pub fn spend(&mut self, rates: &Rates, act: Act, now: Duration) -> Result<(), Duration> {
        self.spend_many(rates, act, 1.0, now)
    }

    /// The same for so many at once. What is more than a full bucket holds needs a full one, and
    /// leaves a debt.
    pub fn spend_many(
        &mut self,
        rates: &Rates,
        act: Act,
        tokens: f64,
        now: Duration,
    ) -> Result<(), Duration> {
        match self.bucket(rates, act, now) {
            Some(bucket) => bucket.take_many(tokens, now),
            None => Ok(()),
        }
    }

    /// Takes so many although they may not be there: what they were for is done already. The next
    /// waits until the debt is paid.
    pub fn owe(&mut self, rates: &Rates, act: Act, tokens: f64, now: Duration) {
        if let Some(bucket) = self.bucket(rates, act, now) {
            bucket.owe(tokens, now);
        }
    }

    fn bucket(&mut self, rates: &Rates, act: Act, now: Duration) -> Option<&mut TokenBucket> {
        let rate = rates.of(act)?;
        let place = match self.0.iter().position(|(known, _)| *known == act) {
            Some(place) => place,
            None => {
                self.0.push((act, TokenBucket::new(rate.per_second, rate.burst, now)));
                self.0.len() - 1
            }
        };
        self.0.get_mut(place).map(|(_, bucket)| bucket)
    }

    /// Is it like one that was never used, so that forgetting it changes nothing?
    pub fn is_full(&mut self, now: Duration) -> bool {
        self.0.iter_mut().all(|(_, bucket)| bucket.is_full(now))
    }
}

/// Whom a limit by address is for: an IPv6 customer has a whole /64 to come from.
pub fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (!0 << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const NOW: Duration = Duration::from_secs(7);

    fn once_a_second() -> Option<Rate> {
        Some(Rate {
            per_second: 1.0,
            burst: 1.0,
        })
    }

    #[test]
    fn the_table_has_a_line_for_each_act_and_no_name_twice() {
        for (place, limit) in LIMITS.iter().enumerate() {
            assert_eq!(limit.act as usize, place, "{}", limit.name);
            assert_eq!(limit.act.limit().name, limit.name);
            assert!(limit.rate.per_second > 0.0 && limit.rate.burst >= 1.0, "{}", limit.name);
        }
        let names: HashSet<_> = LIMITS.iter().map(|limit| limit.name).collect();
        assert_eq!(names.len(), LIMITS.len());
    }

    #[test]
    fn each_act_has_a_bucket_of_its_own() {
        let rates = Rates::default()
            .with(Act::Open, once_a_second())
            .with(Act::Typing, once_a_second());
        let mut buckets = Buckets::default();
        assert!(buckets.spend(&rates, Act::Open, NOW).is_ok());
        assert_eq!(buckets.spend(&rates, Act::Open, NOW), Err(Duration::from_secs(1)));
        assert!(buckets.spend(&rates, Act::Typing, NOW).is_ok());
        assert!(buckets.spend(&rates, Act::Typing, NOW).is_err());
    }

    #[test]
    fn what_is_not_limited_is_always_allowed() {
        let rates = Rates::default().with(Act::Open, once_a_second()).with(Act::Open, None);
        let mut buckets = Buckets::default();
        for act in [Act::Open, Act::Message] {
            assert!((0..100).all(|_| buckets.spend(&rates, act, NOW).is_ok()), "{act:?}");
        }
        assert!(buckets.is_full(NOW));
    }

    #[test]
    fn it_is_full_again_when_every_bucket_is() {
        let rates = Rates::default().with(Act::Message, once_a_second());
        let mut buckets = Buckets::default();
        assert!(buckets.spend(&rates, Act::Message, NOW).is_ok());
        assert!(!buckets.is_full(NOW));
        assert!(buckets.is_full(NOW + Duration::from_secs(1)));
    }

    #[test]
    fn bytes_are_taken_together_and_more_than_a_bucket_needs_a_full_one() {
        let rate = Rate {
            per_second: 10.0,
            burst: 100.0,
        };
        let rates = Rates::default().with(Act::Text, Some(rate));
        let mut buckets = Buckets::default();
        assert!(buckets.spend_many(&rates, Act::Text, 60.0, NOW).is_ok());
        assert_eq!(buckets.spend_many(&rates, Act::Text, 60.0, NOW), Err(Duration::from_secs(2)));
        assert!(buckets.spend_many(&rates, Act::Text, 40.0, NOW).is_ok());
        let later = NOW + Duration::from_secs(10);
        assert!(buckets.spend_many(&rates, Act::Text, 250.0, later).is_ok());
        assert_eq!(
            buckets.spend_many(&rates, Act::Text, 10.0, later),
            Err(Duration::from_secs(16))
        );
    }

    #[test]
    fn what_is_done_already_is_owed() {
        let rates = Rates::default().with(Act::Answer, once_a_second());
        let mut buckets = Buckets::default();
        buckets.owe(&rates, Act::Answer, 5.0, NOW);
        assert_eq!(buckets.spend(&rates, Act::Answer, NOW), Err(Duration::from_secs(5)));
        assert!(buckets.spend(&rates, Act::Answer, NOW + Duration::from_secs(5)).is_ok());
    }

    #[test]
    fn a_customer_of_ipv6_is_one_address() {
        let network = |text: &str| text.parse().map(network).map(|found| found.to_string()).ok();
        assert_eq!(network("192.0.2.7").as_deref(), Some("192.0.2.7"));
        assert_eq!(network("::ffff:192.0.2.7").as_deref(), Some("192.0.2.7"));
        assert_eq!(network("2001:db8:1:2:3:4:5:6").as_deref(), Some("2001:db8:1:2::"));
    }
}
