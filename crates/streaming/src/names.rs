//! Host names without libc: the hosts file, then DNS. (A static executable has no getaddrinfo.)

use std::net::IpAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;

/// Patience with one server: it is near, or it is not there.
const SERVER_TIMEOUT: Duration = Duration::from_secs(2);

/// Patience with a whole look-up: what cannot work says so soon, and is tried again anyway.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(4);

/// All addresses of a name.
///
/// # Errors
/// A text like Go's: `lookup NAME: no such host`.
pub async fn resolve(name: &str) -> Result<Vec<IpAddr>, String> {
    let from_file = from_hosts(&std::fs::read_to_string("/etc/hosts").unwrap_or_default(), name);
    if !from_file.is_empty() {
        return Ok(from_file);
    }
    let fail = |cause: &dyn std::fmt::Display| format!("lookup {name}: {cause}");
    let mut builder = TokioResolver::builder_tokio().map_err(|error| fail(&error))?;
    builder.options_mut().timeout = SERVER_TIMEOUT;
    builder.options_mut().attempts = 1;
    let resolver = builder.build().map_err(|error| fail(&error))?;
    let lookup = tokio::time::timeout(LOOKUP_TIMEOUT, resolver.lookup_ip(name)).await;
    let lookup = lookup.map_err(|_| fail(&"i/o timeout"))?;
    match lookup {
        Ok(found) => Ok(found.iter().collect()),
        Err(error) if error.is_no_records_found() => Err(fail(&"no such host")),
        Err(error) => Err(fail(&error)),
    }
}

fn from_hosts(text: &str, name: &str) -> Vec<IpAddr> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or(""));
    let matching = lines.filter(|line| line.split_whitespace().skip(1).any(|word| word.eq_ignore_ascii_case(name)));
    matching.filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_file_names_every_alias() {
        let text = "127.0.0.1 localhost lo # local\n10.0.0.7 registry.test mirror\n";
        assert_eq!(from_hosts(text, "MIRROR"), ["10.0.0.7".parse::<IpAddr>().expect("an address")]);
        assert!(from_hosts(text, "local").is_empty());
    }
}
