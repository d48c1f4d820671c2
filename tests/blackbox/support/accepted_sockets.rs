//! The server's end of a connection, as the kernel knows it: what an accepted socket really is, and
//! not what somebody was told to make of it.

use std::fs::{read_dir, read_link};
use std::net::SocketAddr;
use std::os::fd::AsFd;

use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
use socket2::Socket;

/// The socket of the process `pid` whose peer is `client`: a duplicate, which shares its options.
/// `Err` is why the kernel does not let it be had.
pub(crate) fn accepted_from(pid: u32, client: SocketAddr) -> Result<Option<Socket>, String> {
    let known = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or("no process")?;
    let server = pidfd_open(known, PidfdFlags::empty()).map_err(|error| error.to_string())?;
    let folder = format!("/proc/{pid}/fd");
    for file in read_dir(folder).map_err(|error| error.to_string())?.flatten() {
        // Nothing but sockets: a duplicate of a database's file would end its locks.
        let is_socket =
            read_link(file.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"));
        let Some(number) = file.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if !is_socket {
            continue;
        }
        let socket = pidfd_getfd(server.as_fd(), number, PidfdGetfdFlags::empty());
        let socket = Socket::from(socket.map_err(|error| error.to_string())?);
        let peer = socket.peer_addr().ok().and_then(|peer| peer.as_socket());
        if peer == Some(client) {
            return Ok(Some(socket));
        }
    }
    Ok(None)
}
