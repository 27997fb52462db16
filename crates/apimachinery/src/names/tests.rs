use super::*;

#[track_caller]
fn check(messages: Vec<String>, expected: &[&str]) {
    assert_eq!(messages, expected);
}

#[track_caller]
fn check_errors(errors: Vec<FieldError>, expected: &[&str]) {
    assert_eq!(errors.iter().map(FieldError::to_string).collect::<Vec<_>>(), expected);
}

#[test]
fn good_names_pass() {
    for name in ["a", "0", "a-1", "1--a--b--2"] {
        check(dns1123_label(name), &[]);
        check(dns1123_subdomain(name), &[]);
        check(qualified_name(name), &[]);
        check(label_value(name), &[]);
    }
    check(dns1123_subdomain("a.b-c.d"), &[]);
    check(dns1035_label("a-1"), &[]);
    check(qualified_name("example.com/Uppercase_Is_OK_123"), &[]);
    check(label_value(""), &[]);
    check(port_name("http-1"), &[]);
    check(config_map_key(".profile"), &[]);
    check(env_var_name("1 odd:name"), &[]);
    check(strict_env_var_name("my.env-name"), &[]);
    check(dns1123_subdomain_with_underscore("_a.b_c"), &[]);
    check(wildcard_dns1123_subdomain("*.a.b"), &[]);
}

#[test]
fn bad_labels_get_upstreams_messages() {
    let rule = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
    for name in ["", "A", "-", "a-", "-a", "a_b", "a.", " "] {
        check(dns1123_label(name), &[rule]);
    }
    check(dns1123_label("a.b"), &["must not contain dots"]);
    check(dns1123_label(&"a".repeat(64)), &["must be no more than 63 characters"]);
    check(
        dns1035_label("1a"),
        &[
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
        ],
    );
}

#[test]
fn bad_subdomains_get_upstreams_message() {
    let rule = r"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    for name in ["", "Web", "a..b", ".a", "a.", "a b"] {
        check(dns1123_subdomain(name), &[rule]);
    }
    check(dns1123_subdomain(&"a".repeat(254)), &["must be no more than 253 characters"]);
}

#[test]
fn bad_label_keys_name_the_part() {
    let rule = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    check(qualified_name("a b"), &[&format!("name part {rule}")]);
    check(qualified_name(""), &["name part must be non-empty", &format!("name part {rule}")]);
    check(qualified_name("/a"), &["prefix part must be non-empty"]);
    check(qualified_name(&"a".repeat(64)), &["name part must be no more than 63 bytes"]);
    check(
        qualified_name("a/b/c"),
        &[&format!(
            "a valid label key {rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        )],
    );
    assert!(qualified_name("Example.com/a")[0].starts_with("prefix part a lowercase RFC 1123 subdomain must"));
    check(
        label_value("a b"),
        &[
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ],
    );
}

#[test]
fn ports_keys_and_variables_are_checked() {
    check(port_number(0), &["must be between 1 and 65535, inclusive"]);
    check(
        port_name("--"),
        &[
            "must contain at least one letter (a-z)",
            "must not contain consecutive hyphens",
            "must not begin or end with a hyphen",
        ],
    );
    check(port_name("abcdefghijklmnop"), &["must be no more than 15 characters"]);
    check(
        port_name("A"),
        &[
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
            "must contain at least one letter (a-z)",
        ],
    );
    check(
        config_map_key("a b"),
        &[
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ],
    );
    check(config_map_key(".."), &["must not be '..'"]);
    check(config_map_key("..a"), &["must not start with '..'"]);
    check(
        env_var_name("a=b"),
        &["a valid environment variable name must consist only of printable ASCII characters other than '='"],
    );
    check(env_var_name(""), &["environment variable name must be non-empty"]);
    check(path_segment(".."), &["may not be '..'"]);
    check(path_segment("a/b%"), &["may not contain '/'", "may not contain '%'"]);
    assert_eq!(http_header_name("a b").len() + percent("5").len() + c_identifier("1").len(), 3);
}

#[test]
fn a_prefix_may_end_in_a_dash() {
    check(prefix_of(dns1123_label, "web-"), &[]);
    assert_eq!(prefix_of(dns1123_label, "-").len(), 1);
    assert_eq!(prefix_of(dns1123_label, "é-").len(), 1);
}

#[test]
fn generated_names_fit_a_label() {
    assert_eq!(generate_name("web-", [0, 1, 26, 27, 53]), "web-bc9b9");
    assert_eq!(generate_name(&"a".repeat(300), [0; 5]).len(), 63);
    assert!(generate_name(&"é".repeat(40), [0; 5]).len() <= 63);
}

#[test]
fn addresses_must_be_strict() {
    let path = FieldPath::new("spec.clusterIP");
    check_errors(legacy_ip(&path, "10.0.0.1"), &[]);
    check_errors(legacy_ip(&path, "FE80:0:0::1"), &[]);
    check_errors(
        legacy_ip(&path, "10.0.0.256"),
        &[
            r#"spec.clusterIP: Invalid value: "10.0.0.256": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#,
        ],
    );
    check_errors(
        legacy_ip(&path, "010.0.0.1"),
        &[r#"spec.clusterIP: Invalid value: "010.0.0.1": must not have leading 0s"#],
    );
    check_errors(
        legacy_ip(&path, "::ffff:1.2.3.4"),
        &[r#"spec.clusterIP: Invalid value: "::ffff:1.2.3.4": must not be an IPv4-mapped IPv6 address"#],
    );
    check_errors(
        ip(&path, "FE80::1"),
        &[r#"spec.clusterIP: Invalid value: "FE80::1": must be in canonical form ("fe80::1")"#],
    );
    for bad in ["", "1.2.3", "1.2.3.4.5", "1.2.3.+4", "99999999999.1.1.1", "::1::", "1.2.3.4:", "fe80::1%eth0"] {
        assert_eq!(legacy_ip(&path, bad).len(), 1, "{bad}");
    }
}

#[test]
fn networks_must_be_strict() {
    let path = FieldPath::new("cidr");
    for good in ["10.0.0.0/8", "0.0.0.0/0", "::/0", "fd00::/64", "10.1.2.3/32"] {
        check_errors(cidr(&path, good), &[]);
    }
    check_errors(
        cidr(&path, "10.0.0.1/8"),
        &[r#"cidr: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length"#],
    );
    check_errors(
        cidr(&path, "10.0.0.0/08"),
        &[r#"cidr: Invalid value: "10.0.0.0/08": must not have leading 0s in IP or prefix length"#],
    );
    check_errors(
        cidr(&path, "10.0.0.0"),
        &[r#"cidr: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"#],
    );
    check_errors(
        cidr(&path, "FD00::/8"),
        &[r#"cidr: Invalid value: "FD00::/8": must be in canonical form ("fd00::/8")"#],
    );
    for bad in ["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "/8", "::/129"] {
        assert_eq!(cidr(&path, bad).len(), 1, "{bad}");
    }
}

#[test]
fn domains_are_checked_label_by_label() {
    let path = FieldPath::new("d");
    check_errors(fully_qualified_domain_name(&path, "a.b."), &[]);
    check_errors(fully_qualified_domain_name(&path, ""), &["d: Required value"]);
    check_errors(
        fully_qualified_domain_name(&path, "a"),
        &[r#"d: Invalid value: "a": should be a domain with at least two segments separated by dots"#],
    );
    check_errors(domain_prefixed_path(&path, "acme.io/foo"), &[]);
    check_errors(
        domain_prefixed_path(&path, "acme.io"),
        &[r#"d: Invalid value: "acme.io": must be a domain-prefixed path (such as "acme.io/foo")"#],
    );
}

#[test]
fn annotations_are_bounded_together() {
    let path = FieldPath::new("metadata.annotations");
    let value = "x".repeat(ANNOTATIONS_BYTES_MAX);
    check_errors(annotations(&path, [("Example.com/A", "x")].into_iter()), &[]);
    check_errors(
        annotations(&path, [("a", value.as_str())].into_iter()),
        &["metadata.annotations: Too long: may not be more than 262144 bytes"],
    );
    check_errors(
        field_manager(&FieldPath::new("fieldManager"), "a\n"),
        &[r#"fieldManager: Invalid value: "a\n": invalid character U+000A (at position 1)"#],
    );
}
