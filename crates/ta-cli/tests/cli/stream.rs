//! `ta stream`: answers, refusals, and what survives a kill.

use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::ta::{example, root, stdout, ta, text};

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

    /// Sends lines without waiting.
    fn send(&mut self, lines: &[String]) {
        for line in lines {
            writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
        }
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

/// An answer without its number, and the number.
fn number(answer: &str) -> (String, u64) {
    let answer_json: serde_json::Value = serde_json::from_str(answer).unwrap();
    let sequence = answer_json["sequence"].as_u64().unwrap();
    (answer.replace(&format!(r#","sequence":{sequence}"#), ""), sequence)
}

#[test]
fn with_a_store_every_answer_comes_through_any_number_of_kills() {
    let feed = feed(60);
    let expected = uninterrupted(&feed);
    for every in ["1", "4", "1000"] {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let args = ["--store", store.to_str().unwrap(), "--every", every, "--again"];
        let mut answers: Vec<Option<String>> = vec![None; feed.len()];
        let mut heard = |answer: &str| {
            let (answer, sequence) = number(answer);
            let held = &mut answers[sequence as usize];
            assert!(held.as_ref().is_none_or(|held| *held == answer), "a repeat has the same number");
            *held = Some(answer);
        };
        // Three bars at a time, of which only some are waited for; the feed begins with two that were sent before.
        for begin in (0..feed.len()).step_by(3) {
            let mut stream = Stream::start(&args);
            let lines = &feed[begin.saturating_sub(2)..begin + 3];
            stream.send(lines);
            let wait_for = &expected[begin + begin % 2];
            for answer in stream.answers.by_ref().map(Result::unwrap) {
                heard(&answer);
                if number(&answer).0 == *wait_for {
                    break;
                }
            }
            stream.child.kill().unwrap();
            stream
                .answers
                .by_ref()
                .map_while(Result::ok)
                .filter(|line| line.ends_with('}'))
                .for_each(|line| heard(&line));
            stream.child.wait().unwrap();
            // What was not stored is sent again, as a feed does that was not answered.
            let mut stream = Stream::start(&args);
            stream.send(lines);
            drop(stream.stdin.take());
            stream.answers.by_ref().map_while(Result::ok).for_each(|line| heard(&line));
            assert_eq!(stream.end().1, Some(0));
        }
        let answers: Vec<String> = answers.into_iter().map(Option::unwrap).collect();
        assert_eq!(answers, expected, "a snapshot every {every}");
    }
}

#[test]
fn a_store_answers_nothing_twice_unless_asked() {
    let feed = feed(20);
    let expected = uninterrupted(&feed);
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let args = ["--store", store.to_str().unwrap(), "--session", "one"];
    let mut stream = Stream::start(&args);
    for (line, expected) in feed[..12].iter().zip(&expected) {
        assert_eq!(number(&stream.ask(line)).0, *expected);
    }
    stream.kill();
    let mut stream = Stream::start(&args);
    stream.send(&feed[9..14]);
    let first = stream.answers.next().unwrap().unwrap();
    assert_eq!(number(&first), (expected[12].clone(), 12));
    assert_eq!(number(&stream.answers.next().unwrap().unwrap()).1, 13);
    stream.kill();
    // All since the last snapshot, which was before the first bar.
    let stream = Stream::start(&[&args[..], &["--again"]].concat());
    let (answers, code, said) = stream.end();
    assert_eq!(code, Some(0));
    assert_eq!(answers.iter().map(|answer| number(answer).0).collect::<Vec<_>>(), expected[..14]);
    assert!(said.contains("resumed after 14 bars, 14 rows since the snapshot"), "{said}");
    // After a good end there is nothing to answer again; another session is another matter.
    assert!(Stream::start(&[&args[..], &["--again"]].concat()).end().0.is_empty());
    let mut other = Stream::start(&["--store", store.to_str().unwrap(), "--session", "two"]);
    assert_eq!(number(&other.ask(&feed[0])), (expected[0].clone(), 0));
    let mut second = Stream::start(&args);
    assert_eq!(second.child.wait().unwrap().code(), Some(2), "one program at a time");
}

#[test]
fn lines_of_several_partitions_feed_one_plan() {
    let folder = root().join("tests/data");
    let file = |symbol: &str| folder.join(symbol).with_extension("csv").to_str().unwrap().to_owned();
    let bars = |symbol: &str| -> Vec<String> {
        let csv = fs::read_to_string(file(symbol)).unwrap();
        let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
        let line = |cells: Vec<String>| {
            format!(r#"{{"partition":"{symbol}","ts":"{}","close":{}}}"#, cells[0], cells[4])
        };
        csv.lines().skip(1).take(60).map(|text| line(cells(text))).collect()
    };
    let expressions = ["r=close / MSFT.close", "s=sma(MSFT.close, 3)"];
    let (ibm, msft) = (bars("IBM"), bars("MSFT"));
    let lines: Vec<&String> = msft.iter().zip(&ibm).flat_map(|(msft, ibm)| [msft, ibm]).collect();
    let feed = |lines: &[&String], args: &[&str]| {
        let mut child = ta()
            .arg("stream")
            .args(expressions)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        for line in lines {
            writeln!(stdin, "{line}").unwrap();
        }
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        (text(&output.stdout), text(&output.stderr))
    };
    let (answers, said) = feed(&lines, &["--base", "IBM"]);
    assert_eq!(said, "");
    let args = [
        "eval",
        expressions[0],
        expressions[1],
        "--data",
        &file("IBM"),
        "--data",
        &file("MSFT"),
        "--format",
        "jsonl",
    ];
    let eval = stdout(&args);
    let expected: Vec<&str> = eval.lines().take(60).collect();
    assert_eq!(answers.replace(r#","partition":"IBM.ohlcv""#, "").lines().collect::<Vec<_>>(), expected);

    // The same through a store, with a break between the two rows of a day.
    let folder = tempfile::tempdir().unwrap();
    let args = ["--base", "IBM", "--store", folder.path().to_str().unwrap()];
    let (first, _) = feed(&lines[..61], &args);
    let (second, said) = feed(&lines[61..], &args[2..]);
    assert!(said.contains("resumed after 30 bars"), "{said}");
    let answers = format!("{first}{second}").replace(r#","partition":"IBM.ohlcv""#, "");
    assert_eq!(answers.lines().map(|answer| number(answer).0).collect::<Vec<_>>(), expected);

    // A row that should have been read before.
    let (_, said) = feed(&[lines[1], lines[0]], &["--base", "IBM"]);
    assert!(
        said.contains(
            "line 2 skipped: 2000-03-01T00:00:00Z: row of `MSFT.ohlcv` comes after the one of `IBM.ohlcv`"
        ),
        "{said}"
    );
    let other = lines[0].replace("MSFT", "SPY");
    let (_, said) = feed(&[&other], &["--base", "IBM"]);
    assert!(
        said.contains("there are no data of `SPY.ohlcv` (there are `MSFT.ohlcv`, `IBM.ohlcv`)"),
        "{said}"
    );
}

#[test]
fn a_repeated_bar_a_changed_one_and_a_late_one_are_told_apart() {
    let feed = feed(3);
    let mut stream = Stream::start(&[]);
    stream.ask(&feed[0]);
    stream.ask(&feed[2]);
    let lines = [feed[2].clone(), feed[0].replace("\"close\":1", "\"close\":2"), feed[1].clone()];
    stream.send(&lines);
    let (answers, _, said) = stream.end();
    assert!(answers.is_empty());
    assert!(
        said.contains("line 3 skipped: 2013-09-01T22:02:00Z is there already, with the same values"),
        "{said}"
    );
    assert!(
        said.contains("line 5 skipped: 2013-09-01T22:01:00Z: row is not after 2013-09-01T22:02:00Z"),
        "{said}"
    );
    assert!(said.contains("line 4 skipped: "), "{said}");
}

#[test]
fn what_looks_odd_in_a_line_is_said() {
    let said = |line: &str| {
        let mut stream = Stream::start(&[]);
        writeln!(stream.stdin.as_mut().unwrap(), "{line}").unwrap();
        stream.end().2
    };
    let bar = r#"{"ts": 1767623400, "high": 2, "low": 1, "open": 1, "close": 1, "volume": 1}"#;
    assert!(said(bar).contains("line 1: `ts` was read as milliseconds and is 1970-01-21"));
    assert!(said(r#"{"ts": 0, "close": NaN}"#).contains("`NaN` is no JSON; a missing value is `null`"));
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
