//! The one thread: it reads all that a turn brings, stores it, and then writes to each member of a room once.

use std::io;
use std::net::SocketAddrV4;

use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token};

use crate::connection::{Arrival, Connection};
use crate::rooms::Rooms;

const LISTENER: Token = Token(usize::MAX);
const BUFFER: usize = 64 << 10;

pub(crate) struct Server {
    poll: Poll,
    listener: TcpListener,
    rooms: Rooms,
    connections: Vec<Option<Connection>>,
    /// Places in `connections` that nobody has.
    free: Vec<usize>,
    buffer: Vec<u8>,
}

impl Server {
    pub(crate) fn bind(address: SocketAddrV4, rooms: Rooms) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind(address.into())?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let buffer = vec![0; BUFFER];
        Ok(Self {
            poll,
            listener,
            rooms,
            connections: Vec::new(),
            free: Vec::new(),
            buffer,
        })
    }

    pub(crate) fn address(&self) -> io::Result<std::net::SocketAddr> {
        self.listener.local_addr()
    }

    /// Until it is killed.
    pub(crate) fn serve(mut self) -> Result<(), Box<dyn std::error::Error>> {
        let mut events = Events::with_capacity(1024);
        loop {
            match self.poll.poll(&mut events, None) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(error.into());
                }
                _ => {}
            }
            for event in &events {
                if event.token() == LISTENER {
                    self.accept()?;
                    continue;
                }
                let at = event.token().0;
                if event.is_writable()
                    && let Some(connection) = &mut self.connections[at]
                {
                    connection.flush();
                }
                if event.is_readable() || event.is_error() {
                    self.read(at)?;
                }
            }
            self.deliver()?;
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            stream.set_nodelay(true)?;
            let at = self.free.pop().unwrap_or(self.connections.len());
            self.poll.registry().register(
                &mut stream,
                Token(at),
                Interest::READABLE | Interest::WRITABLE,
            )?;
            let connection = Some(Connection::new(stream));
            match self.connections.get_mut(at) {
                Some(place) => *place = connection,
                None => self.connections.push(connection),
            }
        }
    }

    fn read(&mut self, at: usize) -> rusqlite::Result<()> {
        let Some(mut connection) = self.connections[at].take() else {
            return Ok(());
        };
        let (rooms, mut room) = (&mut self.rooms, connection.room);
        let mut failed = Ok(());
        let goes_on = connection.read(&mut self.buffer, |arrival| match (arrival, room) {
            (Arrival::Joins(name), _) => match rooms.join(name, at) {
                Ok(joined) => room = Some(joined),
                Err(error) => failed = Err(error),
            },
            (Arrival::Says(opcode, payload), Some(place)) => rooms.say(place, opcode, payload),
            (Arrival::Says(..), None) => {}
        });
        connection.room = room;
        if goes_on {
            self.connections[at] = Some(connection);
        } else {
            if let Some((room, _)) = room {
                rooms.leave(room, at);
            }
            // Dropping it closes it.
            let _ = self.poll.registry().deregister(&mut connection.stream);
            self.free.push(at);
        }
        failed
    }

    fn deliver(&mut self) -> rusqlite::Result<()> {
        for room in self.rooms.commit()? {
            let room = &mut self.rooms.all[room];
            for member in &room.members {
                if let Some(connection) = &mut self.connections[*member] {
                    connection.write(&room.frames);
                }
            }
            room.frames.clear();
        }
        Ok(())
    }
}
