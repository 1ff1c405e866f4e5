//! Reading a partner's file for `file inspect`: bounded, and told apart by its name.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use cardline::limits::PARTNER_FILE_BYTES_MAX;
use cardline::route::production::CARDS_ENTRY;
use cardline::step::StageError;
use cardline_core::file_formats::{FileKind, FileSpec, Layout, Profile};

use super::exit::Usage;
use super::print;

/// Opens a file; a folder or an empty file is an error that says so.
pub fn open(path: &Path) -> anyhow::Result<File> {
    let about = std::fs::metadata(path).map_err(|e| StageError::file(path.display(), e))?;
    if !about.is_file() {
        anyhow::bail!("{} is not a file; give one file of a partner", path.display());
    }
    if about.len() == 0 {
        anyhow::bail!("{} is empty; a partner's file has a control line at least", path.display());
    }
    Ok(File::open(path).map_err(|e| StageError::file(path.display(), e))?)
}

/// The layout of a file: from the partner and kind given, or from its name.
pub fn recognise<'p>(
    profiles: &'p [Profile],
    path: &Path,
    partner: Option<&str>,
    kind: Option<&str>,
) -> anyhow::Result<&'p FileSpec> {
    partner.map_or(Ok(()), |code| known_partner(profiles.iter().map(|profile| profile.code.as_str()), code))?;
    kind.map_or(Ok(()), known_kind)?;
    let wanted: Vec<&FileSpec> = profiles
        .iter()
        .filter(|profile| partner.is_none_or(|code| profile.code == code))
        .flat_map(|profile| &profile.files)
        .filter(|file| kind.is_none_or(|name| file.kind.name() == name))
        .collect();
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let named = || wanted.iter().find(|file| file.recognise(name).is_some()).copied();
    match wanted.as_slice() {
        [only] if partner.is_some() && kind.is_some() => Ok(only),
        [] => Err(Usage("this partner has no file of this kind; see its profile".into()).into()),
        _ => named().ok_or_else(|| {
            let name = print::visible(name);
            anyhow::anyhow!("{name} is no name of a partner's file; say whose it is with --partner P --kind K")
        }),
    }
}

/// A partner's code that is none is a slip in the command.
pub fn known_partner<'p>(codes: impl Iterator<Item = &'p str>, code: &str) -> Result<(), Usage> {
    let codes: Vec<&str> = codes.collect();
    if codes.contains(&code) {
        return Ok(());
    }
    Err(Usage(format!("no partner has the code {}; there are {}", print::visible(code), codes.join(", "))))
}

/// A kind of file that is none is a slip in the command.
pub fn known_kind(name: &str) -> Result<(), Usage> {
    if FileKind::named(name).is_some() {
        return Ok(());
    }
    let names = FileKind::ALL.map(FileKind::name).join(", ");
    Err(Usage(format!("{} is no kind of file; the kinds are {names}", print::visible(name))))
}

/// The records of a file: itself, or the entry of a package that has them.
pub fn records(spec: &FileSpec, path: &Path, file: File) -> anyhow::Result<Vec<u8>> {
    if spec.layout == Layout::Package
        && let Some(bytes) = packaged(path)?
    {
        return Ok(bytes);
    }
    bounded(path, file)
}

/// The records inside a tar, read past the photos without holding them; `None` when it is no tar.
fn packaged(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    let failed = |e| StageError::file(path.display(), e);
    let mut head = Vec::new();
    File::open(path).map_err(failed)?.take(512).read_to_end(&mut head).map_err(failed)?;
    if head.get(257..262) != Some(b"ustar".as_slice()) {
        return Ok(None);
    }
    let mut archive = tar::Archive::new(File::open(path).map_err(failed)?);
    for entry in archive.entries_with_seek().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path_bytes().as_ref() == CARDS_ENTRY.as_bytes() {
            return bounded(path, entry).map(Some);
        }
    }
    anyhow::bail!("{}: the package has no {CARDS_ENTRY}; ask for it again", path.display())
}

fn bounded(path: &Path, from: impl Read) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(PARTNER_FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|e| StageError::file(path.display(), e))?;
    if bytes.len() as u64 > PARTNER_FILE_BYTES_MAX {
        anyhow::bail!("{} is larger than a partner's file may be ({PARTNER_FILE_BYTES_MAX} bytes)", path.display());
    }
    Ok(bytes)
}
