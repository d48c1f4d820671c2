//! Threads that hash: with what others leave of the cores where that is enough, and beside them where it is
//! not. Hashing takes a whole core for some 25 milliseconds, and messages need little of one but soon; but
//! where the cores are wanted all the time, by this server or by other programs, whoever only takes what is
//! left over waits for ever, and so does whoever signs in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// How long a hash may take with what is left over before it is made anew beside everything else.
const LEFTOVER_FOR: Duration = Duration::from_millis(400);

/// The threads that run with what is left over.
#[derive(Clone, Debug)]
pub(super) struct Hashing {
    most: usize,
    running: Arc<AtomicUsize>,
}

impl Hashing {
    /// At most so many of them at once, those included whose work was made anew elsewhere: each has its
    /// memory until it ends.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            running: Arc::default(),
        }
    }

    /// Does the work, which may be done twice, and blocks until it is done.
    pub(super) fn run<T: Send + 'static>(&self, work: impl Fn() -> T + Send + Sync + 'static) -> T {
        let work = Arc::new(work);
        self.with_leftovers(Arc::clone(&work)).unwrap_or_else(|| work())
    }

    /// The same, if it is done soon with what others leave.
    fn with_leftovers<T: Send + 'static>(
        &self,
        work: Arc<impl Fn() -> T + Send + Sync + 'static>,
    ) -> Option<T> {
        let running = HashingThread::begin(self)?;
        let (tell, told) = sync_channel(1);
        let work = move || {
            let _running = running;
            step_back();
            // Whoever asked may have made it anew meanwhile.
            let _ = tell.send(work());
        };
        match std::thread::Builder::new().name("hashing".into()).spawn(work) {
            Ok(_) => told.recv_timeout(LEFTOVER_FOR).ok(),
            Err(error) => {
                log::warn!("no thread for hashing: {error}");
                None
            }
        }
    }
}

/// One of the threads; the next may begin when it is dropped.
struct HashingThread(Arc<AtomicUsize>);

impl HashingThread {
    fn begin(of: &Hashing) -> Option<Self> {
        let one_more = |running| (running < of.most).then_some(running + 1);
        let begun = of.running.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more);
        begun.is_ok().then(|| Self(Arc::clone(&of.running)))
    }
}

impl Drop for HashingThread {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What such a thread has less of than others: Linux's niceness, of -20 to 19.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Has this thread run where others leave time. Where the system knows no such thing for a thread, it goes on
/// as it is.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        log::debug!("hashing goes on beside everything else: {error}");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    /// The first thread gets no time at all.
    #[test]
    fn what_gets_no_time_is_done_beside_everything_else_and_takes_no_more_threads() {
        let hashing = Hashing::new(1);
        let begun = Arc::new(AtomicUsize::new(0));
        let held = Arc::new(Barrier::new(2));
        let work = {
            let (begun, held) = (Arc::clone(&begun), Arc::clone(&held));
            move || {
                let which = begun.fetch_add(1, Ordering::AcqRel);
                if which == 0 {
                    held.wait();
                }
                which
            }
        };
        assert_eq!(hashing.run(work), 1);
        assert_eq!(hashing.running.load(Ordering::Acquire), 1);
        // As long as it is there, what comes next is not begun with what is left over, nor waits for it.
        let name = || std::thread::current().name().map(str::to_owned);
        assert_ne!(hashing.run(name).as_deref(), Some("hashing"));
        held.wait();
        while hashing.running.load(Ordering::Acquire) > 0 {
            std::thread::yield_now();
        }
        assert_eq!(hashing.run(name).as_deref(), Some("hashing"));
    }
}
