//! The partners: one profile each, built in or from a folder, and a folder to exchange files through.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cardline_core::file_formats::{EnvelopeKind, Environment, PartnerKind, Profile, ProfileFault, Wire};
use jiff::civil::Date;

use super::seen::Seen;
use super::transport::{Transport, transport};

/// The profiles that come with the program, for the demo and as examples.
const BUILT_IN: &[(&str, &str)] = &[
    ("ABC.toml", include_str!("../../schemas/partners/ABC.toml")),
    ("BUREAU.toml", include_str!("../../schemas/partners/BUREAU.toml")),
    ("CCB.toml", include_str!("../../schemas/partners/CCB.toml")),
    ("ICBC.toml", include_str!("../../schemas/partners/ICBC.toml")),
];

/// Why the partners cannot be used. The program does not start with a wrong profile.
#[derive(Debug, thiserror::Error)]
pub enum PartnerError {
    #[error("partner profiles in {folder}: {source}")]
    Folder { folder: PathBuf, source: std::io::Error },
    #[error("{0}")]
    Profile(#[from] ProfileFault),
    #[error(
        "{one} and {other} are both profiles of {code}; keep the version in force in the folder, and put the next one \
         in its place on the day it is effective"
    )]
    Twice { code: String, one: String, other: String },
    #[error("{file}: {code} is effective from {effective} on, and {today} is before it; keep the version in force")]
    NotYet { file: String, code: String, effective: Date, today: Date },
    #[error("{one} is of the environment test and {other} of production; never use both beside each other")]
    Environments { one: String, other: String },
    #[error("{one} and {other} are both bureaus of region {region}; give each region one")]
    Bureaus { region: String, one: String, other: String },
    #[error("no profile is a printing bureau; add one with kind = \"bureau\"")]
    NoBureau,
}

/// A partner and where its files go.
#[derive(Clone)]
pub struct Partner {
    pub profile: Profile,
    /// What we send lies in `to`, what it sends in `from`. With a server, it is what is on its way there or came from
    /// there.
    pub folder: PathBuf,
    /// How its own folders are reached.
    pub transport: Arc<dyn Transport>,
    /// What was seen on its server before.
    pub seen: Arc<Seen>,
}

impl Partner {
    /// Where we place files for the partner.
    pub fn to(&self) -> PathBuf {
        self.folder.join("to")
    }

    /// Where the partner places files for us.
    pub fn from(&self) -> PathBuf {
        self.folder.join("from")
    }

    /// Where applied, repeated and refused files are kept.
    pub fn archive(&self) -> PathBuf {
        self.folder.join("from").join("archive")
    }

    /// Where it is noted which files of its server are settled here, and not yet put away there.
    pub fn settled(&self) -> PathBuf {
        self.folder.join("settled")
    }

    /// Where it is noted what is destroyed here, and not yet removed from its server.
    pub fn clearing(&self) -> PathBuf {
        self.folder.join("clearing")
    }

    /// Whether what is settled is kept among its folders.
    pub fn keeps_archive(&self) -> bool {
        !matches!(&self.profile.transport, Wire::Sftp(server) if server.archive.is_none())
    }

    /// Where error reports are written: at the partner's, unless they are sealed or carried to its server first.
    pub fn reports(&self) -> PathBuf {
        if self.is_told_later() { self.folder.join("reports") } else { self.to() }
    }

    /// Whether error reports are sealed or carried to a server.
    pub fn is_told_later(&self) -> bool {
        self.has_server() || self.profile.envelope.out != EnvelopeKind::None
    }

    /// Whether its files travel over the wire: they are on a server of its own.
    pub fn has_server(&self) -> bool {
        self.profile.transport != Wire::Folder
    }
}

/// All partners by code, or some of them.
pub struct Partners {
    by_code: BTreeMap<String, Arc<Partner>>,
}

impl Partners {
    /// Loads profiles, from a folder or those built in. Each must be in force.
    pub fn of(profiles: Option<&Path>, data: &Path, today: Date) -> Result<Partners, PartnerError> {
        let named = load_named(profiles)?;
        if let Some((file, profile)) = named.iter().find(|(_, profile)| profile.effective > today) {
            let (file, code, effective) = (file.clone(), profile.code.clone(), profile.effective);
            return Err(PartnerError::NotYet { file, code, effective, today });
        }
        // A secret's path is one beside the profile that names it.
        let secrets = profiles.unwrap_or(data);
        let partner = |profile: Profile| {
            let folder = data.join("partners").join(&profile.code);
            let transport = transport(&profile.transport, &folder, secrets);
            Partner { transport, folder, profile, seen: Arc::default() }
        };
        let partners = named.into_iter().map(|(_, profile)| partner(profile));
        Ok(Partners { by_code: partners.map(|partner| (partner.profile.code.clone(), Arc::new(partner))).collect() })
    }

    /// Some of them.
    pub fn only(&self, is_asked: impl Fn(&Partner) -> bool) -> Partners {
        let asked = self.by_code.iter().filter(|(_, partner)| is_asked(partner));
        Partners { by_code: asked.map(|(code, partner)| (code.clone(), partner.clone())).collect() }
    }

    /// Makes each partner's folders. Where that fails the partner's files are set aside, and nobody else's.
    pub fn make_folders(&self) {
        for partner in self.all() {
            if let Err((path, error)) = make_folders_of(partner) {
                tracing::error!("making {}: {error}", path.display());
            }
        }
    }

    /// The partner of that code.
    pub fn get(&self, code: &str) -> Option<&Partner> {
        self.by_code.get(code).map(Arc::as_ref)
    }

    /// All partners in order of code.
    pub fn all(&self) -> impl Iterator<Item = &Partner> {
        self.by_code.values().map(Arc::as_ref)
    }

    /// The bureau that makes the cards of a region.
    pub fn bureau(&self, region: &str) -> Result<&Partner, PartnerError> {
        self.all()
            .find(|p| p.profile.kind == PartnerKind::Bureau && p.profile.serves(region))
            .ok_or(PartnerError::NoBureau)
    }
}

/// Rights of what a partner's own login reaches through the group of its folders: it passes through them and reads
/// `to`, and places files in `from`. What is read already, and everybody else, is none of its.
const PASSED: u32 = 0o750;
const PLACED_IN: u32 = 0o770;
const OURS: u32 = 0o700;

fn make_folders_of(partner: &Partner) -> Result<(), (PathBuf, std::io::Error)> {
    let root = partner.folder.parent().map(Path::to_path_buf).unwrap_or_default();
    let folders = [
        (root, PASSED),
        (partner.folder.clone(), PASSED),
        (partner.to(), PASSED),
        (partner.from(), PLACED_IN),
        (partner.archive(), OURS),
    ];
    let of_server = partner.has_server().then(|| (partner.settled(), OURS));
    let of_server = of_server.into_iter().chain(partner.is_told_later().then(|| (partner.reports(), OURS)));
    folders
        .into_iter()
        .chain(of_server)
        .try_for_each(|(path, mode)| make_folder(&path, mode).map_err(|error| (path, error)))
}

/// Makes a folder with these rights whatever the process's mask is. One that is there stays as it is: whoever set
/// up the partner's login gave it its owner, group and rights.
fn make_folder(path: &Path, mode: u32) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// Loads profiles without making any folder.
pub fn load(folder: Option<&Path>) -> Result<Vec<Profile>, PartnerError> {
    Ok(load_named(folder)?.into_iter().map(|(_, profile)| profile).collect())
}

/// Profiles with the files they are in, when they go together.
fn load_named(folder: Option<&Path>) -> Result<Vec<(String, Profile)>, PartnerError> {
    let texts: Vec<(String, String)> = match folder {
        None => BUILT_IN.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
        Some(folder) => {
            let failed = |source| PartnerError::Folder { folder: folder.into(), source };
            let mut paths: Vec<PathBuf> =
                std::fs::read_dir(folder).map_err(failed)?.filter_map(|e| e.ok().map(|e| e.path())).collect();
            paths.retain(|p| p.extension().is_some_and(|e| e == "toml"));
            paths.sort();
            let text = |path: PathBuf| Ok((path.display().to_string(), std::fs::read_to_string(path).map_err(failed)?));
            paths.into_iter().map(text).collect::<Result<_, PartnerError>>()?
        }
    };
    let named = texts
        .into_iter()
        .map(|(file, text)| Ok((file.clone(), Profile::load(&text, &file)?)))
        .collect::<Result<Vec<_>, PartnerError>>()?;
    for (place, one) in named.iter().enumerate() {
        named[place + 1..].iter().try_for_each(|other| together(one, other))?;
    }
    Ok(named)
}

/// Fails when two profiles cannot be used beside each other.
fn together((one, a): &(String, Profile), (other, b): &(String, Profile)) -> Result<(), PartnerError> {
    let (one, other) = (one.clone(), other.clone());
    if a.code == b.code {
        return Err(PartnerError::Twice { code: a.code.clone(), one, other });
    }
    if a.environment != b.environment {
        let (one, other) = if a.environment == Environment::Test { (one, other) } else { (other, one) };
        return Err(PartnerError::Environments { one, other });
    }
    let shared = match (a.regions.as_slice(), b.regions.as_slice()) {
        ([], []) => Some("every one".to_owned()),
        ([], [region, ..]) | ([region, ..], []) => Some(region.clone()),
        (regions, _) => regions.iter().find(|region| b.serves(region)).cloned(),
    };
    match shared {
        Some(region) if a.kind == PartnerKind::Bureau && b.kind == PartnerKind::Bureau => {
            Err(PartnerError::Bureaus { region, one, other })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// The built-in profiles in a folder, and one more, changed.
    fn with(more: &str, from: &str, change: &[(&str, &str)]) -> Result<Partners, PartnerError> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in BUILT_IN {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let (_, text) = BUILT_IN.iter().find(|(name, _)| *name == from).unwrap();
        let text = change.iter().fold((*text).to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        std::fs::write(folder.path().join(more), text).unwrap();
        Partners::of(Some(folder.path()), folder.path(), date(2026, 1, 8))
    }

    #[test]
    fn profiles_that_do_not_go_together_are_refused_by_file() {
        let next = ("effective = \"2026-01-01\"", "effective = \"2099-01-01\"");
        let production = ("environment = \"test\"", "environment = \"production\"");
        let cases = [
            (with("ABC_v2.toml", "ABC.toml", &[("version = 1", "version = 2"), next]), "profiles of ABC"),
            (with("ABC.toml", "ABC.toml", &[next]), "2026-01-08 is before it"),
            (with("X.toml", "ABC.toml", &[("\"ABC\"", "\"XBC\""), production]), "of production"),
            (with("X.toml", "BUREAU.toml", &[("\"BUREAU\"", "\"PRESS\"")]), "both bureaus of region"),
            (with("ABC.toml", "ABC.toml", &[("calendar = \"china\"", "calendar = \"mars\"")]), "calendar must be"),
        ];
        for (result, expected) in cases {
            let told = result.err().unwrap().to_string();
            assert!(told.contains(expected) && told.contains(".toml"), "{told}");
        }
        assert!(with("ABC.toml", "ABC.toml", &[]).is_ok());
    }

    /// Whatever number stands somewhere, a profile is refused or usable, and nothing panics.
    #[test]
    fn no_number_of_a_profile_panics() {
        for (name, text) in BUILT_IN {
            for (place, line) in text.lines().enumerate() {
                let Some((key, _)) = line.split_once(" = ").filter(|(_, value)| value.parse::<i64>().is_ok()) else {
                    continue;
                };
                for number in ["-1", "0", "4294967296", "9223372036854775807", "-9223372036854775808", "1.5", "nan"] {
                    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                    lines[place] = format!("{key} = {number}");
                    if let Ok(profile) = Profile::load(&lines.join("\n"), name) {
                        assert!(number == "0", "{name}: {key} = {number} passes");
                        assert!(profile.batch.max_cards > 0);
                    }
                }
            }
        }
    }
}
