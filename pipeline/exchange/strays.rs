//! What lies in a partner's folder and is no file that will be read: reported, never read, moved or waited for.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::partners::Partner;
use super::transport::Entry;
use super::transport::plain_files::entries;

const HOUR_SECONDS: i64 = 3600;

/// How a file of ours begins that tries a connection, and is gone again at once.
pub const PROBE: &str = "cardline-probe-";

/// Why a file is not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Stray {
    #[error("its name is none of the profile's: have it taken away, or mend the profile")]
    Unknown,
    #[error("its name is one of the profile's but for capitals and small letters: have it sent under the agreed name")]
    OtherCase,
    #[error("it is no plain file: links, folders and pipes are not followed; have the file itself sent")]
    NoFile,
    #[error("its marker did not come for longer than the profile allows: have the marker sent, or the file again")]
    Unfinished,
    #[error(
        "it is a marker or a part of a file that did not come for longer than the profile allows: have the file sent"
    )]
    WithoutFile,
}

/// Names in a partner's folder on our side that will not be read by themselves, in order, each with the reason.
pub fn strays(partner: &Partner, now: Timestamp) -> std::io::Result<Vec<(String, Stray)>> {
    let mut lying = entries(&partner.from())?;
    let archive = partner.archive();
    lying.retain(|entry| archive.file_name().is_none_or(|name| name.to_string_lossy() != entry.name));
    Ok(strays_among(partner, &lying, now))
}

/// Those of what lies in a folder that will not be read, in order, each with the reason.
pub fn strays_among(partner: &Partner, lying: &[Entry], now: Timestamp) -> Vec<(String, Stray)> {
    let plain: BTreeSet<&str> = lying.iter().filter(|entry| entry.is_plain).map(|entry| entry.name.as_str()).collect();
    let found = lying
        .iter()
        .filter(|entry| !entry.name.starts_with(PROBE))
        .filter_map(|entry| Some((entry.name.clone(), stray(partner, entry, &plain, now)?)));
    let mut found: Vec<_> = found.collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

fn stray(partner: &Partner, entry: &Entry, plain: &BTreeSet<&str>, now: Timestamp) -> Option<Stray> {
    let (profile, name) = (&partner.profile, entry.name.as_str());
    if let Some((spec, _)) = profile.recognise(name) {
        if !entry.is_plain {
            return Some(Stray::NoFile);
        }
        let unfinished = spec.marker_name(name).is_some_and(|marker| !plain.contains(marker.as_str()));
        return (unfinished && has_lain(partner, entry, now)).then_some(Stray::Unfinished);
    }
    // A marker, or what a transfer program calls a file until all of it is there.
    if let Some(file) = profile.recognise_beginning(name.trim_start_matches('.')) {
        let belongs = plain.contains(file) && !name.starts_with('.');
        return (!belongs && has_lain(partner, entry, now)).then_some(Stray::WithoutFile);
    }
    let other_case = profile.recognise_but_for_case(name);
    Some(if other_case { Stray::OtherCase } else { Stray::Unknown })
}

/// Whether nothing was done to a file for as long as the profile allows.
fn has_lain(partner: &Partner, entry: &Entry, now: Timestamp) -> bool {
    let allowed = i64::from(partner.profile.unfinished_after_hours) * HOUR_SECONDS;
    entry.changed.is_some_and(|changed| now.as_second() - changed > allowed)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    #[test]
    fn what_will_not_be_read_is_told_with_its_reason() {
        let data = tempfile::tempdir().unwrap();
        let today = jiff::civil::date(2026, 1, 6);
        let partners = crate::exchange::Partners::of(None, data.path(), today).unwrap();
        let partner = partners.get("ICBC").unwrap();
        std::fs::create_dir_all(partner.archive()).unwrap();
        let put = |name: &str| std::fs::write(partner.from().join(name), b"").unwrap();
        let whole = "ICBC_110101_20260106_000001_KHHP.txt";
        put(whole);
        put(&format!("{whole}.ok"));
        put("ICBC_110101_20260106_000002_KHHP.txt");
        put("ICBC_110101_20260106_000003_KHHP.txt.ok");
        put("ICBC_110101_20260106_000004_KHHP.txt.filepart");
        put("icbc_110101_20260106_000005_khhp.TXT");
        put("readme.txt");
        std::os::unix::fs::symlink(whole, partner.from().join("ICBC_110101_20260106_000006_KHHP.txt")).unwrap();
        let now = Timestamp::now();
        let at_once = [
            ("ICBC_110101_20260106_000006_KHHP.txt", Stray::NoFile),
            ("icbc_110101_20260106_000005_khhp.TXT", Stray::OtherCase),
            ("readme.txt", Stray::Unknown),
        ];
        assert_eq!(strays(partner, now).unwrap(), at_once.map(|(name, stray)| (name.to_owned(), stray)));
        let later = strays(partner, now + 3.hours()).unwrap();
        let of = |number: u32| {
            let number = format!("00000{number}");
            later.iter().find(|(name, _)| name.contains(&number)).map(|(_, stray)| *stray)
        };
        assert_eq!(of(1), None);
        assert_eq!(of(2), Some(Stray::Unfinished));
        assert_eq!((of(3), of(4)), (Some(Stray::WithoutFile), Some(Stray::WithoutFile)));
    }
}
