//! `ta stream`.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use ta_kernel_api::{Decimal, Registry, Scalar, ScalarKind};
use ta_runtime::dataset::{PartitionKey, time};
use ta_runtime::exec::{Binding, Session};
use ta_runtime::plan::{Plan, Rows};

use crate::args::Stream;
use crate::follow::{Follow, Taken};
use crate::keep::{Found, Keep};
use crate::sources::{self, Sources};
use crate::{Failure, Outcome, show};

/// How a process ends that was stopped by a signal.
const INTERRUPTED: u8 = 130;
/// A longer line is no bar.
const LONGEST_LINE: u64 = 1 << 20;
/// Lines that are answered together when they are there already: what they change is put on disk once.
const TOGETHER: usize = 256;
/// The columns that an answer has anyway.
const RESERVED: [&str; 4] = ["ts", "forming", "partition", "sequence"];

pub(crate) fn run(registry: &Registry, args: &Stream) -> Outcome {
    let sources = Sources::of(&args.history, &args.keys)?;
    let plan = args.plan.plan(registry, sources.base().source, &RESERVED)?;
    match plan.scalar() {
        ScalarKind::F64 => stream::<f64>(&plan, &sources, args),
        ScalarKind::Decimal => stream::<Decimal>(&plan, &sources, args),
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

fn stream<S: Scalar>(plan: &Plan, sources: &Sources, args: &Stream) -> Outcome {
    let mut keep = Keep::open(args, plan)?;
    let mut out = io::stdout().lock();
    let (mut follow, unsaved) = if let Some(found) = keep.load::<S>(plan)? {
        resume(found, sources, args, &keep, &mut out)?
    } else {
        let follow = Follow::new(begin(plan, sources)?, keep.numbered());
        // A place that cannot be written to is better known before the first bar.
        keep.save(follow.session())?;
        (follow, 0)
    };

    // A feed that is faster than we are waits.
    let (send, events) = mpsc::sync_channel(1024);
    let stop = send.clone();
    ctrlc::set_handler(move || drop(stop.send(Event::Stop)))?;
    thread::spawn(move || read_lines(&send));
    answer_all(&mut follow, &mut keep, unsaved, &events, &mut out)
}

/// Answers until the feed ends, so many rows after the last snapshot. What cannot be stored is an error at once, and is not answered.
fn answer_all<S: Scalar>(
    follow: &mut Follow<S>,
    keep: &mut Keep,
    mut unsaved: u64,
    events: &Receiver<Event>,
    out: &mut impl Write,
) -> Outcome {
    let mut line_number = 0u64;
    // Once is enough for a whole feed.
    let mut hinted = false;
    while let Ok(first) = events.recv() {
        let (mut answers, mut end) = (String::new(), None);
        for event in std::iter::once(first).chain(events.try_iter().take(TOGETHER - 1)) {
            let line = match event {
                Event::Line(line) => Ok(line),
                Event::Unreadable(why) => Err(why),
                Event::End => {
                    end = Some(Ok(ExitCode::SUCCESS));
                    break;
                }
                Event::Broken(why) => {
                    end = Some(Err(Failure(format!("stdin: {why}"))));
                    break;
                }
                Event::Stop => {
                    end = Some(Ok(ExitCode::from(INTERRUPTED)));
                    break;
                }
            };
            line_number += 1;
            let mut warn = |what: String| {
                if !std::mem::replace(&mut hinted, true) {
                    show::warning(&format!("line {line_number}: {what}"));
                }
            };
            let taken = line.and_then(|line| Ok((follow.take(&line, &mut warn)?, line)));
            let answer = match taken {
                Ok((Taken::Nothing, _)) => None,
                Ok((Taken::Peeked(answer), _)) => Some(answer),
                Ok((Taken::Closed(closed), line)) => {
                    keep.note(line.trim(), &closed);
                    unsaved += 1;
                    closed.answer
                }
                Err(why) => {
                    show::warning(&format!("line {line_number} skipped: {why}"));
                    None
                }
            };
            answers.extend(answer.into_iter().flat_map(|answer| [answer, "\n".to_owned()]));
        }
        keep.flush()?;
        // Answered before the state is saved: whoever stops us in between can have answers once more, never not at all.
        match out.write_all(answers.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            written => written?,
        }
        if unsaved >= keep.every() || end.is_some() {
            keep.save(follow.session())?;
            unsaved = 0;
        }
        if let Some(end) = end {
            return end;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A session before its first line, warmed up with the history there is.
fn begin<S: Scalar>(plan: &Plan, sources: &Sources) -> Result<Session<S>, Failure> {
    let base = sources.base();
    let mut keys = sources.keys();
    if !keys.contains(base) {
        keys.push(base.clone());
    }
    for rows in plan.clocks() {
        let Rows::Source(source) = rows else { continue };
        let key = source.resolve(base);
        // Slower bars of a symbol that is there are put together from the faster ones.
        let kin = |other: &PartitionKey| {
            (&other.exchange, &other.symbol, other.source) == (&key.exchange, &key.symbol, key.source)
        };
        if !keys.iter().any(kin) {
            keys.push(key);
        }
    }
    let mut session = Session::fresh(plan, Binding::new(plan, base, &keys)?)?;
    let wanted = session.binding().feeds().iter().map(|feed| feed.key().clone()).collect();
    session.replay_in(&sources.read::<S>(&wanted)?)?;
    Ok(session)
}

/// Goes on from what was saved: takes in the lines after it, answers them once more if that is wanted, and says how many there were.
fn resume<S: Scalar>(
    found: Found<S>,
    sources: &Sources,
    args: &Stream,
    keep: &Keep,
    out: &mut impl Write,
) -> Result<(Follow<S>, u64), Failure> {
    let lines = found.lines;
    let mut follow = Follow::new(found.session, keep.numbered());
    let key = follow.session().layout().key();
    if args.keys.base.is_some() && sources::meant(sources.base(), std::slice::from_ref(key)).is_err() {
        return Err(Failure(format!("what was saved is of `{key}`, and --base is `{}`", sources.base())));
    }
    let replayed = lines.len() as u64;
    for line in lines {
        match follow.take(&line, &mut |_| {}) {
            Ok(Taken::Closed(closed)) => {
                if let Some(answer) = closed.answer.filter(|_| args.again) {
                    writeln!(out, "{answer}")?;
                }
            }
            Ok(_) => {}
            Err(why) => return Err(Failure(format!("a line that was stored is refused now: {why}"))),
        }
    }
    out.flush()?;
    if let Some(position) = follow.session().position() {
        let of_those =
            if replayed > 0 { format!(", {replayed} rows since the snapshot") } else { String::new() };
        show::note(&format!(
            "resumed after {} bars{of_those}, the last at {}",
            position.rows,
            time::iso(position.ts)
        ));
    }
    Ok((follow, replayed))
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
