//! A connection's bytes, in clear or by TLS.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;
use std::sync::Arc;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use rustix::io::Errno;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use socket2::{Domain, Socket, Type};

use crate::plan::Plan;

pub(crate) struct Stream {
    socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
}

/// How to speak TLS with a server that has this certificate, or one that it has signed.
pub(crate) fn tls(ca: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let ca = ca.ok_or("wss:// needs --ca, a PEM file with the certificate to trust")?;
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", ca.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).map_err(|error| told(&error))? {
        let certificate = certificate.map_err(|error| told(&error))?;
        roots.add(certificate).map_err(|error| told(&error))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| told(&error))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

impl Stream {
    /// Begins to connect; the poll says when there is more.
    pub(crate) fn open(
        plan: &Plan,
        index: usize,
        registry: &Registry,
        token: Token,
    ) -> io::Result<Self> {
        let mut socket = TcpStream::from_std(connecting(plan.source(index), plan.target)?);
        registry.register(&mut socket, token, Interest::READABLE | Interest::WRITABLE)?;
        let name = ServerName::from(std::net::IpAddr::from(*plan.target.ip()));
        let tls = plan.tls.clone().map(|config| ClientConnection::new(config, name));
        let tls = tls.transpose().map_err(io::Error::other)?.map(Box::new);
        Ok(Self { socket, tls })
    }

    /// At most what `buffer` holds; 0 at the end.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return self.socket.read(buffer);
        };
        loop {
            match tls.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
            if tls.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            tls.process_new_packets().map_err(io::Error::other)?;
            while tls.wants_write() {
                tls.write_tls(&mut self.socket)?;
            }
        }
    }

    /// Whether a read of so many bytes has left nothing, so that the poll tells of the next one.
    pub(crate) fn is_drained(&self, read: usize, room: usize) -> bool {
        self.tls.is_none() && read < room
    }

    /// Some of the bytes; with none, what TLS has left to say.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return self.socket.write(bytes);
        };
        let taken = if bytes.is_empty() {
            0
        } else {
            tls.writer().write(bytes)?
        };
        while tls.wants_write() {
            match tls.write_tls(&mut self.socket) {
                Ok(_) => {}
                Err(error) if is_for_later(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(taken)
    }

    /// Whether TLS keeps bytes that the socket has not taken.
    pub(crate) fn wants_write(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    pub(crate) fn close(mut self, registry: &Registry) {
        // Dropping it closes it; an error says only that it was closed already.
        let _ = registry.deregister(&mut self.socket);
    }
}

fn connecting(from: Ipv4Addr, to: SocketAddrV4) -> io::Result<std::net::TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.bind(&SocketAddrV4::new(from, 0).into())?;
    match socket.connect(&to.into()) {
        Err(error) if !is_for_later(&error) => Err(error),
        _ => Ok(socket.into()),
    }
}

/// Whether the poll says when it is worth trying again.
pub(crate) fn is_for_later(error: &io::Error) -> bool {
    use ErrorKind::{Interrupted, NotConnected, WouldBlock};
    let is_connecting = error.raw_os_error() == Some(Errno::INPROGRESS.raw_os_error());
    is_connecting || matches!(error.kind(), WouldBlock | Interrupted | NotConnected)
}
