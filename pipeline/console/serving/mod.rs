//! Taking requests in and sending answers out: connections, bounds, headers, assets, the pages for machines.

mod assets;
mod body;
mod dispatch;
mod headers;
pub mod listening;
mod machines;
mod peer;
pub mod rates;
pub mod response;
