//! Which servers names outside the cluster go to.

use std::net::IpAddr;
use std::path::PathBuf;

/// Servers that one query is tried at.
const SERVERS_MAX: usize = 3;

/// The servers that the first of `files` names, without those that would lead back here.
pub fn servers(files: &[PathBuf], own: &[IpAddr]) -> Vec<IpAddr> {
    let text = files.iter().find_map(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    parse(&text, own)
}

fn parse(text: &str, own: &[IpAddr]) -> Vec<IpAddr> {
    let words = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver")?.split_whitespace().next());
    let addresses = words.filter_map(|word| word.split('%').next()?.parse().ok());
    // A loopback server is a stub that may well be configured with this one.
    addresses.filter(|it: &IpAddr| !it.is_loopback() && !own.contains(it)).take(SERVERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stubs_and_the_own_address_are_left_out() {
        let text = "nameserver 127.0.0.53\nnameserver 10.96.0.10\n# nameserver 1.1.1.1\nnameserver 192.0.2.1\n";
        let own = ["10.96.0.10".parse().expect("an address")];
        assert_eq!(parse(text, &own), ["192.0.2.1".parse::<IpAddr>().expect("an address")]);
    }
}
