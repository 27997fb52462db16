//! `corten-compare [--area NAME] [--case REGEX] [--record] [--show-known]`: the same cases at upstream's API server and
//! at Corten's; see `corten_system_tests::compare`. `CORTEN_ETCD` and `CORTEN_KUBE_APISERVER` name upstream's programs.

use anyhow::Context;
use corten_system_tests::cases;
use corten_system_tests::compare::{self, AreaFile, Verdict, ours::Ours, report, upstream::Upstream};
use corten_system_tests::kubectl::Output;
use regex::Regex;

/// What the command line asks for.
#[derive(Default)]
struct Options {
    area: Option<String>,
    case: Option<Regex>,
    is_recording: bool,
    shows_known: bool,
}

impl Options {
    fn parse(mut words: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Options::default();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--area" => options.area = Some(words.next().context("--area wants a name")?),
                "--case" => {
                    let expression = words.next().context("--case wants an expression")?;
                    options.case = Some(Regex::new(&expression).context("read the expression of --case")?);
                }
                "--record" => options.is_recording = true,
                "--show-known" => options.shows_known = true,
                other => anyhow::bail!("unknown option {other:?}"),
            }
        }
        Ok(options)
    }

    /// Whether a case is asked for.
    fn wants(&self, name: &str) -> bool {
        self.case.as_ref().is_none_or(|wanted| wanted.is_match(name))
    }
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    let mut files = compare::files(options.area.as_deref())?;
    files.retain(|file| file.file.cases().iter().any(|case| options.wants(&file.name(case))));
    let ours = Ours::start()?;
    let upstream = Upstream::start(&ours)?;
    let mut verdicts: Vec<Verdict> = Vec::new();
    let mut stale = Vec::new();
    for file in &mut files {
        let (theirs, own) = both(file, &upstream, &ours)?;
        if file.recorded() != theirs {
            stale.push(file.path.display().to_string());
        }
        verdicts.extend(file.verdicts(&theirs, &own));
        if options.is_recording {
            cases::write(&file.path, &mut file.file, theirs)?;
        }
    }
    verdicts.retain(|verdict| options.wants(&verdict.name));
    if options.shows_known {
        report::expected(&verdicts).iter().for_each(|text| println!("{text}\n"));
    }
    let unexpected = report::unexpected(&verdicts);
    unexpected.iter().for_each(|text| println!("{text}\n"));
    report::mended(&verdicts).iter().for_each(|name| println!("equal now, remove its `# differs:`: {name}"));
    println!("{}", report::table(&verdicts));
    if options.area.is_none() && options.case.is_none() {
        std::fs::write(compare::directory().join("known-different.md"), report::known_different(&files))?;
    }
    if !options.is_recording && !stale.is_empty() {
        anyhow::bail!("upstream answers otherwise than recorded (--record writes it): {}", stale.join(" "));
    }
    anyhow::ensure!(unexpected.is_empty(), "{} cases differ without a reason", unexpected.len());
    Ok(())
}

/// Answers of both, asked at the same time.
fn both(file: &AreaFile, upstream: &Upstream, ours: &Ours) -> anyhow::Result<(Vec<Output>, Vec<Output>)> {
    std::thread::scope(|scope| {
        let theirs = scope.spawn(|| file.answers(upstream).context("ask upstream"));
        let own = file.answers(ours).context("ask Corten")?;
        let theirs = theirs.join().map_err(|_| anyhow::anyhow!("asking upstream panicked"))??;
        Ok((theirs, own))
    })
}
