//! Keys and certificates: made at the first start, renewed before they end, never by surprise.

use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};

/// How long the authority is valid.
const AUTHORITY_VALIDITY: Duration = Duration::from_secs(10 * 365 * 24 * 3_600);

/// Certificates are dated back by this, for clocks that are behind; those that live shortly by a tenth of their life.
const BACKDATE_MAX: Duration = Duration::from_secs(3_600);

/// A leaf is renewed when one part in so many of its life is left.
const RENEW_PART: i64 = 3;

/// PEM text of a certificate (chain) and its key.
#[derive(Clone)]
pub struct KeyedCertificate {
    /// Certificate, then nothing else: the authority is known to everybody.
    pub certificate_pem: String,
    /// PKCS#8 key.
    pub key_pem: String,
    /// When it is to be renewed, in seconds since the epoch.
    pub renew_at: i64,
}

/// What a leaf certificate is for.
pub struct LeafRequest<'a> {
    /// File name without ending, such as `apiserver`.
    pub file: &'a str,
    /// Common name: the user of a client certificate.
    pub common_name: &'a str,
    /// Organizations: the groups of a client certificate.
    pub organizations: &'a [&'a str],
    /// DNS names and addresses of a server; empty for a client.
    pub names: Vec<SubjectName>,
}

/// A name that a serving certificate answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectName {
    /// DNS name.
    Dns(String),
    /// Address.
    Ip(IpAddr),
}

/// The cluster's certificate authority and its directory.
pub struct Authority {
    directory: PathBuf,
    /// How long leaves are valid.
    leaf_validity: Duration,
    /// The authority's certificate.
    pub certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Reads the authority in `directory`, or makes it; its leaves are valid for `leaf_validity`.
    ///
    /// # Errors
    /// Files that cannot be read, parsed or written.
    pub fn open(directory: &Path, leaf_validity: Duration) -> anyhow::Result<Self> {
        Authority::open_as("kubernetes", directory, leaf_validity)
    }

    /// The same with another name.
    pub fn open_as(name: &str, directory: &Path, leaf_validity: Duration) -> anyhow::Result<Self> {
        std::fs::create_dir_all(directory).with_context(|| format!("create {}", directory.display()))?;
        let (certificate_path, key_path) = (directory.join("ca.crt"), directory.join("ca.key"));
        if !key_path.exists() || !certificate_path.exists() {
            make_authority(name, &certificate_path, &key_path)?;
        }
        let certificate_pem = read(&certificate_path)?;
        let key = KeyPair::from_pem(&read(&key_path)?).context("parse ca.key")?;
        let issuer = Issuer::from_ca_cert_pem(&certificate_pem, key).context("parse ca.crt")?;
        Ok(Authority { directory: directory.to_owned(), leaf_validity, certificate_pem, issuer })
    }

    /// The leaf of `request`: the one on disk while it is good for long enough and for the same names, else a new one.
    pub fn leaf(&self, request: &LeafRequest<'_>) -> anyhow::Result<KeyedCertificate> {
        let certificate_path = self.directory.join(format!("{}.crt", request.file));
        let key_path = self.directory.join(format!("{}.key", request.file));
        let wanted = format!(
            "{}\n{:?}\n{:?}\n{} s",
            request.common_name,
            request.organizations,
            request.names,
            self.leaf_validity.as_secs()
        );
        let names_path = self.directory.join(format!("{}.names", request.file));
        if let (Ok(certificate_pem), Ok(key_pem), Ok(names)) =
            (read(&certificate_path), read(&key_path), read(&names_path))
            && names == wanted
            && let Some(renew_at) = self.renew_at(&certificate_pem)
            && jiff::Timestamp::now().as_second() < renew_at
        {
            return Ok(KeyedCertificate { certificate_pem, key_pem, renew_at });
        }
        let made = self.make_leaf(request)?;
        write_private(&key_path, &made.key_pem)?;
        write_private(&certificate_path, &made.certificate_pem)?;
        write_private(&names_path, &wanted)?;
        Ok(made)
    }

    /// A leaf that is not kept on disk.
    pub fn make_leaf(&self, request: &LeafRequest<'_>) -> anyhow::Result<KeyedCertificate> {
        let key = KeyPair::generate().context("make a key")?;
        let mut params = base_params(request.common_name, request.organizations, self.leaf_validity);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = match request.names.is_empty() {
            true => vec![ExtendedKeyUsagePurpose::ClientAuth],
            false => vec![ExtendedKeyUsagePurpose::ServerAuth],
        };
        for name in &request.names {
            params.subject_alt_names.push(match name {
                SubjectName::Dns(name) => SanType::DnsName(name.as_str().try_into().context("name of a certificate")?),
                SubjectName::Ip(address) => SanType::IpAddress(*address),
            });
        }
        let certificate = params.signed_by(&key, &self.issuer).context("sign a certificate")?;
        let certificate_pem = certificate.pem();
        let renew_at = self.renew_at(&certificate_pem).context("read the certificate that was made")?;
        Ok(KeyedCertificate { certificate_pem, key_pem: key.serialize_pem(), renew_at })
    }

    /// When a leaf is to be renewed, in seconds since the epoch; none when another authority issued it.
    fn renew_at(&self, certificate_pem: &str) -> Option<i64> {
        let leaf = x509_parser::pem::parse_x509_pem(certificate_pem.as_bytes()).ok()?.1;
        let authority = x509_parser::pem::parse_x509_pem(self.certificate_pem.as_bytes()).ok()?.1;
        let (leaf, authority) = (leaf.parse_x509().ok()?, authority.parse_x509().ok()?);
        let (start, end) = (leaf.validity().not_before.timestamp(), leaf.validity().not_after.timestamp());
        let is_ours = leaf.issuer() == authority.subject() && authority_key_matches(&leaf, &authority);
        is_ours.then_some(end - (end - start) / RENEW_PART)
    }
}

/// Whether the leaf names the authority's key: a data directory that was made anew has another one.
fn authority_key_matches(
    leaf: &x509_parser::certificate::X509Certificate<'_>,
    authority: &x509_parser::certificate::X509Certificate<'_>,
) -> bool {
    use x509_parser::extensions::ParsedExtension;
    let of_leaf = leaf.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(id) => id.key_identifier.as_ref().map(|id| id.0.to_vec()),
        _ => None,
    });
    let of_authority = authority.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
        _ => None,
    });
    of_leaf.is_some() && of_leaf == of_authority
}

/// The key that signs ServiceAccount tokens (ECDSA P-256, PKCS#8 PEM), made when absent.
pub fn service_account_key(directory: &Path) -> anyhow::Result<String> {
    let path = directory.join("service-account.key");
    if !path.exists() {
        write_private(&path, &KeyPair::generate().context("make a key")?.serialize_pem())?;
    }
    read(&path)
}

fn make_authority(name: &str, certificate_path: &Path, key_path: &Path) -> anyhow::Result<()> {
    let key = KeyPair::generate().context("make a key")?;
    let mut params = base_params(name, &[], AUTHORITY_VALIDITY);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    let certificate = params.self_signed(&key).context("sign the authority")?;
    write_private(key_path, &key.serialize_pem())?;
    write_private(certificate_path, &certificate.pem())
}

fn base_params(common_name: &str, organizations: &[&str], validity: Duration) -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    for organization in organizations {
        name.push(DnType::OrganizationName, *organization);
    }
    name.push(DnType::CommonName, common_name);
    params.distinguished_name = name;
    let now = std::time::SystemTime::now();
    params.not_before = (now - BACKDATE_MAX.min(validity / 10)).into();
    params.not_after = (now + validity).into();
    params
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

/// Writes a file that only root reads, whole or not at all.
pub fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    let temporary = path.with_extension("new");
    let _ = std::fs::remove_file(&temporary);
    let attempt = || -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    attempt().with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: Duration = Duration::from_secs(365 * 24 * 3_600);

    fn scratch(name: &str) -> PathBuf {
        let directory = std::env::temp_dir().join(format!("corten-pki-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        directory
    }

    fn client(name: &str) -> LeafRequest<'_> {
        LeafRequest { file: "admin", common_name: name, organizations: &["system:masters"], names: vec![] }
    }

    #[test]
    fn a_good_leaf_is_kept_and_one_for_another_name_is_made_anew() {
        let directory = scratch("keep");
        let authority = Authority::open(&directory, YEAR).expect("make an authority");
        let first = authority.leaf(&client("admin")).expect("make a leaf");
        let again = Authority::open(&directory, YEAR)
            .expect("read the authority")
            .leaf(&client("admin"))
            .expect("read the leaf");
        assert_eq!(first.certificate_pem, again.certificate_pem);
        let other = authority.leaf(&client("root")).expect("make a leaf");
        assert_ne!(first.certificate_pem, other.certificate_pem);
        std::fs::remove_dir_all(&directory).expect("clean up");
    }

    #[test]
    fn a_leaf_of_another_authority_is_made_anew() {
        let directory = scratch("other");
        let first = Authority::open(&directory, YEAR).expect("authority").leaf(&client("admin")).expect("leaf");
        std::fs::remove_file(directory.join("ca.key")).expect("remove the key");
        let second = Authority::open(&directory, YEAR).expect("authority").leaf(&client("admin")).expect("leaf");
        assert_ne!(first.certificate_pem, second.certificate_pem);
        std::fs::remove_dir_all(&directory).expect("clean up");
    }

    #[test]
    fn a_leaf_is_renewed_when_a_third_of_its_life_is_left_or_it_is_to_live_otherwise() {
        let directory = scratch("renew");
        let authority = Authority::open(&directory, YEAR).expect("authority");
        let leaf = authority.leaf(&client("admin")).expect("leaf");
        let left = leaf.renew_at - jiff::Timestamp::now().as_second();
        let third = YEAR.as_secs() as i64 / 3;
        assert!((left - 2 * third).abs() < 3_600, "{left}");
        let brief = Authority::open(&directory, Duration::from_secs(600)).expect("authority");
        let other = brief.leaf(&client("admin")).expect("leaf");
        assert_ne!(other.certificate_pem, leaf.certificate_pem);
        let left = other.renew_at - jiff::Timestamp::now().as_second();
        assert!((370..=400).contains(&left), "{left}");
        // One whose life is over at once is made anew each time.
        let spent = Authority::open(&directory, Duration::ZERO).expect("authority");
        let first = spent.leaf(&client("admin")).expect("leaf");
        assert_ne!(spent.leaf(&client("admin")).expect("leaf").certificate_pem, first.certificate_pem);
        std::fs::remove_dir_all(&directory).expect("clean up");
    }
}
