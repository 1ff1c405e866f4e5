//! A photo as an application declares it, and the token the ledger keeps of it.

use cardline_core::domain::application::{Photo, PhotoSource};
use cardline_core::domain::message;
use cardline_core::domain::open_form::Form;

use crate::crypto::keys::Keys;
use crate::crypto::keys::RecordOf;
use crate::hex::hex;
use crate::limits::PHOTO_BYTES_MAX;

/// The token of the default photo, which children under 7 may choose (s3).
pub const DEFAULT_PHOTO: &str = "default";

/// What an application says of its photo. Equal declarations are one photo: it is looked at once, and
/// its fault is the fault of all cards that declare just this.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Declared {
    /// Keyed hash of its key in the object store. An authority may name photos by the numbers of persons, so the
    /// key itself stands in the encrypted message only ([`object_key`]).
    pub object: String,
    /// SHA-256 in lower-case hexadecimal; empty where none is declared.
    pub sha256: String,
    pub bytes: u64,
    /// Pixels, the way the picture is shown.
    pub width: u32,
    pub height: u32,
}

/// The token of an application's photo. The cartoon is for those alone who ask for it (the rule
/// PHOTO-DEFAULT-AGE says who may); an upload without an object is a photo that is missing.
pub fn photo_token(keys: &Keys, photo: &Photo<'_>) -> String {
    if photo.source == PhotoSource::Default {
        return DEFAULT_PHOTO.into();
    }
    let sha256 = Form::Digest.of(photo.sha256.as_deref().unwrap_or_default()).unwrap_or_default();
    let declared = Declared {
        object: photo.object.as_deref().map_or_else(String::new, |key| hex(&keys.hash("photo", key))),
        sha256: sha256.to_ascii_lowercase(),
        // What is larger than any photo is wrong whatever it says.
        bytes: photo.bytes.unwrap_or_default().min(PHOTO_BYTES_MAX as u64 + 1),
        width: photo.width.unwrap_or_default(),
        height: photo.height.unwrap_or_default(),
    };
    declared.token()
}

/// Key in the object store of the photo that an encrypted application names.
///
/// # Errors
/// The message cannot be opened or read, in words.
pub fn object_key(keys: &Keys, (id, message): (i64, &[u8])) -> Result<Option<String>, &'static str> {
    let plain = keys.decrypt_of(RecordOf::Message(id), message).map_err(|_| "its application cannot be opened")?;
    let decoded = message::decode(&plain).map_err(|_| "its application cannot be read")?;
    Ok(decoded.application.photo.object.map(|key| key.to_string()))
}

impl Declared {
    /// The declaration as one token: `object#sha256#bytes#width#height`.
    pub fn token(&self) -> String {
        format!("{}#{}#{}#{}#{}", self.object, self.sha256, self.bytes, self.width, self.height)
    }

    /// Reads a token; an object key may itself hold `#`.
    pub fn read(token: &str) -> Option<Declared> {
        let mut parts = token.rsplitn(5, '#');
        let height = parts.next()?.parse().ok()?;
        let width = parts.next()?.parse().ok()?;
        let bytes = parts.next()?.parse().ok()?;
        let sha256 = parts.next()?.to_owned();
        Some(Declared { object: parts.next()?.to_owned(), sha256, bytes, width, height })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload() -> Declared {
        Declared { object: "01ab".into(), sha256: "0a".repeat(32), bytes: 20_000, width: 358, height: 441 }
    }

    #[test]
    fn a_token_reads_back_as_it_was_declared() {
        assert_eq!(Declared::read(&upload().token()), Some(upload()));
        assert_eq!(Declared::read(DEFAULT_PHOTO), None);
        assert_eq!(Declared::read("photos/1.jpg#00"), None);
    }

    #[test]
    fn a_token_holds_no_key_and_nothing_out_of_form() {
        let keys = Keys::passing();
        let number = || Some("110101198503072238".into());
        let mut photo = Photo {
            source: PhotoSource::Upload,
            object: number(),
            sha256: number(),
            bytes: Some(110_101_198_503_072_238),
            width: Some(358),
            height: Some(441),
        };
        let token = photo_token(&keys, &photo);
        let hashed = hex(&keys.hash("photo", "110101198503072238"));
        assert_eq!(token, format!("{hashed}##{}#358#441", PHOTO_BYTES_MAX + 1));
        photo.object = Some("photos/1.jpg".into());
        assert_ne!(photo_token(&keys, &photo), token);
    }

    #[test]
    fn the_cartoon_is_for_those_alone_who_ask_for_it() {
        let keys = Keys::passing();
        let mut photo =
            Photo { source: PhotoSource::Upload, object: None, sha256: None, bytes: None, width: None, height: None };
        assert_eq!(photo_token(&keys, &photo), "##0#0#0");
        photo.source = PhotoSource::Default;
        photo.object = Some("photos/1.jpg".into());
        assert_eq!(photo_token(&keys, &photo), DEFAULT_PHOTO);
        photo.source = PhotoSource::IdPhoto;
        photo.object = Some(DEFAULT_PHOTO.into());
        assert!(Declared::read(&photo_token(&keys, &photo)).is_some());
    }
}
