//! What this engine can do, so that a run says what it did not show.

use std::io::Write as _;

use optimist_tests::{CAPABILITIES, lacks};

#[tokio::test]
async fn the_embedded_engine_lacks_nothing_and_others_say_what() {
    let lacks = lacks().await;
    for capability in CAPABILITIES {
        let shown = if lacks.contains(&capability) {
            "no"
        } else {
            "yes"
        };
        // Not `eprintln!`, which the harness shows of failed tests only.
        let _ = writeln!(std::io::stderr(), "engine has {capability}: {shown}");
    }
    let embedded = std::env::var("OPTIMIST_TEST_ENDPOINT").is_err();
    assert!(!embedded || lacks.is_empty(), "{lacks:?}");
}
