//! `ta stream`.

use std::fs::{self, File};
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use ta_kernel_api::{Decimal, Registry, Scalar, ScalarKind};
use ta_runtime::dataset::time;
use ta_runtime::exec::{Row, Session};
use ta_runtime::plan::Plan;

use crate::args::Stream;
use crate::line::Line;
use crate::{Failure, Outcome, data, number, show};

/// How a process ends that was stopped by a signal.
const INTERRUPTED: u8 = 130;
/// A longer line is no bar.
const LONGEST_LINE: u64 = 1 << 20;

pub(crate) fn run(registry: &Registry, args: &Stream) -> Outcome {
    let plan = args.plan.plan(registry)?;
    match plan.scalar() {
        ScalarKind::F64 => follow::<f64>(&plan, args),
        ScalarKind::Decimal => follow::<Decimal>(&plan, args),
    }
}

/// What arrives, from stdin or from the signal handler.
enum Event {
    Line(String),
    Unreadable(String),
    /// Nothing more can be read, and why.
    Broken(String),
    End,
    Stop,
}

fn follow<S: Scalar>(plan: &Plan, args: &Stream) -> Outcome {
    let mut session = open::<S>(plan, args)?;
    let snapshot = args.snapshot.as_deref();
    if let Some(file) = snapshot {
        // A place that cannot be written to is better known before the first bar.
        save(&session, file)?;
    }
    // A feed that is faster than we are waits.
    let (send, events) = mpsc::sync_channel(1024);
    let stop = send.clone();
    ctrlc::set_handler(move || drop(stop.send(Event::Stop)))?;
    thread::spawn(move || read_lines(&send));

    let mut out = io::stdout().lock();
    let (mut line_number, mut unsaved) = (0u64, 0u64);
    let mut outcome = Ok(ExitCode::SUCCESS);
    for event in events {
        let line = match event {
            Event::Line(line) => Ok(line),
            Event::Unreadable(why) => Err(why),
            Event::End => break,
            Event::Broken(why) => {
                outcome = Err(Failure(format!("stdin: {why}")));
                break;
            }
            Event::Stop => {
                outcome = Ok(ExitCode::from(INTERRUPTED));
                break;
            }
        };
        line_number += 1;
        let answer = match line.and_then(|line| answer(&mut session, plan, &line)) {
            Ok(Some(answer)) => answer,
            Ok(None) => continue,
            Err(why) => {
                show::warning(&format!("line {line_number} skipped: {why}"));
                continue;
            }
        };
        // Answered before it is saved: whoever stops us in between is answered twice, never not at all.
        match writeln!(out, "{}", answer.text).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            written => written?,
        }
        unsaved += u64::from(answer.closed);
        if let Some(file) = snapshot.filter(|_| unsaved >= args.every) {
            save(&session, file)?;
            unsaved = 0;
        }
    }
    if let Some(file) = snapshot {
        save(&session, file)?;
    }
    outcome
}

/// A session that goes on from the snapshot, or from the history, or from nothing.
fn open<S: Scalar>(plan: &Plan, args: &Stream) -> Result<Session<S>, Failure> {
    if let Some(file) = args.snapshot.as_deref().filter(|file| file.exists()) {
        let named = |error: &dyn std::fmt::Display| Failure(format!("{}: {error}", file.display()));
        let bytes = fs::read(file).map_err(|error| named(&error))?;
        let session = Session::restore(plan, &bytes).map_err(|error| named(&error))?;
        if let Some(position) = session.position() {
            show::note(&format!(
                "resumed after {} bars, the last at {}",
                position.rows,
                time::iso(position.ts)
            ));
        }
        return Ok(session);
    }
    let history = args.history.as_deref().map(|file| data::read(file, args.epoch)).transpose()?;
    Ok(Session::initialize(plan, history.as_ref())?.0)
}

struct Answer {
    text: String,
    closed: bool,
}

/// What to answer to a line; nothing to an empty one.
fn answer<S: Scalar>(session: &mut Session<S>, plan: &Plan, line: &str) -> Result<Option<Answer>, String> {
    if line.trim().is_empty() {
        return Ok(None);
    }
    let line = Line::<S>::read(line, plan.schema())?;
    let fields: Vec<(&str, S)> = line.fields.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let bar = session.layout().named(line.ts, &fields).map_err(|error| error.to_string())?;
    let row = if line.forming { session.peek(&bar) } else { session.step(&bar) };
    let text = row.map(|row| text(line.ts, line.forming, &row)).map_err(|error| error.to_string())?;
    Ok(Some(Answer { text, closed: !line.forming }))
}

/// One line of output.
fn text<S: Scalar>(ts: i64, forming: bool, row: &Row<'_, S>) -> String {
    number::json_row(ts, forming, row.iter().map(|(name, kind, value)| (name, number::text(value, kind))))
}

/// Reads stdin to its end, line by line.
fn read_lines(send: &SyncSender<Event>) {
    let mut input = io::stdin().lock();
    loop {
        let event = read_line(&mut input);
        let end = matches!(event, Event::End | Event::Broken(_));
        // Nobody listens any more when the program is about to end.
        if send.send(event).is_err() || end {
            return;
        }
    }
}

fn read_line(input: &mut impl BufRead) -> Event {
    let mut line = Vec::new();
    let read = io::Read::take(&mut *input, LONGEST_LINE).read_until(b'\n', &mut line);
    match read {
        Err(error) => Event::Broken(error.to_string()),
        Ok(0) => Event::End,
        Ok(_) if line.len() as u64 == LONGEST_LINE && line.last() != Some(&b'\n') => {
            let _ = input.skip_until(b'\n');
            Event::Unreadable(format!("longer than {LONGEST_LINE} bytes"))
        }
        Ok(_) => {
            String::from_utf8(line).map_or_else(|error| Event::Unreadable(error.to_string()), Event::Line)
        }
    }
}

/// Replaces the file as a whole: at any instant it holds the old state or the new one. What is being written lies beside it, always
/// under the same name, so that a kill leaves nothing behind that the next save does not write over.
fn save<S: Scalar>(session: &Session<S>, file: &Path) -> Result<(), Failure> {
    let state = session.snapshot()?;
    let mut beside = file.as_os_str().to_owned();
    beside.push(".tmp");
    let beside = PathBuf::from(beside);
    let write = || -> io::Result<()> {
        let mut new = File::create(&beside)?;
        new.write_all(&state)?;
        new.sync_all()?;
        fs::rename(&beside, file)?;
        // The new name is on disk only when the folder is; not every system lets a folder be opened.
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if let Ok(folder) = File::open(folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    };
    write().map_err(|error| Failure(format!("{}: {error}", file.display())))
}
