//! The handle that tests hold: starting, stopping, time, faults, counts.
//!
//! Sentences about users, teams, repositories and pull requests are in `sentences`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::around::{Around, Held, Run, Waiting, When};
use crate::calls::Call;
use crate::fault::{Fault, Faults, Kind, Pattern};
use crate::http::line::{Line, Lines};
use crate::http::serve::router;
use crate::mishap::Mishaps;
use crate::post::Post;
use crate::version::Version;
use crate::webhook::Delivery;
use crate::world::World;

/// A running stand-in; clones are handles to the same one.
///
/// It stops when the last handle (pull, repository and team handles count) is dropped.
#[derive(Debug, Clone)]
pub struct Forge {
    pub(crate) shared: Arc<Shared>,
    /// `None` in closures that run around a call: they must not keep the forge alive.
    _alive: Option<Arc<DropGuard>>,
}

/// What the server's tasks and the handles have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    world: Mutex<World>,
    faults: Mutex<Faults>,
    around: Mutex<Around>,
    held: Mutex<Held>,
    calls: Mutex<Vec<Call>>,
    pub(crate) post: Post,
    runtime: Handle,
    stop: CancellationToken,
}

impl Forge {
    /// Serves on a free port of the loopback interface; the world is empty but for `root`.
    ///
    /// # Panics
    /// When no port can be bound.
    pub async fn start(version: Version) -> Self {
        let Ok(listener) = TcpListener::bind(("127.0.0.1", 0)).await else {
            panic!("no free port on 127.0.0.1");
        };
        let Ok(address) = listener.local_addr() else {
            panic!("a bound listener has an address")
        };
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared {
            world: Mutex::new(World::new(version, format!("http://{address}"))),
            faults: Mutex::default(),
            around: Mutex::default(),
            held: Mutex::default(),
            calls: Mutex::default(),
            post: Post::new(),
            runtime: Handle::current(),
            stop: stop.clone(),
        });
        serve(
            Arc::clone(&shared),
            Lines {
                listener,
                stop: stop.clone(),
            },
        );
        Self {
            shared,
            _alive: Some(Arc::new(stop.drop_guard())),
        }
    }

    /// Ends all connections and takes no new ones; the state stays readable.
    pub fn stop(&self) {
        self.shared.stop.cancel();
    }

    /// Where it is, without a slash at the end: `http://127.0.0.1:43210`.
    #[must_use]
    pub fn url(&self) -> String {
        self.with(|world| world.base.clone())
    }

    /// The version it behaves like.
    #[must_use]
    pub fn version(&self) -> Version {
        self.with(|world| world.version)
    }

    /// The forge's time, in whole seconds.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.with(|world| world.now())
    }

    /// Moves the forge's clock forward.
    pub fn advance(&self, by: Duration) {
        self.with(|world| world.clock.advance(by));
    }

    /// Moves the forge's clock back: what happens from now on is older than what has happened.
    pub fn turn_back(&self, by: Duration) {
        self.with(|world| world.clock.turn_back(by));
    }

    /// Stops the forge's clock; only the two above move it from now on.
    pub fn freeze(&self) {
        self.with(|world| world.clock.freeze());
    }

    /// From now on a push has only its immediate consequences (head, `push` webhook), and so has the
    /// deletion of a branch, until [`Forge::release_timeline`] (gitea-facts §13.2).
    pub fn hold_timeline(&self) {
        self.with(|world| world.timeline_held = true);
    }

    /// Lets waiting pushes settle: timeline events, stale flags, `pull_request_sync` webhooks.
    pub fn release_timeline(&self) {
        self.tell(|world| {
            world.timeline_held = false;
            world.settle();
        });
    }

    /// Breaks some calls.
    pub fn fault(&self, fault: Fault) {
        lock(&self.shared.faults).add(fault);
    }

    /// Takes back all mishaps, and all faults that are not used up.
    pub fn heal(&self) {
        lock(&self.shared.faults).clear();
        self.shared.post.heal();
    }

    /// Does what was asked in the calls that were broken by [`Kind::Held`].
    pub fn land(&self) {
        let held = lock(&self.shared.held).take();
        held.into_iter().for_each(|run| run(&self.shared));
    }

    /// Runs the closure before the `nth` (1 is the next) call like `call` is answered; calls are
    /// described as in [`Fault::on`].
    pub fn before(&self, call: &str, nth: u64, run: impl FnOnce(&Self) + Send + 'static) {
        let (when, run, pattern): (_, Run, _) = (When::Before, Box::new(run), Pattern::parse(call));
        lock(&self.shared.around).add(Waiting {
            when,
            pattern,
            left: nth,
            run,
        });
    }

    /// Runs the closure after the `nth` (1 is the next) call like `call` took effect, and before its
    /// caller hears of it.
    pub fn after(&self, call: &str, nth: u64, run: impl FnOnce(&Self) + Send + 'static) {
        let (when, run, pattern): (_, Run, _) = (When::After, Box::new(run), Pattern::parse(call));
        lock(&self.shared.around).add(Waiting {
            when,
            pattern,
            left: nth,
            run,
        });
    }

    /// All API calls so far, in the order in which they were answered.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.shared.calls).clone()
    }

    /// All API calls since the last time this was asked.
    #[must_use]
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut *lock(&self.shared.calls))
    }

    /// Bytes of all answers since the calls were last taken.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        lock(&self.shared.calls).iter().map(|call| call.bytes).sum()
    }

    /// All webhook deliveries so far, in the order in which they were made.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.post.all()
    }

    /// The deliveries from that one on; older ones need not be looked through again.
    #[must_use]
    pub fn deliveries_from(&self, index: usize) -> Vec<Delivery> {
        self.shared.post.from(index)
    }

    /// Forgets the bodies of the deliveries that have arrived or were lost, so that a long run does not
    /// fill the memory; they cannot be sent again.
    pub fn forget_bodies(&self) {
        self.shared.post.forget_bodies();
    }

    /// Sends a delivery again, as the web page's button does: new UUID, same payload.
    ///
    /// # Panics
    /// When there is no such delivery.
    pub fn redeliver(&self, index: usize) {
        self.shared.post.redeliver(&self.shared.runtime, index);
    }

    /// Whether deliveries from now on are lost on the way.
    pub fn drop_deliveries(&self, lost: bool) {
        self.shared.post.lose(lost);
    }

    /// What happens to deliveries from now on, until [`Forge::heal`].
    pub fn mishaps(&self, mishaps: Mishaps) {
        self.shared.post.strike(mishaps);
    }

    /// Waits until no delivery is under way, be it late or held up for one that overtakes it.
    pub async fn deliveries_idle(&self) {
        self.shared.post.idle().await;
    }

    /// Reads or changes the world.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        self.shared.with(work)
    }

    /// Changes the world and sends what hooks are to hear of it.
    pub(crate) fn tell<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        let result = self.shared.with(work);
        self.shared.send_outbox();
        result
    }
}

impl Shared {
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        work(&mut lock(&self.world))
    }

    pub(crate) fn send_outbox(&self) {
        let happenings = self.with(|world| {
            let taken = std::mem::take(&mut world.outbox);
            self.post.expect(taken.len());
            taken
        });
        for happening in happenings {
            let headers = self.with(|world| world.habits.hook_target_headers);
            self.post.send(&self.runtime, happening, headers);
        }
    }

    /// Keeps this for [`Forge::land`].
    pub(crate) fn hold(&self, run: impl FnOnce(&Self) + Send + 'static) {
        lock(&self.held).add(Box::new(run));
    }

    pub(crate) fn take_fault(&self, method: &str, path: &str) -> Option<Kind> {
        lock(&self.faults).take(method, path)
    }

    pub(crate) fn run_around(self: &Arc<Self>, when: When, method: &str, path: &str) {
        let due: Vec<Run> = lock(&self.around).due(when, method, path);
        for run in due {
            run(&Forge {
                shared: Arc::clone(self),
                _alive: None,
            });
        }
    }

    pub(crate) fn add_call(&self, call: Call) {
        lock(&self.calls).push(call);
    }
}

/// A test that panicked elsewhere is no reason to panic here too.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(shared: Arc<Shared>, lines: Lines) {
    let (runtime, stop) = (shared.runtime.clone(), lines.stop.clone());
    let service = router(shared).into_make_service_with_connect_info::<Line>();
    runtime.spawn(async move {
        let serving = std::future::IntoFuture::into_future(axum::serve(lines, service));
        // Either it was told to stop, or the listener failed; both end it.
        let _ = stop.run_until_cancelled(serving).await;
    });
}
