//! What the columns of a file mean, by their names.

use ta_kernel_api::near_names;

use super::{Options, cell};
use crate::dataset::naming::{TIME, same_word};
use crate::dataset::partition::list;
use crate::error::{Error, Kind};

/// How many columns are taken from a file.
pub(super) const COLUMNS: usize = 4096;

/// Checks that the columns which the options name are there.
pub(super) fn check_mapped<N: AsRef<str>>(given: &[N], options: &Options) -> Result<(), Error> {
    for (from, _) in &options.columns {
        if !given.iter().any(|name| name.as_ref() == from) {
            let near = near_names(from, given.iter().map(AsRef::as_ref));
            let close = if near.is_empty() { String::new() } else { format!("close: {}; ", list(&near)) };
            let message = format!("there is no column {}", cell::shown(from.as_bytes()));
            return Err(Error::new(Kind::UnknownName, message)
                .with_help(format!("{close}the columns are {}", some(given))));
        }
    }
    Ok(())
}

/// Which column is the time. `typed` are those whose type is a time, which counts where no name says.
pub(super) fn time<N: AsRef<str>>(given: &[N], typed: &[usize], options: &Options) -> Result<usize, Error> {
    let mapped = |name: &str| target(name, options);
    let find = |is_time: &dyn Fn(&str) -> bool| -> Vec<usize> {
        (0..given.len()).filter(|&at| is_time(given[at].as_ref())).collect()
    };
    let mut times = find(&|name| mapped(name) == Some("ts"));
    if times.is_empty() {
        times = find(&|name| mapped(name).is_none() && TIME.iter().any(|time| same_word(time, name)));
    }
    if times.is_empty() {
        let unmapped = |at: &usize| mapped(given[*at].as_ref()).is_none();
        times = typed.iter().copied().filter(unmapped).collect();
    }
    let &[time] = times.as_slice() else {
        let count = if times.is_empty() { "no time column" } else { "more than one time column" };
        let message = format!("{count} among {}", some(given));
        return Err(Error::new(Kind::Data, message)
            .with_help(format!("one of {}, or one mapped to `ts`", list(&TIME))));
    };
    Ok(time)
}

/// The name under which a column that is not the time is kept, unless another one has taken it by the options.
pub(super) fn column(name: &str, options: &Options) -> Option<String> {
    if let Some(target) = target(name, options) {
        return Some(target.to_owned());
    }
    let field = options.schema.fields.iter().find(|field| same_word(field.name, name));
    let own = field.map_or(name, |field| field.name);
    let taken = options.columns.iter().any(|(_, to)| to == own);
    (!taken).then(|| own.to_owned())
}

fn target<'a>(name: &str, options: &'a Options) -> Option<&'a str> {
    options.columns.iter().find(|(from, _)| from == name).map(|(_, to)| to.as_str())
}

/// The first of these names, safe to print.
fn some<N: AsRef<str>>(names: &[N]) -> String {
    const SHOWN: usize = 20;
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| cell::shown(name.as_ref().as_bytes())).collect();
    match names.len().checked_sub(SHOWN) {
        _ if names.is_empty() => "none".to_owned(),
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader;
    use super::*;

    fn columns(text: &str, mapped: &[(&str, &str)]) -> Result<String, String> {
        let columns = mapped.iter().map(|&(from, to)| (from.to_owned(), to.to_owned())).collect();
        let read = reader::<f64>(text.as_bytes(), &Options { columns, ..Options::default() });
        let bars = read.map_err(|err| err.to_string())?.partition;
        let first = |name: &String| format!("{name}={}", bars.column(name).unwrap()[0]);
        Ok(format!("{} {}", bars.ts()[0], bars.names().iter().map(first).collect::<Vec<_>>().join(" ")))
    }

    #[test]
    fn usual_names_are_known_in_any_spelling() {
        assert_eq!(
            columns("Open time,OPEN,Adj Close,close\n1,2,3,4\n", &[]).unwrap(),
            "1 open=2 Adj Close=3 close=4"
        );
        assert_eq!(columns("Date-Time,vol\n1,2\n", &[]).unwrap(), "1 vol=2");
    }

    #[test]
    fn what_the_options_say_comes_first() {
        let text = "date,time,Close,Adj Close\n1,2,3,4\n";
        assert_eq!(columns(text, &[("time", "ts"), ("Adj Close", "close")]).unwrap(), "2 date=1 close=4");
        assert_eq!(columns("ts,t,c\n1,2,3\n", &[("t", "ts"), ("c", "close")]).unwrap(), "2 close=3");
    }

    #[test]
    fn what_is_not_there_is_refused_with_near_names_and_what_there_is() {
        let text = "date,Close,Adj Close\n1,2,3\n";
        assert_eq!(
            columns(text, &[("Adj. Close", "close")]).unwrap_err(),
            "line 1: there is no column `Adj. Close` (close: `Adj Close`; the columns are `date`, `Close`, `Adj Close`)"
        );
        let json = "{\"date\":1,\"close\":2}\n";
        let said = columns(json, &[("c", "close")]).unwrap_err();
        assert_eq!(said, "there is no column `c` (the columns are `date`, `close`)");
        let said = columns(text, &[("date", "ts"), ("Close", "ts")]).unwrap_err();
        assert!(said.starts_with("line 1: more than one time column among `date`, `Close`"), "{said}");
    }

    #[test]
    fn there_is_a_limit_to_columns() {
        let many = |count: usize| (0..count).map(|at| format!(",c{at}")).collect::<Vec<_>>().concat();
        assert!(
            columns(&format!("ts{}\n", many(COLUMNS + 1)), &[]).unwrap_err().contains("no more than 4096")
        );
        let said = columns(&format!("a{}\n", many(COLUMNS)), &[]).unwrap_err();
        assert!(said.contains("`c18` and 4077 more"), "{said}");
    }
}
