//! The documents built into the program equal the facts in `schema/`.
//!
//! With `CORTEN_UPDATE=1` in the environment the test writes them anew.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

fn minified(path: &Path) -> Vec<u8> {
    let text = fs::read(path).expect("the facts are in the repository");
    let value: serde_json::Value = serde_json::from_slice(&text).expect("the facts are JSON");
    serde_json::to_vec(&value).expect("JSON encodes")
}

fn unpack(path: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    let packed = fs::read(path).unwrap_or_default();
    let _ = GzDecoder::new(&packed[..]).read_to_end(&mut out);
    out
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("a Vec takes any bytes");
    encoder.finish().expect("a Vec takes any bytes")
}

fn documents() -> Vec<(PathBuf, PathBuf)> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let facts = here.join("../../schema");
    let mut all: Vec<_> = ["bootstrap.json", "table-columns.json", "openapi-v2.json"]
        .iter()
        .map(|name| (facts.join(name), here.join(format!("data/{name}.gz"))))
        .collect();
    for entry in fs::read_dir(facts.join("openapi-v3")).expect("the facts are in the repository") {
        let source = entry.expect("a readable folder").path();
        let name = source.file_name().expect("files have names").to_string_lossy().into_owned();
        all.push((source, here.join(format!("data/openapi-v3/{name}.gz"))));
    }
    all
}

#[test]
fn embedded_documents_equal_the_facts() {
    let is_update = std::env::var_os("CORTEN_UPDATE").is_some();
    for (source, target) in documents() {
        let wanted = minified(&source);
        if unpack(&target) == wanted {
            continue;
        }
        assert!(is_update, "{} is not made from {}: run with CORTEN_UPDATE=1", target.display(), source.display());
        fs::write(&target, pack(&wanted)).expect("the data folder can be written");
    }
}
