//! Whether somebody listens where the broker is said to be, asked before the library is: it tries again and
//! again in silence, and at last says only that time is over.

use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::BrokerError;
use crate::limits::BROKER_CONNECT_SECONDS;

/// Where a broker listens unless its address says so.
const PORT: u16 = 9092;

/// Fails when none of the servers can be reached, with the reason of each. Blocks.
pub(super) fn reach(servers: &str) -> Result<(), BrokerError> {
    let mut why = Vec::new();
    for server in servers.split(',').map(str::trim).filter(|server| !server.is_empty()) {
        match connect(server) {
            Ok(()) => return Ok(()),
            Err(reason) => why.push(reason),
        }
    }
    Err(BrokerError::Unreachable { servers: servers.into(), why: why.join("; ") })
}

fn connect(server: &str) -> Result<(), String> {
    let (host, port) = host_and_port(server);
    let resolved = (host.as_str(), port).to_socket_addrs();
    let addresses = resolved.map_err(|_| format!("the name {server} does not resolve"))?;
    let mut why = format!("the name {server} has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, Duration::from_secs(BROKER_CONNECT_SECONDS)) {
            Ok(_) => return Ok(()),
            Err(error) => why = format!("{address}: {error}"),
        }
    }
    Err(why)
}

/// Name and port of one server.
pub(super) fn host_and_port(server: &str) -> (String, u16) {
    let server = server.split_once("://").map_or(server, |(_, server)| server);
    let parts = server.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let (host, port) = parts.unwrap_or((server, PORT));
    (host.trim_matches(['[', ']']).to_owned(), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_reached_is_told_by_name() {
        let listening = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let there = listening.local_addr().unwrap().to_string();
        assert!(reach(&there).is_ok() && reach(&format!("PLAINTEXT://{there}")).is_ok());
        // One of several is enough.
        assert!(reach(&format!("kafka.invalid:9092, {there}")).is_ok());
        let told = reach("kafka.invalid:9092,other.invalid").unwrap_err().to_string();
        assert!(
            told.contains("the name kafka.invalid:9092 does not resolve") && told.contains("other.invalid"),
            "{told}"
        );
        drop(listening);
        let told = reach(&there).unwrap_err().to_string();
        assert!(told.contains(&there) && told.contains("refused"), "{told}");
        assert!(reach("").is_err());
    }
}
