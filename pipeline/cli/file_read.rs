//! Reading a partner's file for `file inspect` and `file validate`: told apart by its name, or by what was typed.

use std::fs::File;
use std::path::Path;

use cardline::exchange::load_profiles;
use cardline::route::production::records::{self, RecordsError};
use cardline::step::StageError;
use cardline_core::file_formats::{FileFault, FileKind, FileSpec, Profile};

use super::context::Context;
use super::exit::Usage;
use super::print;

/// The profiles whose files the viewer may see.
pub fn profiles(context: &Context) -> anyhow::Result<Vec<Profile>> {
    let mut profiles = load_profiles(context.config.partners.value.as_deref())?;
    // A file may hold any region, so who sees only an area sees none; outside is as if absent.
    profiles.retain(|profile| context.scope().covers(&profile.code, ""));
    Ok(profiles)
}

/// Opens a file that is not empty.
pub fn open(path: &Path) -> anyhow::Result<File> {
    let file = open_any(path)?;
    if file.metadata().map_err(|e| StageError::file(path.display(), e))?.len() == 0 {
        anyhow::bail!("{} is empty; a partner's file has a control line at least", path.display());
    }
    Ok(file)
}

/// Opens a file; a folder or a device is an error that says so.
pub fn open_any(path: &Path) -> anyhow::Result<File> {
    let about = std::fs::metadata(path).map_err(|e| StageError::file(path.display(), e))?;
    if !about.is_file() {
        anyhow::bail!("{} is not a file; give one file of a partner", path.display());
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

/// Columns of a table of faults.
pub const FAULT_HEADINGS: &[&str] = &["line", "column", "field", "code", "message"];

/// Faults as a table shows them.
pub fn fault_rows(faults: &[FileFault]) -> Vec<Vec<String>> {
    let row = |f: &FileFault| {
        vec![f.line.to_string(), f.column.to_string(), f.field.clone(), f.code.code().into(), f.message.clone()]
    };
    faults.iter().map(row).collect()
}

/// The records of a file: itself, or the entry of a package that has them.
pub fn records(spec: &FileSpec, path: &Path, file: File) -> anyhow::Result<Vec<u8>> {
    records::records(spec, file).map_err(|error| match error {
        RecordsError::Read(error) => StageError::file(path.display(), error).into(),
        error => anyhow::anyhow!("{}: {error}", path.display()),
    })
}
