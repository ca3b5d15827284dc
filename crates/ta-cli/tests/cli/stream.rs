//! `ta stream`: answers, refusals, and what survives a kill.

use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::ta::{example, stdout, ta, text};

const EXPRESSIONS: [&str; 4] = ["rsi(5)", "sma=sma(8)", "up=crossup(ema(3), ema(8))", "obv()"];

/// Bars of a file as the lines of a feed.
fn feed(bars: usize) -> Vec<String> {
    let csv = fs::read_to_string(example("ES_1MIN.csv")).unwrap();
    let line = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let [ts, open, high, low, close, volume] = cells[..] else { panic!("{line}") };
        format!(
            r#"{{"ts":"{ts}","open":{open},"high":{high},"low":{low},"close":{close},"volume":{volume}}}"#
        )
    };
    csv.lines().skip(1).take(bars).map(line).collect()
}

/// A running `ta stream`.
struct Stream {
    child: Child,
    stdin: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Stream {
    fn start(args: &[&str]) -> Self {
        let mut child = ta()
            .arg("stream")
            .args(EXPRESSIONS)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, stdin, answers }
    }

    /// Sends one line and waits for its answer.
    fn ask(&mut self, line: &str) -> String {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
        self.answers.next().unwrap().unwrap()
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends the feed: the answers that were not asked for one by one, the exit code, and what was said on stderr.
    fn end(mut self) -> (Vec<String>, Option<i32>, String) {
        drop(self.stdin.take());
        let answers = self.answers.by_ref().map(Result::unwrap).collect();
        let output = self.child.wait_with_output().unwrap();
        (answers, output.status.code(), text(&output.stderr))
    }
}

/// All answers to a feed without a break.
fn uninterrupted(feed: &[String]) -> Vec<String> {
    let mut stream = Stream::start(&[]);
    let answers = feed.iter().map(|line| stream.ask(line)).collect();
    assert_eq!(stream.end().1, Some(0));
    answers
}

#[test]
fn answers_are_those_of_eval() {
    let feed = feed(50);
    let answers = uninterrupted(&feed);
    let data = example("ES_1MIN.csv");
    let mut args = vec!["eval", "--format", "jsonl", "--data", data.to_str().unwrap()];
    args.extend(EXPRESSIONS);
    let rows = stdout(&args);
    assert_eq!(answers, rows.lines().take(50).collect::<Vec<_>>());
}

#[test]
fn a_killed_stream_goes_on_from_its_snapshot() {
    let feed = feed(40);
    let expected = uninterrupted(&feed);
    for every in ["1", "7"] {
        for killed_after in 1..feed.len() {
            let folder = tempfile::tempdir().unwrap();
            let snapshot = folder.path().join("state");
            let args = ["--snapshot", snapshot.to_str().unwrap(), "--every", every];
            let mut stream = Stream::start(&args);
            let mut answers: Vec<String> = feed[..killed_after].iter().map(|line| stream.ask(line)).collect();
            stream.kill();
            // Every bar is sent again; those that the snapshot has are refused.
            let mut stream = Stream::start(&args);
            for line in &feed {
                writeln!(stream.stdin.as_mut().unwrap(), "{line}").unwrap();
            }
            let (rest, code, _) = stream.end();
            assert_eq!(code, Some(0));
            // What is answered twice is answered the same.
            let again = killed_after - (feed.len() - rest.len());
            assert_eq!(answers[killed_after - again..], rest[..again]);
            answers.extend_from_slice(&rest[again..]);
            let left: Vec<_> =
                fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(left, ["state"], "nothing is left lying about");
            assert_eq!(answers, expected, "killed after {killed_after} bars, a snapshot every {every}");
        }
    }
}

#[test]
fn a_forming_bar_is_answered_and_forgotten() {
    let feed = feed(12);
    let expected = uninterrupted(&feed);
    let mut stream = Stream::start(&[]);
    for (at, line) in feed.iter().enumerate() {
        let forming = line.replace('}', r#","forming":true}"#);
        let peeked = stream.ask(&forming);
        assert_eq!(peeked.replace(r#","forming":true"#, ""), expected[at]);
        assert_eq!(stream.ask(line), expected[at]);
    }
}

#[test]
fn bad_lines_and_old_bars_are_explained_and_skipped() {
    let feed = feed(30);
    let expected = uninterrupted(&feed);
    let mut stream = Stream::start(&[]);
    let bad = [
        "{".to_owned(),
        r#"{"ts": "2030-01-01T00:00:00Z", "open": 1, "high": 1, "low": 1, "close": 1e999, "volume": 0}"#
            .to_owned(),
        r#"{"ts": "2030-01-01T00:00:00Z", "open": 1, "high": 1, "low": 2, "close": 1, "volume": 0}"#
            .to_owned(),
        r#"{"ts": "2030-01-01T00:00:00Z", "close": 1}"#.to_owned(),
        feed[0].clone(),
    ];
    let answers: Vec<String> = feed
        .iter()
        .map(|line| {
            let answer = stream.ask(line);
            for bad in &bad {
                writeln!(stream.stdin.as_mut().unwrap(), "{bad}").unwrap();
            }
            answer
        })
        .collect();
    let (rest, code, said) = stream.end();
    assert_eq!((answers, rest, code), (expected, vec![], Some(0)));
    for line in 2..=6 {
        assert!(said.contains(&format!("line {line} skipped")), "{said}");
    }
}

#[test]
fn history_warms_up() {
    let expected = uninterrupted(&feed(40));
    let folder = tempfile::tempdir().unwrap();
    let history = folder.path().join("history.csv");
    let csv = fs::read_to_string(example("ES_1MIN.csv")).unwrap();
    fs::write(&history, csv.lines().take(31).collect::<Vec<_>>().join("\n")).unwrap();
    let mut stream = Stream::start(&["--history", history.to_str().unwrap()]);
    for (line, expected) in feed(40)[30..].iter().zip(&expected[30..]) {
        assert_eq!(&stream.ask(line), expected);
    }
}

#[test]
fn a_snapshot_of_another_plan_or_a_damaged_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("state");
    let args = ["--snapshot", snapshot.to_str().unwrap()];
    let mut stream = Stream::start(&args);
    stream.ask(&feed(1)[0]);
    assert_eq!(stream.end().1, Some(0));

    let said = |expression: &str| {
        let output = ta().args(["stream", expression]).args(args).stdin(Stdio::null()).output().unwrap();
        (output.status.code(), text(&output.stderr))
    };
    let (code, message) = said("sma(9)");
    assert_eq!(code, Some(2));
    assert!(message.contains("another plan"), "{message}");

    let mut bytes = fs::read(&snapshot).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&snapshot, bytes).unwrap();
    assert_eq!(said("sma(9)").0, Some(2));
    assert!(Path::new(&snapshot).exists(), "what was refused is left alone");
}

#[cfg(unix)]
#[test]
fn input_that_cannot_be_read_and_a_snapshot_that_cannot_be_written_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let output =
        ta().args(["stream", "close"]).stdin(fs::File::open(folder.path()).unwrap()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    let nowhere = folder.path().join("nowhere/state");
    let args = ["stream", "close", "--snapshot", nowhere.to_str().unwrap()];
    let output = ta().args(args).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("nowhere/state"), "{}", text(&output.stderr));
}

#[cfg(unix)]
#[test]
fn an_interrupted_stream_saves_first() {
    let feed = feed(20);
    let expected = uninterrupted(&feed);
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("state");
    // Were it not for the interrupt, nothing would be saved before the thousandth bar.
    let args = ["--snapshot", snapshot.to_str().unwrap(), "--every", "1000"];
    let mut stream = Stream::start(&args);
    for line in &feed[..15] {
        stream.ask(line);
    }
    let pid = stream.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(stream.child.wait().unwrap().code(), Some(130));
    let mut stream = Stream::start(&args);
    for (line, expected) in feed[15..].iter().zip(&expected[15..]) {
        assert_eq!(&stream.ask(line), expected);
    }
}
