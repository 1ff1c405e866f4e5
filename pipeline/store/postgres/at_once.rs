//! What is written to the server leaves at once.
//!
//! The library leaves a connection as the system makes it (sqlx 0.9.0, its issue 4335): a short write then waits until
//! the server's side acknowledges the one before, which takes 40 ms where the server has nothing to say. A COPY ends with
//! such a write. The library hands no socket out, so it is looked for among those of this process: what asks for the
//! server's port on the other side is a connection to it. Take this out once the library sets it again.

use std::fs;
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;

use rustix::net::getpeername;
use rustix::net::sockopt::set_tcp_nodelay;

/// Sees to it for all connections to a port; returns whether there was one, and it can be relied on.
pub(super) fn write_at_once(port: u16) -> bool {
    let Ok(open) = fs::read_dir("/proc/self/fd") else { return false };
    let numbers = open.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let mut found = false;
    for number in numbers.filter(|number| *number > 2) {
        // SAFETY: the number was open a moment ago and is used for two calls. If it was closed and given out again
        // meanwhile, they fail, or ask another socket to write at once, which changes no byte of what it carries.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        let Some(peer) = getpeername(descriptor).ok().flatten() else { continue };
        if SocketAddr::try_from(peer).is_ok_and(|peer| peer.port() == port) {
            found |= set_tcp_nodelay(descriptor, true).is_ok();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn a_connection_to_a_port_writes_at_once() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        assert!(!super::write_at_once(port), "nobody is connected");
        let connected = TcpStream::connect(("127.0.0.1", port)).unwrap();
        assert!(!connected.nodelay().unwrap());
        assert!(super::write_at_once(port));
        assert!(connected.nodelay().unwrap());
    }
}
