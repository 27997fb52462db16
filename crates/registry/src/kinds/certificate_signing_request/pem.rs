//! PEM blocks of certificates and requests, and whether a request's signature is good.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::{FromDer, X509Certificate};

/// One block of a PEM text.
struct Block<'a> {
    label: &'a str,
    has_headers: bool,
    der: Vec<u8>,
    rest: &'a str,
}

/// The next block, as Go's `pem.Decode` finds it.
fn next_block(text: &str) -> Option<Block<'_>> {
    let mut text = text;
    loop {
        let start = text.find("-----BEGIN ")?;
        let after = &text[start + "-----BEGIN ".len()..];
        text = after;
        let Some((label, body)) = after.split_once("-----").filter(|(label, _)| !label.contains('\n')) else {
            continue;
        };
        let end = format!("-----END {label}-----");
        let Some((body, rest)) = body.split_once(end.as_str()) else { continue };
        let has_headers = body.lines().any(|line| line.contains(':'));
        let base64: String = body.lines().filter(|it| !it.contains(':')).flat_map(str::split_whitespace).collect();
        let Ok(der) = STANDARD.decode(base64) else { continue };
        return Some(Block { label, has_headers, der, rest });
    }
}

/// Checks that the text is a request that was signed with its own key.
pub fn check_request(pem: &[u8]) -> Result<(), String> {
    const TYPE: &str = "PEM block type must be CERTIFICATE REQUEST";
    let text = std::str::from_utf8(pem).map_err(|_| TYPE.to_owned())?;
    let block = next_block(text).filter(|it| it.label == "CERTIFICATE REQUEST").ok_or_else(|| TYPE.to_owned())?;
    let malformed = |_| "asn1: structure error: malformed certificate request".to_owned();
    let (rest, request) = X509CertificationRequest::from_der(&block.der).map_err(malformed)?;
    if !rest.is_empty() {
        return Err("asn1: syntax error: trailing data".to_owned());
    }
    check_signature(&request)
}

fn check_signature(request: &X509CertificationRequest<'_>) -> Result<(), String> {
    let info = &request.certification_request_info;
    let key = &info.subject_pki.subject_public_key.data;
    let oid = request.signature_algorithm.algorithm.to_id_string();
    let curve = info.subject_pki.algorithm.parameters.as_ref().and_then(|it| it.as_oid().ok());
    let curve = curve.map(|it| it.to_id_string()).unwrap_or_default();
    let Some(algorithm) = algorithm(&oid, &curve) else {
        return Err(match oid.starts_with("1.2.840.10045.4.3") {
            true => "x509: unsupported elliptic curve".to_owned(),
            false => "x509: cannot verify signature: algorithm unimplemented".to_owned(),
        });
    };
    let verified = UnparsedPublicKey::new(algorithm, key).verify(info.raw, &request.signature_value.data);
    verified.map_err(|_| match oid.starts_with("1.2.840.113549.1.1") {
        true => "crypto/rsa: verification error".to_owned(),
        false => "x509: ECDSA verification failure".to_owned(),
    })
}

/// By the object identifiers of the signature's algorithm and of the key's curve.
fn algorithm(oid: &str, curve: &str) -> Option<&'static dyn VerificationAlgorithm> {
    const P256: &str = "1.2.840.10045.3.1.7";
    const P384: &str = "1.3.132.0.34";
    const P521: &str = "1.3.132.0.35";
    Some(match (oid, curve) {
        ("1.2.840.113549.1.1.11", _) => &signature::RSA_PKCS1_2048_8192_SHA256,
        ("1.2.840.113549.1.1.12", _) => &signature::RSA_PKCS1_2048_8192_SHA384,
        ("1.2.840.113549.1.1.13", _) => &signature::RSA_PKCS1_2048_8192_SHA512,
        ("1.2.840.10045.4.3.2", P256) => &signature::ECDSA_P256_SHA256_ASN1,
        ("1.2.840.10045.4.3.3", P256) => &signature::ECDSA_P256_SHA384_ASN1,
        ("1.2.840.10045.4.3.2", P384) => &signature::ECDSA_P384_SHA256_ASN1,
        ("1.2.840.10045.4.3.3", P384) => &signature::ECDSA_P384_SHA384_ASN1,
        ("1.2.840.10045.4.3.4", P521) => &signature::ECDSA_P521_SHA512_ASN1,
        ("1.3.101.112", _) => &signature::ED25519,
        _ => return None,
    })
}

/// Checks that the text is certificates and nothing else.
pub fn check_certificates(pem: &[u8]) -> Result<(), String> {
    let mut text = std::str::from_utf8(pem).unwrap_or("");
    let mut count = 0;
    while let Some(block) = next_block(text) {
        if block.label != "CERTIFICATE" {
            return Err(format!("only CERTIFICATE PEM blocks are allowed, found {:?}", block.label));
        }
        if block.has_headers {
            return Err("no PEM block headers are permitted".to_owned());
        }
        X509Certificate::from_der(&block.der).map_err(|_| "x509: malformed certificate".to_owned())?;
        count += 1;
        text = block.rest;
    }
    match count {
        0 => Err("must contain at least one CERTIFICATE PEM block".to_owned()),
        _ => Ok(()),
    }
}
