//! What a recipe says: one step a line.
//!
//! ```text
//! # steps before the first image make a layer that all images of the recipe share
//! debian PACKAGE...             files of packages, without documentation
//! program GO_PACKAGE PATH       a program of conformance/images/programs/go.mod
//! module MODULE FILE PATH       a file of a Go module
//! compile SOURCE PATH           a C program of the repository, linked with musl
//! busybox DIRECTORY             busybox, and a link for each applet whose name nothing else has
//! copy FILE PATH                a file of the repository
//! link PATH TARGET
//! directory PATH MODE
//! mode PATH MODE
//! owner PATH UID GID
//!
//! # steps after it make a layer of this image alone
//! image NAME
//! entrypoint ["WORD"]           as JSON; also: command ["WORD"], env NAME=VALUE, user, workdir, port, stop-signal
//! ```

use anyhow::{Context, bail, ensure};
use container_runtime::images::manifest::RunConfig;

/// Image label that gives tags with equal files a configuration, and so an id, of their own.
const NAME_LABEL: &str = "corten.name";

/// The path that programs of an image are looked for in, unless its recipe says otherwise.
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A recipe.
#[derive(Debug, Default, PartialEq)]
pub struct Recipe {
    /// The layer below all images.
    pub base: Vec<Step>,
    /// The images.
    pub images: Vec<Image>,
}

/// An image of a recipe.
#[derive(Debug, PartialEq)]
pub struct Image {
    /// `registry/repository:tag`
    pub name: String,
    /// The layer above the base.
    pub steps: Vec<Step>,
    /// How to run it.
    pub config: RunConfig,
}

/// One addition to a layer.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Debian packages' files.
    Debian(Vec<String>),
    /// A Go package's program at a path.
    Program(String, String),
    /// A Go module's file at a path.
    Module(String, String, String),
    /// A C program at a path.
    Compile(String, String),
    /// busybox in a directory.
    Busybox(String),
    /// A file of the repository at a path.
    Copy(String, String),
    /// A symbolic link and its target.
    Link(String, String),
    /// A directory and its mode.
    Directory(String, u32),
    /// Another mode for a path.
    Mode(String, u32),
    /// Another user and group for a path.
    Owner(String, u32, u32),
}

impl Recipe {
    /// Reads a recipe.
    ///
    /// # Errors
    /// Names the first line that is wrong.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut recipe = Recipe::default();
        for (index, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if !words.is_empty() && !words[0].starts_with('#') {
                recipe.add(&words).with_context(|| format!("line {}: {line}", index + 1))?;
            }
        }
        ensure!(!recipe.images.is_empty(), "it has no image");
        Ok(recipe)
    }

    /// Files of the recipes' directory that decide the contents.
    pub fn files(&self) -> Vec<&str> {
        let steps = self.base.iter().chain(self.images.iter().flat_map(|image| &image.steps));
        let named = steps.flat_map(|step| match step {
            Step::Copy(file, _) | Step::Compile(file, _) => vec![&file[..]],
            Step::Program(..) | Step::Module(..) => vec!["programs/go.mod", "programs/go.sum"],
            _ => vec![],
        });
        named.collect()
    }

    fn add(&mut self, words: &[&str]) -> anyhow::Result<()> {
        if let ["image", name] = words {
            let config = RunConfig {
                env: Some(vec![PATH.into()]),
                labels: Some([(NAME_LABEL.to_owned(), (*name).to_owned())].into()),
                ..RunConfig::default()
            };
            self.images.push(Image { name: (*name).into(), steps: vec![], config });
            return Ok(());
        }
        match (step(words)?, self.images.last_mut()) {
            (Some(step), Some(image)) => image.steps.push(step),
            (Some(step), None) => self.base.push(step),
            (None, Some(image)) => configure(&mut image.config, words)?,
            (None, None) => bail!("it belongs to an image"),
        }
        Ok(())
    }
}

/// The step of a line; none when the line is about an image's configuration.
fn step(words: &[&str]) -> anyhow::Result<Option<Step>> {
    let owned = |word: &str| word.to_owned();
    Ok(Some(match *words {
        ["debian", ref packages @ ..] => Step::Debian(packages.iter().map(|name| owned(name)).collect()),
        ["program", package, path] => Step::Program(owned(package), owned(path)),
        ["module", module, file, path] => Step::Module(owned(module), owned(file), owned(path)),
        ["compile", source, path] => Step::Compile(owned(source), owned(path)),
        ["busybox", directory] => Step::Busybox(owned(directory)),
        ["copy", file, path] => Step::Copy(owned(file), owned(path)),
        ["link", path, target] => Step::Link(owned(path), owned(target)),
        ["directory", path, mode] => Step::Directory(owned(path), octal(mode)?),
        ["mode", path, mode] => Step::Mode(owned(path), octal(mode)?),
        ["owner", path, uid, gid] => Step::Owner(owned(path), uid.parse()?, gid.parse()?),
        _ => return Ok(None),
    }))
}

fn configure(config: &mut RunConfig, words: &[&str]) -> anyhow::Result<()> {
    let list = |words: &[&str]| serde_json::from_str(&words.join(" ")).context("it is no JSON list");
    match *words {
        ["entrypoint", ref words @ ..] => config.entrypoint = list(words)?,
        ["command", ref words @ ..] => config.cmd = list(words)?,
        ["env", variable] => config.env.get_or_insert_default().push(variable.into()),
        ["user", user] => config.user = user.into(),
        ["workdir", path] => config.working_dir = path.into(),
        ["stop-signal", name] => config.stop_signal = name.into(),
        ["port", port] => {
            let empty = serde_json::Value::Object(serde_json::Map::new());
            config.exposed_ports.get_or_insert_default().insert(format!("{port}/tcp"), empty);
        }
        _ => bail!("no such step, or another number of words"),
    }
    Ok(())
}

fn octal(mode: &str) -> anyhow::Result<u32> {
    u32::from_str_radix(mode, 8).with_context(|| format!("mode {mode:?} is not octal"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_belong_to_the_base_until_the_first_image_and_then_to_it() {
        let text = "# shared\nlink /a b\n\nimage r/x:1\ndirectory /tmp 1777\nentrypoint [\"/x\", \"-v\"]\nuser 5\nport 80\n\
                    image r/x:2\nenv A=b";
        let recipe = Recipe::parse(text).expect("parse");
        assert_eq!(recipe.base, [Step::Link("/a".into(), "b".into())]);
        let [one, two] = &recipe.images[..] else { panic!("{recipe:?}") };
        assert_eq!(one.steps, [Step::Directory("/tmp".into(), 0o1777)]);
        assert_eq!(one.config.entrypoint.as_deref(), Some(&["/x".to_owned(), "-v".to_owned()][..]));
        assert_eq!((&one.config.user[..], two.steps.len()), ("5", 0));
        assert_eq!(two.config.env.as_deref(), Some(&[PATH.to_owned(), "A=b".to_owned()][..]));
        assert_ne!(one.config.labels, two.config.labels);
    }

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        assert_eq!(format!("{:#}", Recipe::parse(text).expect_err("refused")), expected);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        refused("", "it has no image");
        refused("image a\n\nlink /a", "line 3: link /a: no such step, or another number of words");
        refused("user 5", "line 1: user 5: it belongs to an image");
        refused("directory /a 9", "line 1: directory /a 9: mode \"9\" is not octal: invalid digit found in string");
    }
}
