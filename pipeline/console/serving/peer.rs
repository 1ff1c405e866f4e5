//! Who is at the other end of a connection.

/// The address it comes from.
#[derive(Clone)]
pub struct Peer(pub String);
