//! gzip of answers (streamed) and of embedded documents.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::reply::Pieces;

/// Compresses pieces as they come, at the level that costs least, as upstream.
pub fn compress(pieces: Pieces) -> Pieces {
    let encoder = GzEncoder::new(Vec::new(), Compression::new(1));
    Box::new(Compressed { pieces, encoder: Some(encoder) })
}

struct Compressed {
    pieces: Pieces,
    encoder: Option<GzEncoder<Vec<u8>>>,
}

impl Iterator for Compressed {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        loop {
            let encoder = self.encoder.as_mut()?;
            match self.pieces.next() {
                Some(piece) => {
                    encoder.write_all(&piece).expect("a Vec takes any bytes");
                    let out = std::mem::take(encoder.get_mut());
                    if !out.is_empty() {
                        return Some(out.into());
                    }
                }
                None => {
                    let encoder = self.encoder.take()?;
                    return Some(encoder.finish().expect("a Vec takes any bytes").into());
                }
            }
        }
    }
}

/// Unpacks a document that is built into the program.
pub fn unpack_embedded(packed: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut out).expect("embedded documents are tested to unpack");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_unpacks_to_the_same() {
        let pieces: Vec<Bytes> = (0..50).map(|n| Bytes::from(format!("piece {n};").repeat(3000))).collect();
        let whole: Vec<u8> = pieces.concat();
        let packed: Vec<u8> = compress(Box::new(pieces.into_iter())).flatten().collect();
        assert!(packed.len() < whole.len() / 10);
        assert_eq!(unpack_embedded(&packed), whole);
    }
}
