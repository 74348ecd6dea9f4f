//! No bytes, however chosen, make us panic.

#![allow(clippy::unwrap_used, reason = "clippy sees builders beside the tests as code outside them")]

use market::exchange::{Exchange, Message};
use market::normalize::{MapperDate, Mode, Options, Session};
use market::timestamp::Timestamp;
use proptest::prelude::*;

const SEEDS: [&str; 7] = [
    r#"{"stream":"bnbbtc@trade","data":{"e":"trade","E":1554076800945,"s":"BNBBTC","t":40756030,"p":"0.00426990","q":"33.82","T":1554076800940,"m":false}}"#,
    r#"{"stream":"blzeth@depth@100ms","data":{"e":"depthUpdate","E":1633998514469,"s":"BLZETH","U":27,"u":29,"b":[["0.1","0.0"]],"a":[["1","2"]]}}"#,
    r#"{"stream":"blzeth@depthSnapshot","generated":true,"data":{"lastUpdateId":28,"bids":[["0.1","1"]],"asks":[]}}"#,
    r#"{"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT","b":"8010.0","B":"0.1","a":"8012.1","A":"0.03"}}"#,
    r#"{"e":"depthUpdate","E":1633998514469,"s":"BLZETH","U":27,"u":29,"b":[],"a":[]}"#,
    r#"{"error":{"code":2,"msg":"Invalid request"},"id":8}"#,
    r#"{"result":null,"id":7}"#,
];

fn session(mode: Mode) -> Session {
    Session::new(Options { exchange: Exchange::Binance, channels: vec![], mapper_date: MapperDate::Realtime, mode })
}

/// A frame that nearly is one: bytes replaced, put in, cut out or repeated.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let damage = (0usize..300, 0usize..40, prop::collection::vec(any::<u8>(), 0..6));
    (0..SEEDS.len(), prop::collection::vec(damage, 0..4)).prop_map(|(seed, damages)| {
        let mut bytes = SEEDS[seed].as_bytes().to_vec();
        for (at, cut, put) in damages {
            let at = at.min(bytes.len());
            let end = (at + cut % 8).min(bytes.len());
            bytes.splice(at..end, put);
        }
        bytes
    })
}

/// A frame in form, with values of any size in it.
fn extreme() -> impl Strategy<Value = Vec<u8>> {
    let id = prop_oneof![Just(0), Just(1), Just(u64::MAX), Just(u64::MAX - 1), any::<u64>(), 0u64..5];
    let digits = "-?[0-9]{1,40}(\\.[0-9]{1,20})?([eE]-?[0-9]{1,12})?";
    (id.clone(), id, digits, any::<i64>(), any::<bool>()).prop_map(|(first, last, digits, time, snapshot)| {
        let levels = format!(r#"[["{digits}","1"],["1","{digits}"]]"#);
        match snapshot {
            true => {
                format!(r#"{{"stream":"x@depthSnapshot","data":{{"lastUpdateId":{last},"bids":{levels},"asks":[]}}}}"#)
            }
            false => format!(
                r#"{{"stream":"x@depth","data":{{"s":"X","E":{time},"U":{first},"u":{last},"b":{levels},"a":[]}}}}"#
            ),
        }
        .into_bytes()
    })
}

fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![prop::collection::vec(any::<u8>(), 0..200), damaged(), extreme()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(frame in any_frame()) {
        let mut messages = vec![];
        let result = Exchange::Binance.normalise(&frame, Timestamp::default(), &mut messages);
        prop_assert!(result.is_ok() || messages.is_empty());
        let _ = Exchange::Binance.parse_snapshot(&frame);
    }

    #[test]
    fn what_is_written_is_json_whatever_came(frames in prop::collection::vec(any_frame(), 0..12), strict in any::<bool>()) {
        let mut session = session(if strict { Mode::Strict } else { Mode::Plain });
        let mut printed = vec![];
        for frame in frames {
            let frame = String::from_utf8_lossy(&frame);
            let line = format!(r#"{{"local_timestamp":"2021-10-12T00:28:34Z","message":{frame}}}"#);
            let _ = session.feed_line(&line, &mut printed);
            let _ = session.feed_line(&frame, &mut printed);
        }
        for line in printed {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok(), "{line}");
            prop_assert!(!line.contains('\n'));
        }
    }
}

#[test]
fn every_seed_is_a_frame_that_says_something() {
    for seed in SEEDS {
        let mut messages: Vec<Message> = vec![];
        Exchange::Binance.normalise(seed.as_bytes(), Timestamp::default(), &mut messages).unwrap();
        assert_eq!(messages.len(), 1, "{seed}");
    }
}
