//! What is inside the encryption: one signature over one piece of literal data, compressed or not.

use std::io::Read;
use std::ops::Range;

use flate2::bufread::{DeflateDecoder, ZlibDecoder};
use pgp::packet::{PacketHeader, Signature};
use pgp::types::Tag;

use super::packets::{self, wrong};
use crate::MAX_CONTENT_BYTES;
use crate::error::{EnvelopeError, Part, malformed};
use crate::manifest::MAX_MANIFEST_BYTES;

/// What a message grows to at most: the largest archive, filled up, and its packets.
const MAX_MESSAGE_BYTES: usize = MAX_CONTENT_BYTES + MAX_MANIFEST_BYTES + 64 * 1024;

/// Where the signed data lies, and its signature.
pub struct Message {
    pub data: Range<usize>,
    pub signature: Signature,
}

/// The message without its compression, if it has one. gpg compresses unless the key's owner asks it not to.
pub fn decompressed(bytes: &mut Vec<u8>, within: Range<usize>) -> Result<Range<usize>, EnvelopeError> {
    let packet = packets::read(bytes, within.clone())?;
    if packet.tag != packets::COMPRESSED {
        return Ok(within);
    }
    if packet.next != within.end {
        return Err(wrong("something stands behind its compressed data"));
    }
    let (algorithm, packed) = bytes[packet.body].split_first().ok_or(wrong("its compressed data is empty"))?;
    let (mut plain, limit) = (Vec::new(), MAX_MESSAGE_BYTES);
    // One byte more than allowed shows that there is more; what it would grow to is never seen.
    let most = limit as u64 + 1;
    let rest = match algorithm {
        1 => inflate(DeflateDecoder::new(packed), most, &mut plain, DeflateDecoder::into_inner),
        2 => inflate(ZlibDecoder::new(packed), most, &mut plain, ZlibDecoder::into_inner),
        _ => {
            let algorithm = format!("the compression number {algorithm}");
            return Err(EnvelopeError::Algorithm { part: Part::Message, algorithm, accepted: "none, ZIP or ZLIB" });
        }
    };
    if plain.len() > limit {
        return Err(EnvelopeError::TooLarge { part: Part::Message, limit });
    }
    if rest.is_none_or(|rest| !rest.is_empty()) {
        return Err(wrong("its compressed data is damaged"));
    }
    *bytes = plain;
    Ok(0..bytes.len())
}

/// Decompresses, and gives what is left of the input.
fn inflate<'a, D: Read>(decoder: D, most: u64, plain: &mut Vec<u8>, rest: fn(D) -> &'a [u8]) -> Option<&'a [u8]> {
    let mut decoder = decoder.take(most);
    decoder.read_to_end(plain).ok()?;
    Some(rest(decoder.into_inner()))
}

/// Reads a one-pass header, literal data and a signature, and nothing else (RFC 9580, section 10.3).
pub fn read(bytes: &mut [u8], within: Range<usize>) -> Result<Message, EnvelopeError> {
    let one_pass = packets::read(bytes, within.clone())?;
    match (one_pass.tag, &bytes[one_pass.body]) {
        // Version 3, over binary data, two algorithms and eight bytes of key id, which the signature says again.
        // The last byte says that no other signature follows.
        (packets::ONE_PASS, [3, 0, _, _, _, _, _, _, _, _, _, _, 1]) => {}
        (packets::ONE_PASS, [3, 0, .., 0]) => return Err(EnvelopeError::ManySignatures),
        (packets::LITERAL, _) => return Err(EnvelopeError::NotSigned),
        _ => return Err(wrong("it does not begin with a signature over binary data")),
    }
    let literal = packets::read(bytes, one_pass.next..within.end)?;
    let name_bytes = match &bytes[literal.body.clone()] {
        [b'b', name_bytes, ..] if literal.tag == packets::LITERAL => usize::from(*name_bytes),
        _ => return Err(wrong("what it signs is no binary data")),
    };
    // Mode, length of a name, the name, four bytes of time: none of it is signed, so none of it is used.
    let data = literal.body.start + 6 + name_bytes..literal.body.end;
    if data.start > data.end {
        return Err(wrong("its literal data is cut"));
    }
    let signature = packets::read(bytes, literal.next..within.end)?;
    if signature.tag != packets::SIGNATURE {
        return Err(EnvelopeError::NotSigned);
    }
    if signature.next != within.end {
        return Err(EnvelopeError::ManySignatures);
    }
    Ok(Message { data, signature: parsed(&bytes[signature.body])? })
}

fn parsed(mut body: &[u8]) -> Result<Signature, EnvelopeError> {
    let unreadable = malformed(Part::Signature, "it cannot be read");
    let length = u32::try_from(body.len()).map_err(|_| unreadable.clone())?;
    let header = PacketHeader::new_fixed(Tag::Signature, length);
    let signature = Signature::try_from_reader(header, &mut body).map_err(|_| unreadable.clone())?;
    if body.is_empty() { Ok(signature) } else { Err(unreadable) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_archive_fits_into_a_message() {
        let largest = crate::archive::length(&[MAX_MANIFEST_BYTES, MAX_CONTENT_BYTES]) + 20 * 512;
        assert!(largest + 1024 < MAX_MESSAGE_BYTES);
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_large() {
        let mut packed = vec![1];
        let mut encoder = flate2::write::DeflateEncoder::new(&mut packed, flate2::Compression::fast());
        for _ in 0..1024 {
            std::io::Write::write_all(&mut encoder, &[0; 1024 * 1024]).unwrap();
        }
        encoder.finish().unwrap();
        let mut bytes = [&packets::header(packets::COMPRESSED, packed.len()).unwrap()[..], &packed].concat();
        let (packed_bytes, whole) = (bytes.len(), 0..bytes.len());
        assert!(packed_bytes < 16 * 1024 * 1024, "{packed_bytes}");
        let refused = decompressed(&mut bytes, whole);
        assert_eq!(refused, Err(EnvelopeError::TooLarge { part: Part::Message, limit: MAX_MESSAGE_BYTES }));
        assert_eq!(bytes.len(), packed_bytes, "nothing of it was kept");
    }
}
