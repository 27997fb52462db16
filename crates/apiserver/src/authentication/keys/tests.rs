use super::*;

const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

fn keys() -> (TokenKeys, rcgen::KeyPair) {
    let pair = rcgen::KeyPair::generate().expect("key");
    (TokenKeys::from_pem(pair.serialize_pem().as_bytes(), &[]).expect("usable"), pair)
}

fn claims(now: i64, seconds: i64) -> Claims {
    Claims {
        audiences: Audiences(vec![ISSUER.into()]),
        exp: now + seconds,
        iat: now,
        nbf: now,
        iss: ISSUER.into(),
        jti: "id".into(),
        sub: "system:serviceaccount:a:b".into(),
        kubernetes: KubernetesClaims {
            namespace: "a".into(),
            serviceaccount: Reference { name: "b".into(), uid: "u".into() },
            ..KubernetesClaims::default()
        },
    }
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[test]
fn what_is_signed_is_believed_until_it_ends() {
    let (keys, _) = keys();
    let good = claims(now(), 600);
    let token = keys.sign(&good).expect("signs");
    assert_eq!(keys.verify(&token, ISSUER), Ok(good));
    assert!(keys.verify(&token, "https://other").is_err());
    let old = keys.sign(&claims(now() - 1000, 600)).expect("signs");
    assert_eq!(
        keys.verify(&old, ISSUER),
        Err(Unauthenticated("[invalid bearer token, service account token has expired]".into()))
    );
    let early = keys.sign(&claims(now() + 1000, 600)).expect("signs");
    assert!(keys.verify(&early, ISSUER).is_err());
}

#[test]
fn other_keys_changed_tokens_and_no_algorithm_are_refused() {
    let (keys, _) = keys();
    let (other, _) = self::keys();
    let token = other.sign(&claims(now(), 600)).expect("signs");
    assert!(keys.verify(&token, ISSUER).is_err());
    let own = keys.sign(&claims(now(), 600)).expect("signs");
    let (head, signature) = own.rsplit_once('.').expect("three parts");
    assert!(keys.verify(&format!("{head}x.{signature}"), ISSUER).is_err());
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", head.split_once('.').expect("three parts").1);
    assert!(keys.verify(&unsigned, ISSUER).is_err());
    for garbage in ["", "a.b.c", "x"] {
        assert!(keys.verify(garbage, ISSUER).is_err());
    }
}

#[test]
fn a_former_key_still_counts_and_the_key_set_names_both() {
    let (old, old_pair) = keys();
    let new_pair = rcgen::KeyPair::generate().expect("key");
    let further = vec![old_pair.public_key_pem().into_bytes()];
    let both = TokenKeys::from_pem(new_pair.serialize_pem().as_bytes(), &further).expect("usable");
    let token = old.sign(&claims(now(), 600)).expect("signs");
    assert!(both.verify(&token, ISSUER).is_ok());
    let document: serde_json::Value = serde_json::from_str(&both.jwks_document()).expect("JSON");
    let keys = document["keys"].as_array().expect("a list");
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0]["kty"], "EC");
    assert_eq!(keys[0]["use"], "sig");
    assert_eq!(keys[0]["alg"], "ES256");
    assert_eq!(both.algorithms(), ["ES256"]);
}

#[test]
fn text_that_is_no_key_is_refused() {
    assert!(matches!(TokenKeys::from_pem(b"x", &[]), Err(KeyError::Signing)));
    let pair = rcgen::KeyPair::generate().expect("key");
    let result = TokenKeys::from_pem(pair.serialize_pem().as_bytes(), &[b"x".to_vec()]);
    assert!(matches!(result, Err(KeyError::Verifying { at: 0 })));
}
