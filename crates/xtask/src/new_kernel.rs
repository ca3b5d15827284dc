//! A new standard kernel: its file, and one `mod` line.

use std::fs;
use std::path::Path;

use ta_kernel_api::Registry;
use ta_kernels_std as _;

use crate::Outcome;

/// Ids that would be no module or hide a name that the template uses.
const RESERVED: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "decimal",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in",
    "kernel", "let", "loop", "macro", "match", "mod", "move", "mut", "none", "option", "override", "priv",
    "pub", "ref", "registry", "return", "scalar", "self", "some", "state", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while",
    "yield",
];

pub(crate) fn run(root: &Path, id: &str, family: &str) -> Outcome {
    for (what, name) in [("id", id), ("family", family)] {
        let word = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !word {
            return Err(format!("{what} `{name}` must be a word of a-z, 0-9 and _, beginning with a letter"));
        }
    }
    if RESERVED.contains(&id) {
        return Err(format!("id `{id}` is a word of Rust or of the template; choose another one"));
    }
    if let Ok(taken) = Registry::linked().map_err(|error| error.to_string())?.get(id) {
        return Err(format!(
            "`{id}` is the kernel `{}` of the family `{}`",
            taken.spec.id, taken.spec.family
        ));
    }
    let std = root.join("crates/ta-kernels-std/src");
    let (folder, file) = (std.join(family), std.join(family).join(format!("{id}.rs")));
    if !folder.join("mod.rs").is_file() {
        return Err(format!("there is no family `{family}` ({})", families(&std)?));
    }
    if file.exists() {
        return Err(format!("{} is already there", file.display()));
    }
    let mods = folder.join("mod.rs");
    let before = read(&mods)?;
    write(&file, &source(id, family))?;
    write(&mods, &with_mod_line(&before, id))?;
    println!("wrote {}", file.display());
    println!("added `pub mod {id};` to {}", mods.display());
    println!("next: give it its meaning, then `cargo xtask generate` and `cargo xtask test`");
    Ok(())
}

fn families(std: &Path) -> Result<String, String> {
    let entries = fs::read_dir(std).map_err(|error| format!("cannot read {}: {error}", std.display()))?;
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| format!("`{}`", entry.file_name().to_string_lossy()))
        .collect();
    names.sort();
    Ok(names.join(", "))
}

/// The file with `pub mod id;` at its place in the alphabet.
fn with_mod_line(before: &str, id: &str) -> String {
    let line = format!("pub mod {id};");
    let mut lines: Vec<&str> = before.lines().collect();
    let is_mod = |line: &&str| line.starts_with("pub mod ");
    let mut at = lines
        .iter()
        .position(|other| is_mod(other) && *other > line.as_str())
        .or_else(|| lines.iter().rposition(is_mod).map(|last| last + 1))
        .unwrap_or(lines.len());
    // What stands above a `mod` line and belongs to it stays there.
    while at > 0 && (lines[at - 1].starts_with("#[") || lines[at - 1].starts_with("///")) {
        at -= 1;
    }
    lines.insert(at, &line);
    lines.join("\n") + "\n"
}

fn source(id: &str, family: &str) -> String {
    let camel: String = id.split('_').map(capitalised).collect();
    let title = capitalised(&id.replace('_', " "));
    let since = env!("CARGO_PKG_VERSION").rsplit_once('.').map_or("", |(since, _)| since);
    TEMPLATE
        .replace("{id}", id)
        .replace("{family}", family)
        .replace("{Camel}", &camel)
        .replace("{Title}", &title)
        .replace("{since}", since)
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

fn write(file: &Path, text: &str) -> Outcome {
    fs::write(file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))
}

const TEMPLATE: &str = r#"//! {Title} (`{id}`).

use ta_kernel_api::prelude::*;

/// {Title}: change of the source since the bar before, times a factor.
///
/// Say what it means, its formula, its unit and its range, and what it answers where the formula has no value.
///
/// # Reference
/// Name the book, the paper or the TA-Lib function that the formula is from.
#[kernel(id = "{id}", family = "{family}", since = "{since}", inputs(source = close), outputs({id}))]
pub struct {Camel} {
    /// What the change is multiplied by.
    #[param(default = 1, min = -1000, max = 1000)]
    pub factor: f64,
}

/// What a [`{Camel}`] remembers between two bars.
#[state]
pub struct {Camel}State<S> {
    last: Option<S>,
}

impl<S: Scalar> Kernel<S, 1, 1> for {Camel} {
    type State = {Camel}State<S>;

    fn lookback(&self) -> [usize; 1] {
        [1]
    }

    fn init(&self) -> {Camel}State<S> {
        {Camel}State { last: None }
    }

    fn step(&self, state: &mut {Camel}State<S>, [x]: [S; 1]) -> [S; 1] {
        let factor = S::from_f64(self.factor);
        [state.last.replace(x).map_or(S::MISSING, |last| factor * (x - last))]
    }

    fn batch(&self, [source]: [&[S]; 1], [out]: [&mut [S]; 1]) {
        let factor = S::from_f64(self.factor);
        for (out, pair) in out[1..].iter_mut().zip(source.windows(2)) {
            *out = factor * (pair[1] - pair[0]);
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::{assert_rows, conformance::run};

    use super::*;

    #[test]
    fn change_times_factor() {
        // 2 * (4 - 1) = 6, 2 * (3 - 4) = -2
        let [out] = run(&{Camel} { factor: 2.0 }, [&[1.0, 4.0, 3.0]]);
        assert_rows!(out, [_, 6.0, -2.0]);
    }
}
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mod_line_goes_to_its_place_in_the_alphabet() {
        let before = "//! A family.\n\npub mod ema;\npub mod wma;\n";
        assert_eq!(
            with_mod_line(before, "sma"),
            "//! A family.\n\npub mod ema;\npub mod sma;\npub mod wma;\n"
        );
        assert_eq!(
            with_mod_line(before, "zma"),
            "//! A family.\n\npub mod ema;\npub mod wma;\npub mod zma;\n"
        );
    }

    #[test]
    fn what_belongs_to_a_mod_line_stays_with_it() {
        let before = "pub mod ema;\n/// About it.\n#[expect(dead_code)]\npub mod wma;\n";
        assert!(with_mod_line(before, "sma").starts_with("pub mod ema;\npub mod sma;\n/// About it."));
    }

    #[test]
    fn an_id_that_is_no_word_or_a_family_that_is_not_there_is_refused() {
        let root = crate::root();
        assert!(run(&root, "../evil", "momentum").unwrap_err().contains("must be a word"));
        assert!(run(&root, "match", "momentum").unwrap_err().contains("a word of Rust"));
        assert!(run(&root, "stddev", "momentum").unwrap_err().contains("the kernel `std`"));
        assert!(run(&root, "fine", "nowhere").unwrap_err().contains("`momentum`"));
    }
}
