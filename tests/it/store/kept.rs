//! A stage whose bot keeps its store on a disk that can refuse.

use crate::stage::{Stage, key, tempo};
use forge::{CommentId, Forge, PullHandle, Version};
use refire::intake::version;
use refire::worker::tempo::Tempo;
use state::{Acceptance, Arrival, DiskStore, Fault, Memo, MemoKey, Millis};
use state::{Settings, Store as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// The stage, and what lies beside it.
pub(super) struct Kept {
    pub(super) stage: Stage,
    pub(super) settings: Settings,
    pub(super) disk: Arc<DiskStore>,
    directory: TempDir,
}

impl Kept {
    /// The usual stage, on such a disk.
    pub(super) async fn set() -> Self {
        Self::with("").await
    }

    /// The same with more configuration.
    pub(super) async fn with(extra: &str) -> Self {
        let directory = TempDir::new().expect("a directory");
        let settings = Settings {
            mending: Duration::from_millis(5),
            ..Settings::new(directory.path().join("refire.db"))
        };
        let disk = open(&settings).await;
        let forge = Forge::start(Version::V1_26).await;
        // A store that is about to be damaged has work under way that nobody ends.
        let tempo = Tempo {
            end: Duration::from_millis(100),
            ..tempo()
        };
        let mut stage = Stage::bare(forge, extra, tempo);
        stage.other = Some(Arc::clone(&disk) as _);
        stage.enter().await;
        Self {
            stage,
            settings,
            disk,
            directory,
        }
    }

    /// A pull request that `quinn` has approved, all of whose statuses are posted.
    pub(super) async fn approved(&self) -> PullHandle {
        let pull = self.stage.forge.pull("alice");
        pull.approved_by("quinn");
        self.stage.quiet().await;
        pull
    }

    /// The disk works again, and the store has noticed.
    pub(super) async fn heals(&self) {
        self.settings.faults.heal();
        let mended = async {
            while self.disk.stats().await.is_err() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let mended = tokio::time::timeout(self.stage.patience, mended).await;
        mended.expect("the store works again");
    }

    /// From now on the disk refuses this, and the store has noticed: nothing is written any more.
    pub(super) async fn refuses(&self, fault: Fault) {
        self.settings.faults.refuse(fault);
        while self
            .disk
            .remember(vec![probe()], Millis::EPOCH)
            .await
            .is_ok()
        {}
    }

    /// The bot goes.
    pub(super) async fn leave(&mut self) {
        self.stage.sweep = None;
        let bot = self.stage.bot.take().expect("the bot is on stage");
        bot.stop().await.expect("the bot ends in order");
    }

    /// The bot comes back to what is on the disk.
    pub(super) async fn enter(&mut self) {
        self.disk = open(&self.settings).await;
        self.stage.other = Some(Arc::clone(&self.disk) as _);
        self.stage.enter().await;
    }

    /// What a process that is killed now leaves behind, under a name of its own.
    pub(super) fn image(&self, name: &str) -> PathBuf {
        let image = self.directory.path().join(name);
        copy(&self.settings.path, &image);
        image
    }

    /// How the delivery of a comment was answered.
    pub(super) fn answer(&self, comment: CommentId) -> Option<u16> {
        let heard = self.stage.forge.deliveries();
        let of = heard
            .iter()
            .find(|delivery| delivery.payload["comment"]["id"] == comment.get());
        of.and_then(|delivery| delivery.status)
    }

    /// The story ends: nothing may be left in inbox or outbox.
    pub(super) async fn ends(self) {
        self.stage.quiet().await;
        let stats = self.disk.stats().await.expect("the store answers");
        assert_eq!((stats.inbox, stats.outbox), (0, 0));
    }
}

async fn open(settings: &Settings) -> Arc<DiskStore> {
    let opened = DiskStore::open(settings.clone(), "stamp").await;
    Arc::new(opened.expect("a store").store)
}

fn probe() -> Memo {
    let key = MemoKey {
        repository: 0,
        pull: None,
        kind: 255,
        id: Vec::new(),
    };
    Memo {
        key,
        value: Vec::new(),
        write: Write::Always,
    }
}

/// Whether the command of a comment is in a store: it waits, or it was done.
pub(super) async fn holds(store: &Path, pull: &PullHandle, comment: u64, body: &str) -> bool {
    let mut rows = pull.comments().into_iter();
    let row = rows.find(|row| row.id.get().unsigned_abs() == comment);
    let version = version(body, row.expect("the comment").updated);
    let opened = DiskStore::open(Settings::new(store), "stamp").await;
    let opened = opened.expect("a store");
    assert_eq!(opened.moved_aside, None, "it was damaged");
    let arrival = Arrival {
        pull: key(pull),
        identity: format!("comment/{comment}/{version}").into_bytes(),
        remember: true,
        payload: Vec::new(),
        at: refire::worker::now(),
        memos: Vec::new(),
    };
    let told = opened.store.accept(arrival).await.expect("it answers");
    told == Acceptance::Known
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
