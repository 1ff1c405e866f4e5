//! Files to and from partners, every partner in one way.
//!
//! Out: the bytes are frozen and their digest and number committed before anything is sent
//! ([`publish`]). In: a file counts once its marker is there and agrees with it; it is parsed whole
//! ([`inbox`]) and nothing of it is applied when anything is wrong.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

pub mod compare;
pub mod file_list;
pub mod files;
pub mod inbox;
mod partners;
pub mod publish;
pub mod removal;
pub mod strays;

pub use partners::{Partner, PartnerError, Partners, load as load_profiles};

/// Opens a plain file. A link is not followed, and a pipe or a device never waited for.
fn open_plain(path: &Path) -> std::io::Result<File> {
    let file = File::options()
        .read(true)
        .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
        .open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "this is no plain file; move it away"))
}
