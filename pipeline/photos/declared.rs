//! A photo as an application declares it, and the token the ledger keeps of it.

use cardline_core::domain::application::{Photo, PhotoSource};

/// The token of the default photo, which children under 7 may choose (s3).
pub const DEFAULT_PHOTO: &str = "default";

/// What an application says of its photo. Equal declarations are one photo: it is looked at once, and
/// its fault is the fault of all cards that declare just this.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Declared {
    /// Key in the object store.
    pub object: String,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    pub bytes: u64,
    /// Pixels, the way the picture is shown.
    pub width: u32,
    pub height: u32,
}

/// The token of an application's photo. The cartoon is for those alone who ask for it (the rule
/// PHOTO-DEFAULT-AGE says who may); an upload without an object is a photo that is missing.
pub fn photo_token(photo: &Photo<'_>) -> String {
    if photo.source == PhotoSource::Default {
        return DEFAULT_PHOTO.into();
    }
    let hexadecimal = |text: &str| text.chars().filter(char::is_ascii_hexdigit).take(64).collect::<String>();
    let declared = Declared {
        // PostgreSQL keeps no NUL; a key with one in it names nothing either way.
        object: photo.object.as_deref().unwrap_or_default().replace('\0', "\u{fffd}"),
        sha256: hexadecimal(photo.sha256.as_deref().unwrap_or_default()).to_ascii_lowercase(),
        bytes: photo.bytes.unwrap_or_default(),
        width: photo.width.unwrap_or_default(),
        height: photo.height.unwrap_or_default(),
    };
    declared.token()
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
        Declared { object: "photos/a#1.jpg".into(), sha256: "0a".repeat(32), bytes: 20_000, width: 358, height: 441 }
    }

    #[test]
    fn a_token_reads_back_as_it_was_declared() {
        assert_eq!(Declared::read(&upload().token()), Some(upload()));
        assert_eq!(Declared::read(DEFAULT_PHOTO), None);
        assert_eq!(Declared::read("photos/1.jpg#00"), None);
    }

    #[test]
    fn the_cartoon_is_for_those_alone_who_ask_for_it() {
        let mut photo =
            Photo { source: PhotoSource::Upload, object: None, sha256: None, bytes: None, width: None, height: None };
        assert_eq!(photo_token(&photo), "##0#0#0");
        photo.source = PhotoSource::Default;
        photo.object = Some("photos/1.jpg".into());
        assert_eq!(photo_token(&photo), DEFAULT_PHOTO);
        photo.source = PhotoSource::IdPhoto;
        photo.object = Some(DEFAULT_PHOTO.into());
        assert_eq!(photo_token(&photo), "default##0#0#0");
    }
}
