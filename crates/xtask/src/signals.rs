//! Ctrl-C, SIGTERM and a closed terminal only raise a flag; whoever waits looks at it and unwinds, so that every child is stopped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

static STOP: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| Arc::new(AtomicBool::new(false)));

/// From here on the three signals no longer end the process by themselves.
pub(crate) fn listen() {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&STOP))
            .expect("these three signals may be caught by any process");
    }
}

/// True once one of the signals came. Loops that wait ask this at least ten times a second.
pub(crate) fn stop_requested() -> bool {
    STOP.load(Ordering::Relaxed)
}
