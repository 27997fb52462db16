//! Keys of ServiceAccount tokens: signing, checking, and the published key set.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::Unauthenticated;

/// Keys that cannot be used; a retry with the same bytes cannot help.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Neither an ECDSA P-256 nor an RSA private key in PKCS#8 (or RSA in PKCS#1) PEM.
    #[error("read the ServiceAccount signing key: want an ECDSA P-256 or RSA private key in PEM")]
    Signing,
    /// A further key is no public key.
    #[error("read ServiceAccount key {at}: want an ECDSA P-256 or RSA public key in PEM")]
    Verifying {
        /// Which of the further keys.
        at: usize,
    },
    /// The key set cannot be made.
    #[error("derive the public key")]
    Derive(#[source] jsonwebtoken::errors::Error),
}

/// Claims of a ServiceAccount token.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Claims {
    /// For whom.
    #[serde(rename = "aud")]
    pub audiences: Audiences,
    /// End, in seconds since 1970.
    pub exp: i64,
    /// Time of issue.
    pub iat: i64,
    /// Issuer.
    pub iss: String,
    /// Id of the token.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub jti: String,
    /// What it is about.
    #[serde(rename = "kubernetes.io")]
    pub kubernetes: KubernetesClaims,
    /// Start.
    pub nbf: i64,
    /// `system:serviceaccount:namespace:name`
    pub sub: String,
}

/// `aud`: one text or a list.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(from = "OneOrMany")]
pub struct Audiences(pub Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Audiences {
    fn from(value: OneOrMany) -> Self {
        match value {
            OneOrMany::One(one) => Audiences(vec![one]),
            OneOrMany::Many(many) => Audiences(many),
        }
    }
}

/// Private claims.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct KubernetesClaims {
    /// Namespace.
    pub namespace: String,
    /// Node it is bound to, or that its Pod runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Reference>,
    /// Pod it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<Reference>,
    /// Secret it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Reference>,
    /// The ServiceAccount.
    pub serviceaccount: Reference,
    /// When its use starts to be warned about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warnafter: Option<i64>,
}

/// An object by name and UID.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Reference {
    /// Name.
    pub name: String,
    /// UID.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uid: String,
}

struct VerifyingKey {
    id: String,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// The keys of one cluster.
pub struct TokenKeys {
    signing: EncodingKey,
    header: Header,
    verifying: Vec<VerifyingKey>,
    jwks: Vec<Jwk>,
}

impl TokenKeys {
    /// From the private signing key, and public keys that still count (both PEM).
    pub fn from_pem(signing_pem: &[u8], further_pem: &[Vec<u8>]) -> Result<TokenKeys, KeyError> {
        let (signing, algorithm) = EncodingKey::from_ec_pem(signing_pem)
            .map(|key| (key, Algorithm::ES256))
            .or_else(|_| EncodingKey::from_rsa_pem(signing_pem).map(|key| (key, Algorithm::RS256)))
            .map_err(|_| KeyError::Signing)?;
        let own = Jwk::from_encoding_key(&signing, algorithm).map_err(KeyError::Derive)?;
        let mut header = Header::new(algorithm);
        header.typ = None;
        let mut keys = TokenKeys { signing, header, verifying: Vec::new(), jwks: Vec::new() };
        let id = keys.add(own, algorithm)?;
        keys.header.kid = Some(id);
        for (at, pem) in further_pem.iter().enumerate() {
            let (key, algorithm) = DecodingKey::from_ec_pem(pem)
                .map(|key| (key, Algorithm::ES256))
                .or_else(|_| DecodingKey::from_rsa_pem(pem).map(|key| (key, Algorithm::RS256)))
                .map_err(|_| KeyError::Verifying { at })?;
            let jwk = Jwk::from_decoding_key(&key, Some(algorithm)).map_err(KeyError::Derive)?;
            keys.add(jwk, algorithm)?;
        }
        Ok(keys)
    }

    fn add(&mut self, mut jwk: Jwk, algorithm: Algorithm) -> Result<String, KeyError> {
        let id = jwk.thumbprint(ThumbprintHash::SHA256).map_err(KeyError::Derive)?;
        jwk.common.key_id = Some(id.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let key = DecodingKey::from_jwk(&jwk).map_err(KeyError::Derive)?;
        self.verifying.push(VerifyingKey { id: id.clone(), algorithm, key });
        self.jwks.push(jwk);
        Ok(id)
    }

    /// Signs a token.
    pub fn sign(&self, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
        jsonwebtoken::encode(&self.header, claims, &self.signing)
    }

    /// Checks signature, issuer and time of a token.
    pub fn verify(&self, token: &str, issuer: &str) -> Result<Claims, Unauthenticated> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| unknown_token())?;
        let is_it = |key: &&VerifyingKey| header.kid.as_deref().is_none_or(|id| id == key.id);
        let mut last = unknown_token();
        for key in self.verifying.iter().filter(is_it) {
            let mut validation = Validation::new(key.algorithm);
            validation.set_issuer(&[issuer]);
            validation.set_required_spec_claims(&["exp", "iss", "sub", "nbf"]);
            validation.validate_nbf = true;
            validation.validate_aud = false;
            match jsonwebtoken::decode::<Claims>(token, &key.key, &validation) {
                Ok(decoded) => return Ok(decoded.claims),
                Err(error) => last = Unauthenticated(reason(error.kind())),
            }
        }
        Err(last)
    }

    /// The key set as published at `/openid/v1/jwks`.
    pub fn jwks_document(&self) -> String {
        let keys: Vec<serde_json::Value> = self.jwks.iter().filter_map(|key| serde_json::to_value(key).ok()).collect();
        serde_json::json!({ "keys": keys }).to_string()
    }

    /// Names of the algorithms in use, for the discovery document.
    pub fn algorithms(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = self.verifying.iter().map(|key| algorithm_name(key.algorithm)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn algorithm_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::ES256 => "ES256",
        _ => "RS256",
    }
}

/// A token that is none of ours; upstream's text.
pub(super) fn unknown_token() -> Unauthenticated {
    Unauthenticated("invalid bearer token".into())
}

/// What is wrong with a token that may be ours; shown in token reviews.
fn reason(kind: &ErrorKind) -> String {
    let cause = match kind {
        ErrorKind::ExpiredSignature => "service account token has expired",
        ErrorKind::ImmatureSignature => "service account token is not valid yet",
        ErrorKind::InvalidSignature => "failed to verify the signature of the service account token",
        _ => return unknown_token().0,
    };
    format!("[invalid bearer token, {cause}]")
}

#[cfg(test)]
mod tests;
