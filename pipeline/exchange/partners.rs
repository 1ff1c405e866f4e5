//! The partners: one profile each, built in or from a folder, and a folder to exchange files through.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cardline_core::layouts::{PartnerKind, Profile, ProfileFault};

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
    #[error("no profile is a printing bureau; add one with kind = \"bureau\"")]
    NoBureau,
}

/// A partner and where its files go.
pub struct Partner {
    pub profile: Profile,
    /// What we send lies in `to`, what it sends in `from`.
    pub folder: PathBuf,
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
}

/// All partners by code.
pub struct Partners {
    by_code: BTreeMap<String, Partner>,
}

impl Partners {
    /// Loads profiles, from a folder or those built in.
    pub fn of(profiles: Option<&Path>, data: &Path) -> Result<Partners, PartnerError> {
        let partner = |profile: Profile| Partner { folder: data.join("partners").join(&profile.code), profile };
        let partners = load(profiles)?.into_iter().map(partner);
        Ok(Partners { by_code: partners.map(|partner| (partner.profile.code.clone(), partner)).collect() })
    }

    /// Makes each partner's folders.
    pub fn make_folders(&self) -> Result<(), PartnerError> {
        for path in self.all().flat_map(|partner| [partner.to(), partner.archive()]) {
            std::fs::create_dir_all(&path).map_err(|source| PartnerError::Folder { folder: path, source })?;
        }
        Ok(())
    }

    /// The partner of that code.
    pub fn get(&self, code: &str) -> Option<&Partner> {
        self.by_code.get(code)
    }

    /// All partners in order of code.
    pub fn all(&self) -> impl Iterator<Item = &Partner> {
        self.by_code.values()
    }

    /// The bureau that makes the cards of a region.
    pub fn bureau(&self, region: &str) -> Result<&Partner, PartnerError> {
        self.all()
            .find(|p| p.profile.kind == PartnerKind::Bureau && p.profile.serves(region))
            .ok_or(PartnerError::NoBureau)
    }
}

/// Loads profiles without making any folder.
pub fn load(folder: Option<&Path>) -> Result<Vec<Profile>, PartnerError> {
    let Some(folder) = folder else {
        return BUILT_IN.iter().map(|(name, text)| Ok(Profile::load(text, name)?)).collect();
    };
    let failed = |source| PartnerError::Folder { folder: folder.into(), source };
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).map_err(failed)?.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "toml"));
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).map_err(failed)?;
            Ok(Profile::load(&text, &path.display().to_string())?)
        })
        .collect()
}
