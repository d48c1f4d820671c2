//! Hints, sealed. Whoever may connect to a database may listen to what is told in it, without a right to
//! any table; so an envelope opens only with the key that is in one.
//!
//! ```text
//! version 1 │ node 8 │ nonce 8 │ AES-256-GCM of {"number": …, "hints": […]} │ tag 16
//! ```
//!
//! Each start of a server is another node, with a key of its own made of the common one, so that no nonce
//! is used twice with a key.

use std::collections::HashMap;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::bus::hint::Hint;
use crate::bus::written::bytes_of;
use crate::domain::cluster::NodeId;

const VERSION: u8 = 1;
const HEAD: usize = 17;
const TAG: usize = 16;
/// What stands around the hints, in bytes.
pub(crate) const AROUND: usize = HEAD + TAG + 64;
/// Keys of nodes that are kept; there are never so many nodes.
const KEYS: usize = 1_024;

/// What all servers on one database know, and nobody else.
#[derive(Clone)]
pub(crate) struct Secret(Vec<u8>);

impl Secret {
    /// As the store has it.
    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// A name for the database that has it, which does not tell it.
    pub(crate) fn public_name(&self) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let tag = hmac::sign(&key, b"vestnik bus name");
        tag.as_ref()[..12].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn key_of(&self, node: NodeId) -> Option<LessSafeKey> {
        let salt = Salt::new(HKDF_SHA256, b"vestnik bus");
        let secret = salt.extract(&self.0);
        let node = node.0.to_be_bytes();
        let info = [node.as_slice()];
        let key = secret.expand(&info, &AES_256_GCM).ok()?;
        Some(LessSafeKey::new(UnboundKey::from(key)))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// What is in an envelope.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Content {
    /// Its place among what its sender has said; none for what may be lost.
    pub number: Option<u64>,
    /// What is said. What a later version says and this one does not know is left out.
    pub hints: Vec<Hint>,
}

/// As it is read: one hint that is not understood does not take the others with it.
#[derive(Deserialize)]
struct Read<'a> {
    number: Option<u64>,
    #[serde(borrow)]
    hints: Vec<&'a RawValue>,
}

/// The same as it is written, of hints that are written already.
#[derive(Serialize)]
struct WrittenContent<'a> {
    number: Option<u64>,
    hints: &'a [Box<RawValue>],
}

/// Seals what one node says.
#[derive(Debug)]
pub(crate) struct Sealer {
    node: NodeId,
    key: LessSafeKey,
    sealed: u64,
}

impl Sealer {
    /// For this node, which has sealed nothing yet. `None` if there can be no key.
    pub(crate) fn new(secret: &Secret, node: NodeId) -> Option<Self> {
        Some(Self {
            node,
            key: secret.key_of(node)?,
            sealed: 0,
        })
    }

    /// An envelope with this number and these hints in it.
    pub(crate) fn seal(&mut self, number: Option<u64>, hints: &[Box<RawValue>]) -> Option<Vec<u8>> {
        self.sealed += 1;
        let length: usize = hints.iter().map(|hint| bytes_of(hint)).sum();
        let mut sealed = Vec::with_capacity(AROUND + length);
        sealed.push(VERSION);
        sealed.extend(self.node.0.to_be_bytes());
        sealed.extend(self.sealed.to_be_bytes());
        serde_json::to_writer(&mut sealed, &WrittenContent { number, hints }).ok()?;
        let (head, text) = sealed.split_at_mut_checked(HEAD)?;
        let nonce = nonce(self.sealed.to_be_bytes());
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(&*head), text).ok()?;
        sealed.extend_from_slice(tag.as_ref());
        Some(sealed)
    }
}

/// Opens what any node says.
#[derive(Debug)]
pub(crate) struct Unsealer {
    secret: Secret,
    keys: HashMap<NodeId, LessSafeKey>,
}

impl Unsealer {
    /// Of those who share this secret.
    pub(crate) fn new(secret: Secret) -> Self {
        Self {
            secret,
            keys: HashMap::new(),
        }
    }

    /// Who says what; `None` for what is none of ours, or of another version.
    pub(crate) fn open(&mut self, mut sealed: Vec<u8>) -> Option<(NodeId, Content)> {
        let head: [u8; HEAD] = sealed.get(..HEAD)?.try_into().ok()?;
        if head[0] != VERSION {
            return None;
        }
        let node = NodeId(i64::from_be_bytes(head[1..9].try_into().ok()?));
        let nonce = nonce(head[9..].try_into().ok()?);
        if self.keys.len() > KEYS {
            self.keys.clear();
        }
        if !self.keys.contains_key(&node) {
            self.keys.insert(node, self.secret.key_of(node)?);
        }
        let key = self.keys.get(&node)?;
        let text = key.open_in_place(nonce, Aad::from(head), &mut sealed[HEAD..]).ok()?;
        let Read { number, hints } = serde_json::from_slice(text).ok()?;
        let hints = hints.into_iter().filter_map(|hint| serde_json::from_str(hint.get()).ok());
        let hints = hints.collect();
        Some((node, Content { number, hints }))
    }
}

fn nonce(count: [u8; 8]) -> Nonce {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&count);
    Nonce::assume_unique_for_key(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::value::to_raw_value;

    use super::*;

    const NODE: NodeId = NodeId(7);

    fn content() -> Content {
        Content {
            number: Some(3),
            hints: vec![
                Hint::Changed {
                    chat: 2,
                    seq: 9,
                    events: vec![],
                },
                Hint::Bye,
            ],
        }
    }

    fn sealer() -> Sealer {
        Sealer::new(&Secret::new("key"), NODE).unwrap()
    }

    fn seal(sealer: &mut Sealer, content: &Content) -> Option<Vec<u8>> {
        let hints = content.hints.iter().map(to_raw_value).collect::<Result<Vec<_>, _>>();
        sealer.seal(content.number, &hints.unwrap())
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_secret_only() {
        let mut sealer = sealer();
        let sealed = seal(&mut sealer, &content()).unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("changed"), "it cannot be read");
        let mut unsealer = Unsealer::new(Secret::new("key"));
        assert_eq!(unsealer.open(sealed.clone()), Some((NODE, content())));
        assert_eq!(Unsealer::new(Secret::new("another")).open(sealed.clone()), None);
        assert_ne!(seal(&mut sealer, &content()).unwrap(), sealed, "no two are the same");
    }

    #[test]
    fn a_database_has_a_name_that_is_its_own_and_does_not_tell_the_secret() {
        let name = Secret::new("key").public_name();
        assert_eq!(name, Secret::new("key").public_name());
        assert_ne!(name, Secret::new("another").public_name());
        assert!(name.len() == 24 && name.chars().all(|one| one.is_ascii_hexdigit()), "{name}");
    }

    #[test]
    fn whatever_is_changed_on_the_way_it_does_not_open() {
        let sealed = seal(&mut sealer(), &content()).unwrap();
        let mut unsealer = Unsealer::new(Secret::new("key"));
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(unsealer.open(changed), None, "byte {place}");
            assert_eq!(unsealer.open(sealed[..place].to_vec()), None, "cut at {place}");
        }
    }

    #[test]
    fn what_a_later_version_says_is_left_out() {
        let mut sealer = sealer();
        sealer.sealed += 1;
        let mut text =
            br#"{"number":1,"hints":[{"type":"dance"},{"type":"bye"}],"mood":1}"#.to_vec();
        let mut sealed = vec![VERSION];
        sealed.extend(NODE.0.to_be_bytes());
        sealed.extend(1_u64.to_be_bytes());
        let nonce = nonce(1_u64.to_be_bytes());
        let tag = sealer
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(&sealed), &mut text)
            .unwrap();
        sealed.append(&mut text);
        sealed.extend_from_slice(tag.as_ref());
        let (_, content) = Unsealer::new(Secret::new("key")).open(sealed).unwrap();
        assert_eq!(content.hints, [Hint::Bye]);
    }
}
