//! The key of a partition from text: `binance.BTCUSDT.1h`, `AAPL.1d`, `"BRK.B".1d`.
//!
//! ```
//! use ta_runtime::dataset::PartitionKey;
//!
//! let key: PartitionKey = "binance.BTCUSDT.1h".parse()?;
//! assert_eq!((key.exchange.as_deref(), &*key.symbol), (Some("binance"), "BTCUSDT"));
//! assert_eq!(key.to_string(), "binance.BTCUSDT.1h.ohlcv");
//! # Ok::<(), ta_runtime::Error>(())
//! ```

use std::ops::Range;
use std::str::FromStr;

use ta_kernel_api::near_names;

use super::{OHLCV, PartitionKey, SourceSchema, TIMEFRAME_ACCEPTED, Timeframe, list};
use crate::error::{Error, Kind};

const ACCEPTED: &str = "`symbol`, `exchange.symbol`, then a timeframe and a source where there are any, as in \
                        `binance.BTCUSDT.1h.ohlcv`; a name with a dot in quotes, as in `\"BRK.B\".1d`";
const DIGIT: &str = "a name that begins with a digit in quotes";

/// Reads `[exchange.]symbol[.timeframe][.source]`; the source is `ohlcv` when not said.
///
/// A part that begins with a digit is a timeframe, and a last part that names a linked source is that source; quotes make a name
/// of anything. The timeframe before a source without bars says how its rows are to be grouped, and is not
/// part of the key.
///
/// Errors have the bytes of the part they are about.
impl FromStr for PartitionKey {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = split(text)?;
        let mut rest = &parts[..];

        let sources = SourceSchema::linked();
        let named = |part: &Part<'_>| sources.iter().copied().find(|schema| part.is_bare(schema.name));
        let mut source = None;
        if let [_, .., last] = rest {
            source = named(last);
            rest = &rest[..rest.len() - usize::from(source.is_some())];
        }
        let mut timeframe = None;
        if let [head @ .., last] = rest
            && last.is_timeframe()
        {
            timeframe = Some(last.name.parse::<Timeframe>().map_err(|_| {
                Error::new(Kind::Syntax, format!("`{}` is no timeframe", last.name))
                    .with_help(format!("accepted: {TIMEFRAME_ACCEPTED}; {DIGIT}"))
                    .at(last.span.clone())
            })?);
            rest = head;
        }
        if let Some(part) = rest.iter().find(|part| part.is_timeframe()) {
            return Err(Error::new(Kind::Syntax, format!("`{}` stands where a name is expected", part.name))
                .with_help(format!("accepted: {ACCEPTED}; {DIGIT}"))
                .at(part.span.clone()));
        }
        let (exchange, symbol) = match (rest, source.is_some() || timeframe.is_some()) {
            ([symbol], _) => (None, symbol),
            ([exchange, symbol], _) => (Some(exchange.name.into()), symbol),
            ([_, _, odd], false) => {
                let names: Vec<_> = sources.iter().map(|schema| schema.name).collect();
                let near = near_names(odd.name, names.iter().copied());
                let (lead, names) = if near.is_empty() { ("sources", names) } else { ("close", near) };
                return Err(Error::new(Kind::UnknownName, format!("unknown source `{}`", odd.name))
                    .with_help(format!("{lead}: {}; a timeframe is {TIMEFRAME_ACCEPTED}", list(&names)))
                    .at(odd.span.clone()));
            }
            _ => {
                let fault = if rest.is_empty() { "there is no symbol" } else { "there are too many names" };
                return Err(Error::new(Kind::Syntax, format!("{fault} in `{text}`"))
                    .with_help(format!("accepted: {ACCEPTED}"))
                    .at(0..text.len()));
            }
        };
        let source = source.unwrap_or(&OHLCV);
        Ok(Self {
            exchange,
            symbol: symbol.name.into(),
            timeframe: timeframe.filter(|_| source.bars),
            source,
        })
    }
}

/// What stands between two dots.
struct Part<'t> {
    /// Without the quotes.
    name: &'t str,
    quoted: bool,
    span: Range<usize>,
}

impl Part<'_> {
    fn is_bare(&self, name: &str) -> bool {
        !self.quoted && self.name == name
    }

    fn is_timeframe(&self) -> bool {
        !self.quoted && self.name.starts_with(|c: char| c.is_ascii_digit())
    }
}

fn split(text: &str) -> Result<Vec<Part<'_>>, Error> {
    let refuse = |message: String, at: usize| {
        let end = text.ceil_char_boundary((at + 1).min(text.len()));
        Err(Error::new(Kind::Syntax, message).with_help(format!("accepted: {ACCEPTED}")).at(at..end))
    };
    let mut parts = Vec::new();
    let mut start = 0;
    loop {
        let rest = &text[start..];
        let quote = rest.chars().next().filter(|&c| c == '"' || c == '\'');
        let (name, length) = match quote {
            None => {
                let name = rest.split('.').next().unwrap_or(rest);
                let odd = |c: char| c.is_whitespace() || c.is_control() || c == '"' || c == '\'';
                if let Some((at, c)) = name.char_indices().find(|&(_, c)| odd(c)) {
                    return refuse(format!("{c:?} in a name without quotes"), start + at);
                }
                (name, name.len())
            }
            Some(quote) => {
                let Some(end) = rest[1..].find(quote) else {
                    return refuse("a quote is not closed".to_owned(), start);
                };
                let name = &rest[1..=end];
                if let Some((at, c)) = name.char_indices().find(|(_, c)| c.is_control()) {
                    return refuse(format!("{c:?} in a name"), start + 1 + at);
                }
                (name, end + 2)
            }
        };
        if name.is_empty() {
            return refuse(format!("a name is empty in `{text}`"), start);
        }
        parts.push(Part { name, quoted: quote.is_some(), span: start..start + length });
        match text[start + length..].chars().next() {
            None => return Ok(parts),
            Some('.') => start += length + 1,
            Some(c) => return refuse(format!("{c:?} after a name in quotes"), start + length),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::TRADES;
    use super::*;

    fn key(text: &str) -> PartitionKey {
        text.parse().unwrap()
    }

    fn parts(text: &str) -> (Option<String>, String, Option<String>, &'static str) {
        let PartitionKey { exchange, symbol, timeframe, source } = key(text);
        (
            exchange.map(String::from),
            symbol.into(),
            timeframe.map(|timeframe| timeframe.to_string()),
            source.name,
        )
    }

    #[test]
    fn what_is_left_out_is_unknown_but_for_the_source() {
        for (text, exchange, symbol, timeframe, source) in [
            ("AAPL", None, "AAPL", None, "ohlcv"),
            ("AAPL.1d", None, "AAPL", Some("1d"), "ohlcv"),
            ("AAPL.trades", None, "AAPL", None, "trades"),
            ("trades", None, "trades", None, "ohlcv"),
            ("trades.trades", None, "trades", None, "trades"),
            ("binance.BTCUSDT", Some("binance"), "BTCUSDT", None, "ohlcv"),
            ("binance.BTCUSDT.60m.ohlcv", Some("binance"), "BTCUSDT", Some("1h"), "ohlcv"),
            ("\"BTC-USD\".1h", None, "BTC-USD", Some("1h"), "ohlcv"),
            ("BTC-USD.1h", None, "BTC-USD", Some("1h"), "ohlcv"),
            ("'BRK.B'.\"1d\"", Some("BRK.B"), "1d", None, "ohlcv"),
            ("x.\"trades\"", Some("x"), "trades", None, "ohlcv"),
            ("^GSPC.1d", None, "^GSPC", Some("1d"), "ohlcv"),
        ] {
            let timeframe = timeframe.map(str::to_owned);
            assert_eq!(
                parts(text),
                (exchange.map(str::to_owned), symbol.to_owned(), timeframe, source),
                "{text}"
            );
        }
    }

    #[test]
    fn trades_have_no_timeframe() {
        assert_eq!(key("binance.BTCUSDT.1h.trades"), key("binance.BTCUSDT.trades"));
        assert_eq!(key("BTCUSDT.trades").source, &TRADES);
    }

    #[test]
    fn what_is_no_key_is_refused_with_its_place() {
        for (text, message, place) in [
            ("", "a name is empty in ``", ""),
            (".1d", "a name is empty in `.1d`", "."),
            ("AAPL.", "a name is empty in `AAPL.`", ""),
            ("AAPL 1d", "' ' in a name without quotes", " "),
            ("\"AAPL", "a quote is not closed", "\""),
            ("\"AAPL\"x", "'x' after a name in quotes", "x"),
            ("1d", "there is no symbol in `1d`", "1d"),
            ("1d.trades", "there is no symbol in `1d.trades`", "1d.trades"),
            ("a.b.c.1d", "there are too many names in `a.b.c.1d`", "a.b.c.1d"),
            ("1d.AAPL", "`1d` stands where a name is expected", "1d"),
            ("1INCH", "`1INCH` is no timeframe", "1INCH"),
            ("AAPL.1x", "`1x` is no timeframe", "1x"),
            ("a.b.trade", "unknown source `trade` (close: `trades`; a timeframe is ", "trade"),
        ] {
            let err = text.parse::<PartitionKey>().unwrap_err();
            assert!(err.to_string().starts_with(message), "{text}: {err}");
            assert_eq!(&text[err.span().unwrap()], place, "{text}");
            assert_eq!(err.is_unknown_name(), message.starts_with("unknown"), "{text}");
        }
    }

    fn any_name() -> impl Strategy<Value = String> {
        prop_oneof!["[A-Za-z_][A-Za-z0-9_]{0,6}", "[ -!#-~é]{1,6}", "[ -&(-~]{1,6}", Just("ohlcv".to_owned())]
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            exchange in proptest::option::of(any_name()),
            symbol in any_name(),
            timeframe in proptest::option::of("[1-9]{1,2}(s|m|h|d|w|M)"),
            source in 0..4_usize,
        ) {
            let source = [&super::super::OHLCV, &TRADES, &super::super::ORDERBOOK, &super::super::LIQUIDATION][source];
            let timeframe = timeframe.filter(|_| source.bars).map(|text| text.parse().unwrap());
            let key = PartitionKey { exchange: exchange.map(Into::into), symbol: symbol.into(), timeframe, source };
            prop_assert_eq!(key.to_string().parse::<PartitionKey>().unwrap(), key);
        }

        #[test]
        fn no_text_panics(text in "(\\PC|\\.|\"|'|1h|trades){0,12}") {
            if let Ok(key) = text.parse::<PartitionKey>() {
                prop_assert_eq!(key.to_string().parse::<PartitionKey>().unwrap(), key);
            }
        }
    }
}
