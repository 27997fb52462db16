//! Files of a volume that lie on or below each other (`warningsForOverlappingVirtualPaths`).

use apimachinery::field_error::quoted;
use apimachinery::value::Value;

/// A file and where it comes from.
#[derive(PartialEq)]
struct File<'a> {
    path: &'a str,
    source: String,
}

impl File<'_> {
    fn text(&self) -> String {
        match self.source.as_str() {
            "" => quoted(self.path),
            source => format!("{} ({source})", quoted(self.path)),
        }
    }
}

/// Warnings about all volumes.
pub fn find(volumes: &[Value]) -> Vec<String> {
    let mut warnings = Vec::new();
    for volume in volumes {
        let name = quoted(volume.str_at(&["name"]));
        for (kind, field, title) in
            [("configMap", "name", "ConfigMap"), ("secret", "secretName", "Secret"), ("downwardAPI", "", "DownwardAPI")]
        {
            let source = volume.field(kind);
            let description = match field {
                "" => title.to_owned(),
                field => format!("{title} {}", quoted(source.str_at(&[field]))),
            };
            let overlaps = overlaps(files(source, ""));
            warnings.extend(overlaps.map(|it| format!("volume {name} ({description}): overlapping paths: {it}")));
        }
        let sources = volume.items_at(&["projected", "sources"]);
        for _ in sources.iter().filter(|it| it.as_object().is_none_or(|it| it.is_empty())) {
            warnings.push(format!("volume {name} (Projected) has no sources provided"));
        }
        let overlaps = overlaps(sources.iter().flat_map(projected_files).collect());
        warnings.extend(overlaps.map(|it| format!("volume {name} (Projected): overlapping paths: {it}")));
    }
    warnings
}

/// The files of the first kind of source that is there.
fn projected_files(source: &Value) -> Vec<File<'_>> {
    for (kind, title) in [("configMap", "ConfigMap"), ("secret", "Secret"), ("downwardAPI", "DownwardAPI")] {
        let one = source.field(kind);
        if one.field("items").is_null() {
            continue;
        }
        let title = match kind {
            "downwardAPI" => title.to_owned(),
            _ => format!("{title} {}", quoted(one.str_at(&["name"]))),
        };
        return files(one, &title);
    }
    match source.field("serviceAccountToken") {
        Value::Null => Vec::new(),
        token => {
            vec![File { path: without_slashes(token.str_at(&["path"])), source: "ServiceAccountToken".to_owned() }]
        }
    }
}

fn files<'a>(source: &'a Value, title: &str) -> Vec<File<'a>> {
    let paths = source.items_at(&["items"]).iter().map(|it| it.str_at(&["path"]));
    paths.map(|path| File { path: without_slashes(path), source: title.to_owned() }).collect()
}

fn without_slashes(path: &str) -> &str {
    path.trim_end_matches('/')
}

fn overlaps(files: Vec<File<'_>>) -> impl Iterator<Item = String> {
    let mut texts = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let others = files[..at].iter().filter(|other| is_overlap(file, other));
        texts.extend(others.map(|other| format!("{} with {}", file.text(), other.text())));
    }
    texts.into_iter()
}

fn is_overlap(a: &File<'_>, b: &File<'_>) -> bool {
    let lies_in = |a: &str, b: &str| a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'));
    !a.path.is_empty() && !b.path.is_empty() && (lies_in(a.path, b.path) || lies_in(b.path, a.path))
}
