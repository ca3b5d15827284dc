//! Expressions as text.

use ta_runtime::expr::Script;

use super::{options, refused, run, scope};

/// A byte that chooses scalar and policy, then texts between zero bytes.
pub fn text(bytes: &[u8]) {
    let Some((&choice, text)) = bytes.split_first() else { return };
    let Ok(text) = str::from_utf8(text) else { return };
    let texts: Vec<_> = text.split('\0').map(|text| (None, text)).collect();
    match Script::parse_all(&texts, scope()) {
        Err(errors) => refused(&texts, &errors),
        Ok(script) => canonical(&script),
    }
    run(&texts, &options(choice));
}

/// A script is what its canonical text and its JSON are read as.
pub(super) fn canonical(script: &Script) {
    let text = script.to_string();
    let json = script.to_json();
    let names = json["outputs"].as_array().into_iter().flatten().filter_map(|output| output["name"].as_str());
    let odd = |name: &str| name.contains(char::is_control) || name.contains('"') && name.contains('\'');
    let exact = !names.into_iter().any(odd);
    match Script::parse(&[(None, &text)], scope()) {
        Ok(again) => {
            assert!(again == *script || !exact, "{text:?} is read as {again}");
            assert_eq!(again.to_string(), text);
        }
        // Everything is written out in it, so it may be longer than what it was made of.
        Err(error) => assert!(error.is_limit(), "{text:?}: {error}"),
    }
    match Script::from_json(json.to_string(), scope()) {
        // An output without a name has its text as one from here on.
        Ok(again) => assert_eq!(again.to_json(), json, "{script}"),
        Err(error) => panic!("{json}: {error}"),
    }
}
