//! Which hosts a registry's images come from: mirrors from the command line, then containerd's `hosts.toml`, then
//! the registry itself.
//!
//! The file is read at every pull, so that a change counts at once. Its form is containerd's: `server`, and a table
//! `[host."URL"]` per mirror with `capabilities`, `ca`, `client`, `skip_verify`, `override_path` and `header`.

use std::io;
use std::path::{Path, PathBuf};

use super::http::TlsOptions;
use super::pull::PullConfig;
use super::store::ImageError;

/// Directory that counts for registries without one of their own.
const DEFAULT_DIRECTORY: &str = "_default";

/// One host that is asked for a registry's images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryHost {
    /// URL below which repositories are, without the final slash: `https://registry.k8s.io/v2`.
    pub base: String,
    /// Whether tags are looked up here.
    pub resolves: bool,
    /// Whether content is fetched here.
    pub pulls: bool,
    /// How TLS to it differs from the host's settings.
    pub tls: TlsOptions,
    /// Sent with every request: lower-case name and value.
    pub headers: Vec<(String, String)>,
    /// The registry that it stands in for, which it is told as `ns`; none when it is the registry itself.
    pub stands_for: Option<String>,
}

/// The hosts of `registry`, in the order in which they are asked.
///
/// # Errors
/// A file that cannot be read or says what cannot be; it names the file. A retry helps once the file is mended.
pub fn of_registry(config: &PullConfig, registry: &str) -> Result<Vec<RegistryHost>, ImageError> {
    let mut hosts = Vec::new();
    for url in config.mirrors.get(registry).into_iter().flatten() {
        let told = HostTable::default();
        hosts.push(host(url, registry, &told, Path::new("/")).map_err(ImageError::Invalid)?);
    }
    hosts.extend(from_directory(&config.hosts_directory, registry)?);
    Ok(hosts)
}

fn from_directory(root: &Path, registry: &str) -> Result<Vec<RegistryHost>, ImageError> {
    let itself = || host(&own_url(registry), registry, &HostTable::default(), root).map_err(ImageError::Invalid);
    let candidates = directory_names(registry);
    let found = candidates.iter().map(|name| root.join(name)).find(|directory| directory.is_dir());
    let Some(directory) = found.filter(|_| !root.as_os_str().is_empty()) else { return Ok(vec![itself()?]) };
    let path = directory.join("hosts.toml");
    match std::fs::read_to_string(&path) {
        Ok(text) => parse(&text, &directory, registry)
            .map_err(|cause| ImageError::Invalid(format!("{}: {cause}", path.display()))),
        // Docker's form: only certificates.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut own = itself()?;
            own.tls.authority_files = certificate_files(&directory);
            Ok(vec![own])
        }
        Err(error) => Err(ImageError::Invalid(format!("read {}: {error}", path.display()))),
    }
}

/// `host:port` is a directory of that name or, for file systems without colons, `host_port_`.
fn directory_names(registry: &str) -> Vec<String> {
    let escaped = registry.rsplit_once(':').map(|(name, port)| format!("{name}_{port}_"));
    escaped.into_iter().chain([registry.to_owned(), DEFAULT_DIRECTORY.to_owned()]).collect()
}

fn certificate_files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "crt")).collect();
    found.sort();
    found
}

/// A host's keys; those of the file's top are the registry's own.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct HostTable {
    capabilities: Vec<String>,
    ca: OneOrMore,
    client: Option<toml::Value>,
    skip_verify: bool,
    override_path: bool,
    header: toml::map::Map<String, toml::Value>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct HostsFile {
    server: String,
    host: toml::map::Map<String, toml::Value>,
    #[serde(flatten)]
    own: HostTable,
}

#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Default for OneOrMore {
    fn default() -> Self {
        OneOrMore::More(vec![])
    }
}

impl OneOrMore {
    fn into_vec(self) -> Vec<String> {
        match self {
            OneOrMore::One(text) => vec![text],
            OneOrMore::More(texts) => texts,
        }
    }
}

/// Reads a `hosts.toml`; relative paths in it are below `directory`.
fn parse(text: &str, directory: &Path, registry: &str) -> Result<Vec<RegistryHost>, String> {
    let file: HostsFile = toml::from_str(text).map_err(|error| error.to_string().trim().to_owned())?;
    let mut hosts = Vec::new();
    for (url, table) in file.host {
        let table: HostTable = table.try_into().map_err(|error| format!("host {url:?}: {error}"))?;
        hosts.push(host(&url, registry, &table, directory)?);
    }
    let server = if file.server.is_empty() { own_url(registry) } else { file.server };
    hosts.push(host(&server, registry, &file.own, directory)?);
    Ok(hosts)
}

fn host(url: &str, registry: &str, table: &HostTable, directory: &Path) -> Result<RegistryHost, String> {
    let (resolves, pulls) = capabilities(&table.capabilities).map_err(|cause| format!("host {url:?}: {cause}"))?;
    let url = if url.contains("://") { url.to_owned() } else { format!("https://{url}") };
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let (name, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    if !matches!(scheme, "http" | "https") || name.is_empty() {
        return Err(format!("host {url:?}: want http:// or https:// and a host"));
    }
    let path = path.trim_end_matches('/');
    let version = if table.override_path || path.ends_with("/v2") { "" } else { "/v2" };
    Ok(RegistryHost {
        base: format!("{scheme}://{name}{path}{version}"),
        resolves,
        pulls,
        tls: TlsOptions {
            authority_files: absolute(&table.ca, directory),
            identity_files: identity(table.client.as_ref(), directory)?,
            skips_verification: table.skip_verify,
        },
        headers: headers(&table.header)?,
        stands_for: (name != registry && name != own_host(registry)).then(|| registry.to_owned()),
    })
}

fn capabilities(names: &[String]) -> Result<(bool, bool), String> {
    let unknown = names.iter().find(|name| !matches!(name.as_str(), "pull" | "resolve" | "push"));
    let has = |wanted: &str| names.is_empty() || names.iter().any(|name| name == wanted);
    match unknown {
        Some(name) => Err(format!("unknown capability {name:?}")),
        None => Ok((has("resolve"), has("pull"))),
    }
}

fn absolute(files: &OneOrMore, directory: &Path) -> Vec<PathBuf> {
    let files = match files {
        OneOrMore::One(file) => std::slice::from_ref(file),
        OneOrMore::More(files) => files,
    };
    files.iter().map(|file| directory.join(file)).collect()
}

/// `client`: one file with certificate and key, or a list whose first entry is such a file or a pair of files.
fn identity(client: Option<&toml::Value>, directory: &Path) -> Result<Option<(PathBuf, PathBuf)>, String> {
    use toml::Value;
    let Some(client) = client else { return Ok(None) };
    let first = match client {
        Value::Array(list) => list.first().ok_or("client: an empty list")?,
        other => other,
    };
    let pair = match first {
        Value::String(both) => (both, both),
        Value::Array(pair) => match &pair[..] {
            [Value::String(certificate), Value::String(key)] => (certificate, key),
            [Value::String(both)] => (both, both),
            _ => return Err("client: want a file, or a certificate and a key".into()),
        },
        _ => return Err("client: want a file, or a certificate and a key".into()),
    };
    // An empty key means that the certificate's file has it.
    let key = if pair.1.is_empty() { pair.0 } else { pair.1 };
    Ok(Some((directory.join(pair.0), directory.join(key))))
}

fn headers(table: &toml::map::Map<String, toml::Value>) -> Result<Vec<(String, String)>, String> {
    let mut headers = Vec::new();
    for (name, value) in table {
        let values: OneOrMore = value.clone().try_into().map_err(|_| format!("header {name:?}: want text"))?;
        headers.extend(values.into_vec().into_iter().map(|value| (name.to_ascii_lowercase(), value)));
    }
    Ok(headers)
}

/// The registry's own URL: plain HTTP on loopback, as Docker and containerd do.
fn own_url(registry: &str) -> String {
    let host = own_host(registry);
    let scheme = if is_loopback(host) { "http" } else { "https" };
    format!("{scheme}://{host}")
}

fn own_host(registry: &str) -> &str {
    if registry == "docker.io" { "registry-1.docker.io" } else { registry }
}

fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(registry: &str, text: &str, expected: &[&str]) {
        let hosts = parse(text, Path::new("/certs"), registry);
        let line = |host: &RegistryHost| {
            let tasks = [(host.resolves, " resolve"), (host.pulls, " pull")];
            let tasks: String = tasks.iter().filter(|(has, _)| *has).map(|(_, name)| *name).collect();
            let namespace = host.stands_for.as_ref().map(|name| format!(" ns={name}")).unwrap_or_default();
            format!("{}{tasks}{namespace}", host.base)
        };
        let lines = hosts.map_or_else(|error| vec![error], |hosts| hosts.iter().map(line).collect());
        assert_eq!(lines, expected);
    }

    #[test]
    fn mirrors_are_asked_in_the_order_of_the_file_and_the_registry_last() {
        let text = "
            server = 'https://registry.k8s.io'
            [host.'http://127.0.0.1:5000']
            capabilities = ['pull', 'resolve']
            [host.'https://a.example/proxy']
            capabilities = ['pull']
            [host.'https://b.example/raw/path']
            override_path = true
        ";
        let expected = [
            "http://127.0.0.1:5000/v2 resolve pull ns=registry.k8s.io",
            "https://a.example/proxy/v2 pull ns=registry.k8s.io",
            "https://b.example/raw/path resolve pull ns=registry.k8s.io",
            "https://registry.k8s.io/v2 resolve pull",
        ];
        check("registry.k8s.io", text, &expected);
    }

    #[test]
    fn a_file_without_a_server_means_the_registry_itself() {
        check("docker.io", "", &["https://registry-1.docker.io/v2 resolve pull"]);
        check("localhost:5000", "", &["http://localhost:5000/v2 resolve pull"]);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_host() {
        check(
            "r.io",
            "[host.'https://m']\ncapabilities = ['fly']",
            &["host \"https://m\": unknown capability \"fly\""],
        );
        check("r.io", "server = 'ftp://m'", &["host \"ftp://m\": want http:// or https:// and a host"]);
    }

    #[test]
    fn certificates_and_headers_are_read_beside_the_file() {
        let text = "
            [host.'https://m']
            ca = 'ca.crt'
            client = [['/abs/client.crt', 'client.key']]
            skip_verify = true
            header = { X-Team = ['blue', 'green'] }
        ";
        let hosts = parse(text, Path::new("/certs"), "r.io").expect("it is well-formed");
        let tls = &hosts[0].tls;
        assert_eq!(tls.authority_files, [PathBuf::from("/certs/ca.crt")]);
        assert_eq!(tls.identity_files, Some(("/abs/client.crt".into(), "/certs/client.key".into())));
        assert!(tls.skips_verification);
        let pair = |value: &str| ("x-team".to_owned(), value.to_owned());
        assert_eq!(hosts[0].headers, [pair("blue"), pair("green")]);
    }

    #[test]
    fn a_port_has_two_spellings() {
        assert_eq!(directory_names("r.io:5000"), ["r.io_5000_", "r.io:5000", "_default"]);
    }
}
