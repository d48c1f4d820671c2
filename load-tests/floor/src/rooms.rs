//! Rooms, and what a turn of the loop has for each of them.

use std::collections::HashMap;

use chrono::{SecondsFormat, Utc};

use crate::frames::{self, TEXT};
use crate::store::{Post, Store, Stored};

#[derive(Default)]
pub(crate) struct Room {
    /// The connections in it.
    pub(crate) members: Vec<usize>,
    /// The frames that go to all of them at the end of the turn.
    pub(crate) frames: Vec<u8>,
    /// What is to be stored first.
    posts: Vec<Post>,
    /// In the database.
    id: i64,
}

pub(crate) struct Rooms {
    pub(crate) all: Vec<Room>,
    names: HashMap<String, usize>,
    /// Those for which this turn has something.
    dirty: Vec<usize>,
    /// None for the bare floor.
    store: Option<Store>,
}

impl Rooms {
    pub(crate) fn new(store: Option<Store>) -> Self {
        Self {
            all: Vec::new(),
            names: HashMap::new(),
            dirty: Vec::new(),
            store,
        }
    }

    /// A connection joins the room of this name.
    pub(crate) fn join(
        &mut self,
        name: String,
        connection: usize,
    ) -> Result<(usize, i64), rusqlite::Error> {
        let room = match self.names.get(&name) {
            Some(room) => *room,
            None => {
                let id = self.store.as_mut().map_or(Ok(0), Store::room)?;
                self.all.push(Room {
                    id,
                    ..Room::default()
                });
                self.names.insert(name, self.all.len() - 1);
                self.all.len() - 1
            }
        };
        let members = &mut self.all[room].members;
        members.push(connection);
        Ok((room, members.len() as i64 - 1))
    }

    pub(crate) fn leave(&mut self, room: usize, connection: usize) {
        self.all[room].members.retain(|member| *member != connection);
    }

    /// A member of a room says something.
    pub(crate) fn say(&mut self, (room, sender): (usize, i64), opcode: u8, payload: &[u8]) {
        let it = &mut self.all[room];
        if it.posts.is_empty() && it.frames.is_empty() {
            self.dirty.push(room);
        }
        if self.store.is_none() {
            frames::encode(&mut it.frames, opcode, payload);
            return;
        }
        let text = String::from_utf8_lossy(payload).into_owned();
        it.posts.push(Post { sender, text });
    }

    /// Ends a turn: stores what is to be stored, and returns the rooms whose frames go out.
    pub(crate) fn commit(&mut self) -> Result<Vec<usize>, rusqlite::Error> {
        let dirty = std::mem::take(&mut self.dirty);
        let Some(store) = self.store.as_mut().filter(|_| !dirty.is_empty()) else {
            return Ok(dirty);
        };
        let now = Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true);
        let posts: Vec<_> =
            dirty.iter().map(|room| std::mem::take(&mut self.all[*room].posts)).collect();
        let ids: Vec<i64> = dirty.iter().map(|room| self.all[*room].id).collect();
        let batches = ids.iter().copied().zip(posts.iter().map(Vec::as_slice));
        // Frames are made within the transaction, and sent behind it.
        store.commit(batches, &now, |batch, post, stored| {
            let text = message(ids[batch], post, &stored, &now);
            frames::encode(&mut self.all[dirty[batch]].frames, TEXT, text.as_bytes());
        })?;
        Ok(dirty)
    }
}

/// The frame of a message, as the server has it.
fn message(room: i64, post: &Post, stored: &Stored, now: &str) -> String {
    let Stored { id, seq, n, key } = stored;
    let Post { sender, text } = post;
    format!(
        "{{\"type\":\"message\",\"chat_id\":{room},\"seq\":{seq},\"n\":{n},\"id\":{id},\"user_id\":{sender},\
         \"username\":\"user{sender}\",\"content\":\"{text}\",\"client_msg_id\":\"{key}\",\"created_at\":\"{now}\"}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_one_batch_of_frames_for_each_room() {
        let mut rooms = Rooms::new(None);
        let (lunch, first) = rooms.join("lunch".into(), 5).unwrap();
        assert_eq!(rooms.join("lunch".into(), 6).unwrap(), (lunch, first + 1));
        let (other, _) = rooms.join("other".into(), 7).unwrap();
        rooms.say((lunch, first), TEXT, b"a");
        rooms.say((lunch, first + 1), TEXT, b"b");
        assert_eq!(rooms.commit().unwrap(), [lunch]);
        assert_eq!(rooms.all[lunch].frames, [0x81, 1, b'a', 0x81, 1, b'b']);
        assert!(rooms.all[other].frames.is_empty());
        assert!(rooms.commit().unwrap().is_empty());
        rooms.leave(lunch, 5);
        assert_eq!(rooms.all[lunch].members, [6]);
    }
}
