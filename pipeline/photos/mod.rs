//! Photos: fetched, checked and rendered once each, before any card with them is cut.
//!
//! A photo that cannot be used holds the cards that declare just it, and names why ([`PHOTO_FAULTS`]);
//! nothing else waits for it. One that is not there yet is asked for again a few times first. Once a
//! photo that kept cards on hold is found good, they go on by themselves.

mod cartoon;
mod check;
#[cfg(test)]
mod corpus_test;
mod declared;
mod fault;
mod frame;
mod header;
mod render;
pub mod renditions;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use cardline_core::domain::policy::ByRegion;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rayon::prelude::*;

pub use check::{check_and_render, shown_size};
pub use declared::{DEFAULT_PHOTO, Declared, object_key, photo_token};
pub use fault::{FoundFault, PHOTO_FAULTS, PhotoFault, PhotoFaultText};
pub use render::Rendered;

use header::Header;

use crate::crypto::objects::Fetched;
use crate::limits::{
    PHOTO_ASKED_AGAIN_AFTER_MINUTES, PHOTO_BYTES_MAX, PHOTO_CLAIM_BYTES, PHOTOS_DECODED_BYTES, PHOTOS_FETCHED_AT_ONCE,
    PHOTOS_PER_CLAIM, RENDITIONS_KEPT_AT_ONCE,
};
use crate::photos::renditions::{DuePhoto, KnownRendition, LookedPhoto, PhotoLook};
use crate::step::{Claim, StageError, Step, Whole, Worker};
use crate::store::{Lease, Stamp};
use crate::time::local_date;

/// The step; a bounded number of distinct photos at a time.
pub struct Photos;

/// A photo that is due, and what is there of it.
pub struct Upload {
    photo: DuePhoto,
    content: Content,
}

enum Content {
    Cartoon,
    /// Rendered before, for another declaration with the same digest.
    Known(KnownRendition),
    Fetched(Declared, Fetched),
    /// The token is none of ours.
    Undeclared,
}

/// What work made of a photo.
enum Made {
    New(Rendered),
    Known(KnownRendition),
}

/// A photo and what became of it.
pub struct Looked {
    photo: DuePhoto,
    made: Result<Made, FoundFault>,
    may_come: bool,
}

/// One unit: one photo may be that of cards of several banks, and what is wrong with a photo costs its cards and
/// no others.
impl Step for Photos {
    type Unit = Whole;
    type Claimed<'s> = (Lease, Vec<Upload>);
    type Worked<'s> = (Lease, Vec<Looked>, ByRegion<Date>);

    async fn units(&self, _: &Worker, _: Timestamp) -> Result<Vec<Whole>, StageError> {
        Ok(vec![Whole])
    }

    async fn claim(&self, worker: &Worker, _: &Whole, now: Timestamp) -> Result<Claim<Self::Claimed<'_>>, StageError> {
        let due = distinct(worker.ledger.due_photos(now, PHOTOS_PER_CLAIM).await?);
        if due.is_empty() {
            return Ok(Claim::Nothing);
        }
        let Some(lease) = worker.lease("accounts/photos", now).await? else {
            return Ok(Claim::Busy);
        };
        Ok(Claim::Taken((lease, uploads(worker, due).await?)))
    }

    fn work<'s>(
        &self,
        worker: &'s Worker,
        (lease, uploads): Self::Claimed<'s>,
        now: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        Ok((lease, look_at(uploads), worker.by_region(local_date(now), |policy| policy.case_working_days)))
    }

    async fn settle<'s>(
        &self,
        worker: &'s Worker,
        (lease, looked, case_on): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let kept = stream::iter(looked).map(|looked| keep(worker, looked, now));
        let kept: Vec<LookedPhoto> = kept.buffered(RENDITIONS_KEPT_AT_ONCE).try_collect().await?;
        let why = Stamp { at: now, actor: "scheduler", reason: "its photo was looked at" };
        worker.ledger.settle_photos(&lease, kept, &case_on, why).await?;
        Ok(())
    }
}

/// One photo of each digest: another declaration of the same finds it rendered the next time.
fn distinct(mut due: Vec<DuePhoto>) -> Vec<DuePhoto> {
    let mut seen = std::collections::HashSet::new();
    due.retain(|photo| seen.insert(Declared::read(&photo.token).map_or_else(String::new, |d| d.sha256)));
    due
}

/// Fetches what is not known, a few at once, until the bytes are enough for one unit of work.
async fn uploads(worker: &Worker, due: Vec<DuePhoto>) -> Result<Vec<Upload>, StageError> {
    let digests = due.iter().filter_map(|p| Declared::read(&p.token)).map(|d| d.sha256).collect();
    let known = &worker.ledger.known_renditions(digests).await?;
    let fetching = stream::iter(due).map(|mut photo| async move {
        let message = photo.message_id.zip(photo.message.take());
        let content = match Declared::read(&photo.token) {
            None if photo.token == DEFAULT_PHOTO => Content::Cartoon,
            None => Content::Undeclared,
            Some(declared) => match known.iter().find(|k| k.digest == declared.sha256) {
                Some(known) => Content::Known(known.clone()),
                None => {
                    let fetched =
                        match message.map(|(id, message)| object_key(&worker.keys, (id, &message))).transpose() {
                            Ok(key) => {
                                let key = key.flatten().unwrap_or_default();
                                worker.objects.fetch(&key, PHOTO_BYTES_MAX).await?
                            }
                            Err(why) => Fetched::Refused(why),
                        };
                    Content::Fetched(declared, fetched)
                }
            },
        };
        Ok::<_, StageError>(Upload { photo, content })
    });
    let mut fetching = std::pin::pin!(fetching.buffered(PHOTOS_FETCHED_AT_ONCE));
    let (mut uploads, mut bytes) = (Vec::new(), 0);
    while bytes < PHOTO_CLAIM_BYTES
        && let Some(upload) = fetching.try_next().await?
    {
        if let Content::Fetched(_, Fetched::Found(file)) = &upload.content {
            bytes += file.len();
        }
        uploads.push(upload);
    }
    Ok(uploads)
}

/// Looks at all of them with all cores; how much is decoded at once is bounded by what the headers say.
fn look_at(uploads: Vec<Upload>) -> Vec<Looked> {
    let inspected: Vec<(Upload, Result<Option<Header>, FoundFault>)> = uploads
        .into_par_iter()
        .map(|upload| {
            let header = inspected(&upload);
            (upload, header)
        })
        .collect();
    let mut looked = Vec::with_capacity(inspected.len());
    let (mut wave, mut bytes) = (Vec::new(), 0);
    for (upload, header) in inspected {
        let more = header.as_ref().map_or(0, |header| header.map_or(0, |header| header.decoded_bytes()));
        if bytes + more > PHOTOS_DECODED_BYTES {
            looked.par_extend(std::mem::take(&mut wave).into_par_iter().map(made));
            bytes = 0;
        }
        bytes += more;
        wave.push((upload, header));
    }
    looked.par_extend(wave.into_par_iter().map(made));
    looked
}

/// Everything that can be said before a pixel is decoded; no header where nothing is to be decoded.
fn inspected(upload: &Upload) -> Result<Option<Header>, FoundFault> {
    match &upload.content {
        Content::Cartoon => Ok(None),
        Content::Known(known) => match (Declared::read(&upload.photo.token), Declared::read(&known.token)) {
            (Some(declared), Some(found)) => {
                check::compare(&declared, found.bytes, (found.width, found.height)).map(|()| None)
            }
            _ => Err(PhotoFault::Missing.seen("the application names no object")),
        },
        Content::Fetched(declared, Fetched::Found(file)) => check::inspect(declared, file).map(Some),
        Content::Fetched(_, Fetched::TooLarge) => Err(PhotoFault::TooLarge.seen("the file is larger than 8.75 MB")),
        Content::Fetched(_, Fetched::Missing) => Err(PhotoFault::Missing.seen("the object is not there")),
        Content::Fetched(_, Fetched::Refused(why)) => Err(PhotoFault::Missing.seen(why)),
        Content::Undeclared => Err(PhotoFault::Missing.seen("the application names no object")),
    }
}

fn made((upload, header): (Upload, Result<Option<Header>, FoundFault>)) -> Looked {
    let may_come = matches!(upload.content, Content::Fetched(_, Fetched::Missing));
    let made = header.and_then(|header| match (upload.content, header) {
        (Content::Fetched(_, Fetched::Found(file)), Some(header)) => {
            check::decode_and_render(&header, &file).map(Made::New)
        }
        (Content::Known(known), _) => Ok(Made::Known(known)),
        _ => render::render(cartoon::cartoon(), image::metadata::Orientation::NoTransforms).map(Made::New),
    });
    Looked { photo: upload.photo, made, may_come }
}

/// Seals the renditions under their digests, and says what the ledger is to keep.
async fn keep(worker: &Worker, looked: Looked, now: Timestamp) -> Result<LookedPhoto, StageError> {
    let Looked { photo, made, may_come } = looked;
    let again = PHOTO_ASKED_AGAIN_AFTER_MINUTES.get(usize::try_from(photo.tries).unwrap_or(usize::MAX));
    let look = match made {
        Ok(Made::New(rendered)) => PhotoLook::Usable {
            print: worker.objects.put("photos-print", &rendered.print).await?,
            chip: worker.objects.put("photos-chip", &rendered.chip).await?,
        },
        Ok(Made::Known(known)) => PhotoLook::Usable { print: known.print, chip: known.chip },
        Err(fault) => match again.filter(|_| may_come) {
            Some(minutes) => PhotoLook::AskAgain { fault: fault.to_string(), at: now + minutes.minutes() },
            None => PhotoLook::Faulty { fault: fault.to_string() },
        },
    };
    let digest = Declared::read(&photo.token).map(|declared| declared.sha256);
    Ok(LookedPhoto { token: photo.token, digest, tries: photo.tries, look })
}
