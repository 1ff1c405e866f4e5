//! Files in their envelopes: sealed once and kept as they were sealed, opened before anything of them is read.

use cardline_core::file_formats::{EnvelopeKind, Environment, FileSpec};
use cardline_envelopes::{Draft, EnvelopeError, Expected, Opened, Previous, gm, openpgp};
use jiff::Timestamp;

use super::files::FileRecord;
use super::partners::Partner;
use super::transport::TransportError;
use super::transport::plain_files::place_bytes;
use crate::crypto::envelope_keys::{EnvelopeKey, EnvelopeKeyError, EnvelopeKeys, OwnKey, sealing};
use crate::crypto::objects::{ObjectError, Objects, sha256};
use crate::time::local_date;

/// Where envelopes lie in the object store.
const SEALED: &str = "envelopes";

/// Why a file could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error(transparent)]
    Key(#[from] EnvelopeKeyError),
    #[error(transparent)]
    Object(#[from] ObjectError),
}

/// Keys of ours and the partner's, by id: who signs, and who opens.
type Between = (String, String);

/// What stands for an envelope in the object store: it is sealed with fresh randomness, and sent again as it was. The
/// keys are in it, so that one between keys of which one was revoked since is passed over, and sealed anew.
fn sealed_as(file: &FileRecord, (ours, theirs): &Between) -> String {
    let sequence = file.sequence.unwrap_or_default();
    sha256(format!("{}/{}/{sequence}/{}/{ours}/{theirs}", file.partner, file.kind, file.sha256).as_bytes())
}

/// Every two keys between which a file may have been sealed, but for those that are `passed_over`.
fn between(
    keys: &dyn EnvelopeKeys,
    partner: &Partner,
    passed_over: impl Fn(&EnvelopeKey) -> bool,
) -> Result<Vec<Between>, EnvelopeKeyError> {
    let kind = partner.profile.envelope.out;
    let all: Vec<EnvelopeKey> = keys.all()?.into_iter().filter(|key| key.kind == kind && !passed_over(key)).collect();
    let (ours, others): (Vec<_>, Vec<_>) = all.iter().partition(|key| key.partner.is_empty());
    let theirs: Vec<&EnvelopeKey> = others.into_iter().filter(|key| key.partner == partner.profile.code).collect();
    let pair = |ours: &EnvelopeKey, theirs: &EnvelopeKey| (ours.id.clone(), theirs.id.clone());
    Ok(ours.iter().flat_map(|ours| theirs.iter().map(|theirs| pair(ours, theirs))).collect())
}

/// Removes every envelope a file was sealed in; nothing there is as good.
///
/// # Errors
/// The keys cannot be read, or the object store fails.
pub async fn forget(
    (keys, objects): (&dyn EnvelopeKeys, &Objects),
    partner: &Partner,
    file: &FileRecord,
) -> Result<(), SealError> {
    for keys in between(keys, partner, |_| false)? {
        objects.remove(SEALED, &sealed_as(file, &keys)).await?;
    }
    Ok(())
}

/// A file of ours as it travels. `previous` is the digest of the file before it in its stream.
///
/// # Errors
/// No key is valid now, or the object store fails.
pub async fn sealed(
    (keys, objects): (&dyn EnvelopeKeys, &Objects),
    partner: &Partner,
    file: &FileRecord,
    plain: Vec<u8>,
    previous: Option<String>,
    now: Timestamp,
) -> Result<Vec<u8>, SealError> {
    let kind = partner.profile.envelope.out;
    if kind == EnvelopeKind::None {
        return Ok(plain);
    }
    for keys in between(keys, partner, |key| key.is_revoked(now))? {
        if let Some(envelope) = objects.kept(SEALED, &sealed_as(file, &keys)).await? {
            return Ok(envelope);
        }
    }
    let draft = draft(partner, file, previous, now);
    let (between, envelope) =
        tokio::task::block_in_place(|| seal(keys, partner, kind, (&draft, &file.name), &plain, now))?;
    Ok(objects.keep_first(SEALED, &sealed_as(file, &between), envelope).await?)
}

/// What manifests call an error report.
const REPORT_KIND: &str = "error-report";

/// An error report as it travels. Its envelope is kept beside it until it is carried, and sent again as it was.
///
/// # Errors
/// No key is valid now, or our folder fails.
pub fn sealed_report(
    keys: &dyn EnvelopeKeys,
    partner: &Partner,
    name: &str,
    plain: Vec<u8>,
    now: Timestamp,
) -> Result<Vec<u8>, ReportError> {
    let kind = partner.profile.envelope.out;
    if kind == EnvelopeKind::None {
        return Ok(plain);
    }
    let beside = partner.reports().join(partner.profile.sent_name(name));
    match std::fs::read(&beside) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        kept => return Ok(kept?),
    }
    let draft = Draft {
        from: partner.profile.envelope.us.clone(),
        to: partner.profile.code.clone(),
        kind: REPORT_KIND.into(),
        environment: environment(partner).to_owned(),
        business_date: local_date(now),
        sequence: 0,
        rows: plain.iter().filter(|byte| **byte == b'\n').count() as u64,
        previous_sha256: None,
        made_at: now,
    };
    let (_, envelope) = seal(keys, partner, kind, (&draft, name), &plain, now)?;
    place_bytes(&beside, &envelope, partner.profile.mode)?;
    Ok(envelope)
}

/// Why an error report could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error(transparent)]
    Key(#[from] EnvelopeKeyError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Place(#[from] TransportError),
}

fn draft(partner: &Partner, file: &FileRecord, previous_sha256: Option<String>, now: Timestamp) -> Draft {
    let named = partner.profile.files.iter().find_map(|spec| spec.recognise(&file.name));
    Draft {
        from: partner.profile.envelope.us.clone(),
        to: partner.profile.code.clone(),
        kind: file.kind.clone(),
        environment: environment(partner).to_owned(),
        business_date: named.and_then(|parts| parts.date).unwrap_or_else(|| local_date(now)),
        sequence: file.sequence.and_then(|sequence| u64::try_from(sequence).ok()).unwrap_or_default(),
        rows: u64::try_from(file.rows).unwrap_or_default(),
        previous_sha256,
        made_at: now,
    }
}

fn environment(partner: &Partner) -> &'static str {
    match partner.profile.environment {
        Environment::Test => "test",
        Environment::Production => "production",
    }
}

fn seal(
    keys: &dyn EnvelopeKeys,
    partner: &Partner,
    kind: EnvelopeKind,
    (draft, name): (&Draft, &str),
    plain: &[u8],
    now: Timestamp,
) -> Result<(Between, Vec<u8>), EnvelopeKeyError> {
    let theirs = sealing(keys, &partner.profile.code, kind, now)?;
    let ours = sealing(keys, "", kind, now)?;
    let sealed = match keys.own(&ours.id)? {
        OwnKey::OpenPgp(own) => openpgp::seal(draft, name, plain, &*own, &openpgp::PublicKey::read(&theirs.public)?)?,
        OwnKey::Gm(own) => gm::seal(draft, name, plain, &*own, &gm::PublicKey::read(&theirs.public)?)?,
    };
    Ok(((ours.id, theirs.id), sealed.bytes))
}

/// What became of an envelope.
pub enum Opening {
    Content(Vec<u8>),
    /// Not believed, and why; nothing of it was read.
    Refused(String),
    /// It is whole, and a person decides.
    Doubtful(String),
}

/// What is known of the file an envelope should hold.
pub struct Asked<'a> {
    pub spec: &'a FileSpec,
    pub sequence: i64,
    /// The digest of the file before it in its stream, where that is known.
    pub previous: Option<&'a str>,
}

/// Opens an envelope of a partner. Signature and manifest are looked at first.
///
/// # Errors
/// Our keys cannot be read.
pub fn opened(
    keys: &dyn EnvelopeKeys,
    partner: &Partner,
    name: &str,
    envelope: Vec<u8>,
    asked: Option<&Asked<'_>>,
) -> Result<Opening, EnvelopeKeyError> {
    let (kind, code) = (partner.profile.envelope.incoming, &partner.profile.code);
    let all: Vec<EnvelopeKey> = keys.all()?.into_iter().filter(|key| key.kind == kind).collect();
    let plain_name = name.strip_suffix(kind.suffix()).unwrap_or(name);
    let expected = asked.map(|asked| expected(partner, plain_name, asked)).unwrap_or_default();
    let theirs: Vec<&EnvelopeKey> = all.iter().filter(|key| key.partner == *code).collect();
    // An old key whose secret is lost opens nothing, and the others do.
    let ours = all.iter().filter(|key| key.partner.is_empty()).filter_map(|key| keys.own(&key.id).ok());
    let ours: Vec<OwnKey> = ours.collect();
    // Without keys nothing can be said of a file, and it stays where it lies.
    let missing = |of: String| EnvelopeKeyError::NoneValid { of, kind: kind.code(), at: Timestamp::now() };
    if ours.is_empty() {
        return Err(missing("of ours".into()));
    }
    if theirs.is_empty() {
        return Err(missing(format!("of {code}")));
    }
    match open(ours, &theirs, name, envelope, &expected) {
        Err(error) => Ok(Opening::Refused(error.to_string())),
        Ok(opened) => Ok(believed(opened, &theirs)),
    }
}

fn expected<'a>(partner: &'a Partner, plain_name: &str, asked: &Asked<'a>) -> Expected<'a> {
    let previous = match asked.previous {
        Some(digest) => Previous::Sha256(digest),
        None if asked.sequence == 1 => Previous::None,
        None => Previous::Unknown,
    };
    Expected {
        from: Some(&partner.profile.code),
        to: Some(&partner.profile.envelope.us),
        kind: Some(asked.spec.kind.name()),
        environment: Some(environment(partner)),
        business_date: asked.spec.recognise(plain_name).and_then(|parts| parts.date),
        sequence: u64::try_from(asked.sequence).ok(),
        previous,
    }
}

fn open(
    ours: Vec<OwnKey>,
    theirs: &[&EnvelopeKey],
    name: &str,
    envelope: Vec<u8>,
    expected: &Expected<'_>,
) -> Result<Opened, EnvelopeError> {
    let is_gm = ours.first().is_some_and(|key| matches!(key, OwnKey::Gm(_)));
    let (mut pgp, mut sm) = (Vec::new(), Vec::new());
    for key in &ours {
        match key {
            OwnKey::OpenPgp(key) => pgp.push(&**key as &dyn openpgp::OwnKey),
            OwnKey::Gm(key) => sm.push(&**key as &dyn gm::OwnKey),
        }
    }
    let check = |manifest: &cardline_envelopes::Manifest| expected.check(manifest);
    if is_gm {
        let theirs: Vec<_> = theirs.iter().filter_map(|key| gm::PublicKey::read(&key.public).ok()).collect();
        gm::open(name, envelope, &sm, &theirs, check)
    } else {
        let theirs: Vec<_> = theirs.iter().filter_map(|key| openpgp::PublicKey::read(&key.public).ok()).collect();
        openpgp::open(name, envelope, &pgp, &theirs, check)
    }
}

/// Whether the key that signed was to be believed when it signed.
fn believed(opened: Opened, theirs: &[&EnvelopeKey]) -> Opening {
    let (id, at) = (&opened.signed_by, opened.signed_at);
    match theirs.iter().find(|key| key.id == *id) {
        None => Opening::Refused(format!("it is signed by the key {id}, which is none of this partner's")),
        Some(key) if key.is_revoked(at) => Opening::Doubtful(format!(
            "it was signed at {at} by the key {id}, which is revoked from an earlier instant on: ask the \
             partner whether it made the file"
        )),
        Some(key) if !key.is_valid(at) => Opening::Refused(format!(
            "it was signed at {at} by the key {id}, which was not in use then: sign it with the key that is"
        )),
        Some(_) => Opening::Content(opened.content),
    }
}
