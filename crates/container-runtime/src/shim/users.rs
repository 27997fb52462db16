//! Users and groups by the container's own /etc/passwd and /etc/group. Call in the container's root.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;

use crate::contract::{ResolvedUser, UserSpec};

/// Bytes of a user or group file that are looked at.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Who a process runs as, and their home directory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// Numbers.
    pub user: ResolvedUser,
    /// From /etc/passwd, or `/`.
    pub home: String,
}

/// Looks `spec` up in the files of the current root.
pub fn resolve_in_root(spec: &UserSpec) -> Result<Account, String> {
    resolve(spec, &read("/etc/passwd"), &read("/etc/group"))
}

/// A regular file's text; empty when there is none. An image may have anything there, a FIFO too.
fn read(path: &str) -> String {
    let open = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path);
    let Ok(file) = open else { return String::new() };
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return String::new();
    }
    let mut bytes = Vec::new();
    let _ = file.take(FILE_BYTES_MAX).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

struct PasswdEntry<'a> {
    name: &'a str,
    uid: u32,
    gid: u32,
    home: &'a str,
}

fn passwd_entries(text: &str) -> impl Iterator<Item = PasswdEntry<'_>> {
    text.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let (name, _password) = (fields.next()?, fields.next()?);
        let (uid, gid) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let home = fields.nth(1).unwrap_or_default();
        Some(PasswdEntry { name, uid, gid, home })
    })
}

struct GroupEntry<'a> {
    name: &'a str,
    gid: u32,
    members: &'a str,
}

fn group_entries(text: &str) -> impl Iterator<Item = GroupEntry<'_>> {
    text.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let (name, _password) = (fields.next()?, fields.next()?);
        let gid = fields.next()?.parse().ok()?;
        Some(GroupEntry { name, gid, members: fields.next().unwrap_or_default() })
    })
}

fn resolve(spec: &UserSpec, passwd: &str, group: &str) -> Result<Account, String> {
    let (wanted, wanted_group) = spec.user.split_once(':').unwrap_or((&spec.user, ""));
    let wanted = if wanted.is_empty() { "0" } else { wanted };
    let number: Option<u32> = wanted.parse().ok();
    let by_name = passwd_entries(passwd).find(|entry| entry.name == wanted);
    let entry = by_name.or_else(|| passwd_entries(passwd).find(|entry| Some(entry.uid) == number));
    let (uid, mut gid) = match (&entry, number) {
        (Some(entry), _) => (entry.uid, entry.gid),
        (None, Some(number)) => (number, 0),
        (None, None) => return Err(format!("unable to find user {wanted}: no matching entries in passwd file")),
    };
    if !wanted_group.is_empty() {
        gid = group_id(wanted_group, group)?;
    }
    let mut groups = vec![gid];
    if let (Some(entry), false) = (&entry, spec.is_strict) {
        let is_member = |found: &GroupEntry<'_>| found.members.split(',').any(|member| member == entry.name);
        groups.extend(group_entries(group).filter(is_member).map(|found| found.gid));
    }
    groups.extend(&spec.supplemental_groups);
    let mut seen = Vec::new();
    groups.retain(|gid| {
        !seen.contains(gid) && {
            seen.push(*gid);
            true
        }
    });
    let home = entry.map(|entry| entry.home).filter(|home| !home.is_empty()).unwrap_or("/");
    Ok(Account { user: ResolvedUser { uid, gid, groups }, home: home.to_owned() })
}

fn group_id(wanted: &str, group: &str) -> Result<u32, String> {
    if let Some(entry) = group_entries(group).find(|entry| entry.name == wanted) {
        return Ok(entry.gid);
    }
    wanted.parse().map_err(|_| format!("unable to find group {wanted}: no matching entries in group file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str =
        "root:x:0:0:root:/root:/bin/sh\nbroken\nweb:x:1000:1000:Web:/home/web:/bin/sh\n77:x:5:5::/five:\n";
    const GROUP: &str = "root:x:0:\nextra:x:50000:web,other\nwheel:x:10:root\n";

    #[track_caller]
    fn check(user: &str, supplemental: &[u32], is_strict: bool, expected: Result<(u32, u32, &[u32], &str), &str>) {
        let spec = UserSpec { user: user.into(), supplemental_groups: supplemental.to_vec(), is_strict };
        let found = resolve(&spec, PASSWD, GROUP);
        let expected = expected.map(|(uid, gid, groups, home)| Account {
            user: ResolvedUser { uid, gid, groups: groups.to_vec() },
            home: home.into(),
        });
        assert_eq!(found, expected.map_err(str::to_owned));
    }

    #[test]
    fn users_are_found_by_name_and_by_number() {
        check("", &[], false, Ok((0, 0, &[0, 10], "/root")));
        check("web", &[], false, Ok((1000, 1000, &[1000, 50000], "/home/web")));
        check("1000", &[60000, 1000], false, Ok((1000, 1000, &[1000, 50000, 60000], "/home/web")));
        check("4242", &[], false, Ok((4242, 0, &[0], "/")));
        check("77", &[], false, Ok((5, 5, &[5], "/five")));
    }

    #[test]
    fn the_strict_policy_leaves_out_the_groups_of_the_image() {
        check("1000", &[60000], true, Ok((1000, 1000, &[1000, 60000], "/home/web")));
    }

    #[test]
    fn groups_are_found_and_unknown_names_refused() {
        check("web:extra", &[], false, Ok((1000, 50000, &[50000], "/home/web")));
        check("1000:7", &[], true, Ok((1000, 7, &[7], "/home/web")));
        check("nobody", &[], false, Err("unable to find user nobody: no matching entries in passwd file"));
        check("web:none", &[], false, Err("unable to find group none: no matching entries in group file"));
    }
}
