//! Why a server's certificate is not believed: the broker's library says only that it is not.

use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::reach::host_and_port;
use crate::limits::BROKER_CONNECT_SECONDS;

/// What is wrong with the certificate of the first server that shows one, by the authority in this file; `None` where
/// nothing is. Blocks.
pub(super) fn fault(servers: &str, authority: &Path) -> Option<String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authority).ok()?.flatten() {
        roots.add(certificate).ok()?;
    }
    // A folder of authorities is the library's own business.
    if roots.is_empty() {
        return None;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
    let config = Arc::new(versions.with_root_certificates(roots).with_no_client_auth());
    servers.split(',').find_map(|server| shown_by(server.trim(), config.clone()))
}

fn shown_by(server: &str, config: Arc<ClientConfig>) -> Option<String> {
    let patience = Some(Duration::from_secs(BROKER_CONNECT_SECONDS));
    let (host, port) = host_and_port(server);
    let address = (host.as_str(), port).to_socket_addrs().ok()?.next()?;
    let mut stream = TcpStream::connect_timeout(&address, patience?).ok()?;
    stream.set_read_timeout(patience).ok()?;
    stream.set_write_timeout(patience).ok()?;
    let mut connection = ClientConnection::new(config, ServerName::try_from(host).ok()?).ok()?;
    while connection.is_handshaking() {
        if let Err(error) = connection.complete_io(&mut stream) {
            let why = error.get_ref()?.downcast_ref::<rustls::Error>()?;
            return matches!(why, rustls::Error::InvalidCertificate(_)).then(|| why.to_string());
        }
    }
    None
}
