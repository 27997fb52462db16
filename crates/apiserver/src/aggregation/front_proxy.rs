//! How servers behind APIServices know this one: the ConfigMap `kube-system/extension-apiserver-authentication`.

use std::sync::{Arc, Weak};

use apimachinery::tree;
use apimachinery::value::Value;
use apimachinery::watch::WatchEventType;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use streaming::tls::certificates_from_pem;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::bootstrap::BootstrapError;
use crate::bootstrap::api_caller::{ApiCaller, Collection};
use crate::changes::Changes;
use crate::config::Config;
use crate::in_process::InProcess;
use crate::server::{Server, loopback_user};

/// Namespace of the ConfigMap.
const NAMESPACE: &str = "kube-system";
/// Its name.
const NAME: &str = "extension-apiserver-authentication";

/// Seconds for which an expired CA is still listed: clocks differ.
const EXPIRED_SECONDS_MAX: i64 = 5 * 60;

/// Characters per line of a PEM body.
const PEM_LINE: usize = 64;

/// Creates the ConfigMap, or adds what is missing.
pub(crate) async fn publish(api: &ApiCaller, config: &Config) -> Result<(), BootstrapError> {
    let wanted = wanted(config);
    if wanted.is_empty() {
        return Ok(());
    }
    let now = jiff::Timestamp::now().as_second();
    let Some(mut stored) = api.get(Collection::CONFIG_MAPS, NAMESPACE, NAME).await? else {
        let data = combined(&Value::Null, &wanted, now);
        let object = tree!({"metadata": {"name": NAME, "namespace": NAMESPACE}, "data": data});
        return api.create(Collection::CONFIG_MAPS, &object).await.map(drop);
    };
    let data = combined(stored.field("data"), &wanted, now);
    if data == *stored.field("data") {
        return Ok(());
    }
    stored.set(&["data"], data);
    api.update(Collection::CONFIG_MAPS, &stored).await.map(drop)
}

/// Adds again what somebody took away, until the server stops or is gone.
pub(super) fn start(server: &Arc<Server>) {
    let Some(resource) = server.registry.resource("", "v1", "configmaps") else { return };
    let (server, mut stopping) = (Arc::downgrade(server), server.stopping.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = follow(server, Changes::of_one(resource, NAMESPACE, NAME)) => {}
            _ = stopping.wait_for(|stops| *stops) => {}
        }
    });
}

async fn follow(server: Weak<Server>, mut changes: Changes) {
    loop {
        let is_change = matches!(changes.next().await.event_type, WatchEventType::Modified | WatchEventType::Deleted);
        let Some(server) = server.upgrade() else { return };
        if !is_change {
            continue;
        }
        let api = ApiCaller::new(Arc::new(InProcess::new(Arc::clone(&server), loopback_user())));
        if let Err(error) = publish(&api, &server.config).await {
            tracing::warn!(%error, "cannot publish how this server is known");
        }
    }
}

/// What a key of the ConfigMap holds.
enum Entry {
    /// A JSON list of texts.
    Texts(Vec<String>),
    /// PEM certificates.
    Certificates(Vec<u8>),
}

fn wanted(config: &Config) -> Vec<(&'static str, Entry)> {
    let mut all = Vec::new();
    if !config.client_ca_pem.is_empty() {
        all.push(("client-ca-file", Entry::Certificates(config.client_ca_pem.clone())));
    }
    if let Some(front_proxy) = &config.front_proxy {
        let text = |text: &str| Entry::Texts(vec![text.to_owned()]);
        all.push(("requestheader-username-headers", text("X-Remote-User")));
        all.push(("requestheader-uid-headers", text("X-Remote-Uid")));
        all.push(("requestheader-group-headers", text("X-Remote-Group")));
        all.push(("requestheader-extra-headers-prefix", text("X-Remote-Extra-")));
        all.push(("requestheader-client-ca-file", Entry::Certificates(front_proxy.ca_pem.clone())));
        all.push(("requestheader-allowed-names", Entry::Texts(front_proxy.allowed_names.clone())));
    }
    all
}

/// The stored entries with the wanted ones: another server may have its own there. `now` in seconds since the epoch.
fn combined(stored: &Value, wanted: &[(&'static str, Entry)], now: i64) -> Value {
    let mut data = if stored.is_null() { Value::object() } else { stored.clone() };
    for (key, entry) in wanted {
        let before = stored.str_at(&[key]);
        let text = match entry {
            Entry::Texts(texts) => combined_texts(before, texts),
            Entry::Certificates(pem) => combined_certificates(before.as_bytes(), pem, now),
        };
        data.set(&[key], text);
    }
    data
}

fn combined_texts(before: &str, wanted: &[String]) -> String {
    let mut all: Vec<String> = serde_json::from_str(before).unwrap_or_default();
    for text in wanted {
        if !all.contains(text) {
            all.push(text.clone());
        }
    }
    serde_json::Value::from(all).to_string()
}

fn combined_certificates(before: &[u8], wanted: &[u8], now: i64) -> String {
    let mut all: Vec<Vec<u8>> = Vec::new();
    for pem in [before, wanted] {
        for certificate in certificates_from_pem(pem).unwrap_or_default() {
            let is_over = expires(&certificate).is_some_and(|at| at + EXPIRED_SECONDS_MAX < now);
            if !is_over && !all.iter().any(|it| it.as_slice() == certificate.as_ref()) {
                all.push(certificate.as_ref().to_vec());
            }
        }
    }
    all.iter().map(|certificate| pem_text(certificate)).collect()
}

fn expires(certificate: &[u8]) -> Option<i64> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(certificate.validity().not_after.timestamp())
}

fn pem_text(certificate: &[u8]) -> String {
    let body = STANDARD.encode(certificate);
    let mut text = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in body.as_bytes().chunks(PEM_LINE) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority(year: i32) -> String {
        let key = rcgen::KeyPair::generate().expect("key");
        let mut params = rcgen::CertificateParams::new(vec![]).expect("params");
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        params.self_signed(&key).expect("sign").pem()
    }

    #[test]
    fn what_other_servers_published_stays() {
        let (theirs, ours, expired) = (authority(2090), authority(2090), authority(2000));
        let stored =
            tree!({"client-ca-file": (format!("{theirs}{expired}")), "requestheader-allowed-names": "[\"a\"]"});
        let wanted = [
            ("client-ca-file", Entry::Certificates(ours.clone().into_bytes())),
            ("requestheader-allowed-names", Entry::Texts(vec!["b".into(), "a".into()])),
        ];
        let now = 1_800_000_000;
        let data = combined(&stored, &wanted, now);
        assert_eq!(data.str_at(&["requestheader-allowed-names"]), r#"["a","b"]"#);
        let pem = data.str_at(&["client-ca-file"]);
        let count = certificates_from_pem(pem.as_bytes()).expect("PEM").len();
        assert_eq!(count, 2, "{pem}");
        assert_eq!(combined(&data, &wanted, now), data, "nothing is missing any more");
    }
}
