//! Name rules: DNS-1123 and DNS-1035 labels and subdomains, qualified names, label values.
//! Each returns upstream's messages, empty when the name is good.

/// `IsDNS1123Label`
pub fn dns1123_label(text: &str) -> Vec<String> {
    let _ = text;
    todo!("rules helper")
}
/// `IsDNS1123Subdomain`
pub fn dns1123_subdomain(text: &str) -> Vec<String> {
    let _ = text;
    todo!("rules helper")
}
/// `IsDNS1035Label`
pub fn dns1035_label(text: &str) -> Vec<String> {
    let _ = text;
    todo!("rules helper")
}
/// `IsQualifiedName`
pub fn qualified_name(text: &str) -> Vec<String> {
    let _ = text;
    todo!("rules helper")
}
/// `IsValidLabelValue`
pub fn label_value(text: &str) -> Vec<String> {
    let _ = text;
    todo!("rules helper")
}
