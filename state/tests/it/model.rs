//! Whatever is asked in whatever order, the store on disk answers as the
//! reference does, over restarts too.

use std::collections::HashSet;

use proptest::collection::{hash_set, vec};
use proptest::prelude::*;
use state::{
    Acceptance, Arrival, Commit, Effect, EffectId, ItemId, Limits, Memo, MemoKey, Millis,
    NewEffect, PullKey, Record, Store, StoreError, Wake, Write,
};

use crate::given::*;

/// Small enough that both queues fill up now and then.
const LIMITS: Limits = Limits {
    inbox: 6,
    outbox: 6,
};

/// Something to ask. Items and effects are named by how many there have been
/// since.
#[derive(Debug, Clone)]
enum Ask {
    Accept {
        pull: PullKey,
        identity: u8,
        remember: bool,
        memos: Vec<Memo>,
    },
    Remember(Vec<Memo>),
    Together(Vec<Request>),
    Commit {
        commit: Commit,
        done: Vec<usize>,
    },
    Due {
        limit: usize,
        busy: HashSet<Vec<u8>>,
    },
    Finish {
        effect: usize,
        memos: Vec<Memo>,
    },
    Postpone {
        effect: usize,
        seconds: u64,
    },
    Pass {
        hours: u64,
    },
    Purge,
    Forget(u64),
    Restart,
}

/// A request that can be one of several asked at once.
#[derive(Debug, Clone)]
enum Request {
    Accept(PullKey, u8),
    Commit(Commit),
    Purge,
}

fn a_pull() -> impl Strategy<Value = PullKey> {
    prop::sample::select(vec![PULL, OTHER, ELSEWHERE])
}

fn a_name() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(vec![vec![], b"a".to_vec(), b"ab".to_vec()])
}

fn a_memo_key() -> impl Strategy<Value = MemoKey> {
    (a_pull(), any::<bool>(), 0..2_u8, a_name()).prop_map(|(pull, of_pull, kind, id)| {
        let PullKey { repository, number } = pull;
        MemoKey {
            repository,
            pull: of_pull.then_some(number),
            kind,
            id,
        }
    })
}

fn memos() -> impl Strategy<Value = Vec<Memo>> {
    let write = prop::sample::select(vec![Write::Always, Write::IfAbsent, Write::Remove]);
    let memo = (a_memo_key(), any::<[u8; 2]>(), write);
    let memo = memo.prop_map(|(key, value, write)| Memo {
        key,
        value: value.into(),
        write,
    });
    vec(memo, 0..3)
}

fn an_effect() -> impl Strategy<Value = NewEffect> {
    let names = (a_name(), a_name(), 0..3_u8, prop::option::of(a_name()));
    (names, any::<[u8; 2]>()).prop_map(|((lane, key, rank, after), payload)| NewEffect {
        lane,
        key,
        rank,
        after,
        payload: payload.into(),
        at: NOW,
    })
}

fn a_record() -> impl Strategy<Value = Record> {
    (any::<[u8; 2]>(), a_name(), any::<bool>()).prop_map(|(bytes, head, open)| Record {
        bytes: bytes.into(),
        head,
        open,
    })
}

fn a_wake() -> impl Strategy<Value = Wake> {
    prop_oneof![Just(Wake::Keep), Just(Wake::Clear), Just(Wake::At(NOW))]
}

fn a_commit() -> impl Strategy<Value = Commit> {
    let outbox = (vec(an_effect(), 0..4), vec((a_name(), a_name()), 0..2));
    let memory = (
        prop::option::of(a_record()),
        a_wake(),
        memos(),
        vec(a_memo_key(), 0..2),
    );
    (a_pull(), outbox, memory).prop_map(|(pull, (effects, cancel), memory)| {
        let (record, wake, memos, forget) = memory;
        Commit {
            record,
            wake,
            effects,
            cancel,
            memos,
            forget,
            ..commit(pull)
        }
    })
}

fn a_request() -> impl Strategy<Value = Request> {
    prop_oneof![
        3 => (a_pull(), 0..4_u8).prop_map(|(pull, identity)| Request::Accept(pull, identity)),
        3 => a_commit().prop_map(Request::Commit),
        1 => Just(Request::Purge),
    ]
}

fn an_ask() -> impl Strategy<Value = Ask> {
    let accept = (a_pull(), 0..4_u8, any::<bool>(), memos());
    prop_oneof![
        6 => accept.prop_map(|(pull, identity, remember, memos)| {
            Ask::Accept { pull, identity, remember, memos }
        }),
        1 => memos().prop_map(Ask::Remember),
        4 => vec(a_request(), 2..8).prop_map(Ask::Together),
        6 => (a_commit(), vec(0..4_usize, 0..3))
            .prop_map(|(commit, done)| Ask::Commit { commit, done }),
        6 => (0..4_usize, hash_set(a_name(), 0..2))
            .prop_map(|(limit, busy)| Ask::Due { limit, busy }),
        4 => (0..4_usize, memos()).prop_map(|(effect, memos)| Ask::Finish { effect, memos }),
        3 => (0..4_usize, 0..20_u64)
            .prop_map(|(effect, seconds)| Ask::Postpone { effect, seconds }),
        3 => (0..24 * 20_u64).prop_map(|hours| Ask::Pass { hours }),
        2 => Just(Ask::Purge),
        1 => (7..9_u64).prop_map(Ask::Forget),
        2 => Just(Ask::Restart),
    ]
}

/// Both stores, and what has been seen of them so far.
struct Pair {
    memory: Bench,
    disk: Bench,
    now: Millis,
    items: Vec<ItemId>,
    effects: Vec<EffectId>,
}

impl Pair {
    async fn ask(&mut self, ask: Ask) -> Outcome {
        let now = self.now;
        match ask {
            Ask::Accept {
                pull,
                identity,
                remember,
                memos,
            } => {
                let arrival = arrival(pull, &identity.to_string());
                self.accept(Arrival {
                    remember,
                    memos,
                    at: now,
                    ..arrival
                })
                .await?;
            }
            Ask::Remember(memos) => {
                self.both(async |store| store.remember(memos.clone(), now).await)
                    .await??;
            }
            Ask::Together(requests) => {
                let all = async |store: &dyn Store| {
                    together(requests.iter().map(|request| answer(store, request, now))).await
                };
                self.both(all).await?;
            }
            Ask::Commit { commit, done } => {
                let done = done
                    .iter()
                    .filter_map(|back| nth_last(&self.items, *back))
                    .collect();
                let commit = Commit {
                    done,
                    at: now,
                    ..commit
                };
                // A full outbox is an answer like any other.
                drop(
                    self.both(async |store| store.commit(commit.clone()).await)
                        .await?,
                );
            }
            Ask::Due { limit, busy } => self.due(limit, busy).await?,
            Ask::Finish { effect, memos } => {
                let Some(id) = nth_last(&self.effects, effect) else {
                    return Ok(());
                };
                self.both(async |store| store.finish(id, memos.clone(), now).await)
                    .await??;
            }
            Ask::Postpone {
                effect,
                seconds: wait,
            } => {
                let Some(id) = nth_last(&self.effects, effect) else {
                    return Ok(());
                };
                let until = now.plus(seconds(wait));
                self.both(async |store| store.postpone(id, until).await)
                    .await??;
            }
            Ask::Pass { hours } => self.now = now.plus(seconds(hours * 60 * 60)),
            Ask::Purge => {
                self.both(async |store| purge(store, now).await).await??;
            }
            Ask::Forget(repository) => {
                self.both(async |store| forget(store, repository).await)
                    .await??;
            }
            Ask::Restart => {
                self.memory.restart().await?;
                self.disk.restart().await?;
            }
        }
        Ok(())
    }

    async fn accept(&mut self, arrival: Arrival) -> Outcome {
        let accepted = self
            .both(async |store| store.accept(arrival.clone()).await)
            .await?;
        if let Ok(Acceptance::New(id)) = accepted {
            self.items.push(id);
        }
        Ok(())
    }

    async fn due(&mut self, limit: usize, busy: HashSet<Vec<u8>>) -> Outcome {
        let now = self.now;
        let due = self
            .both(async |store| store.due(now, limit, &busy).await)
            .await??;
        self.effects
            .extend(due.effects.iter().map(|Effect { id, .. }| *id));
        Ok(())
    }

    /// Asks both; they must agree.
    async fn both<T: PartialEq + std::fmt::Debug>(
        &self,
        ask: impl AsyncFn(&dyn Store) -> T,
    ) -> Outcome<T> {
        let expected = ask(self.memory.store()).await;
        let answer = ask(self.disk.store()).await;
        if answer == expected {
            return Ok(answer);
        }
        Err(format!("the reference says {expected:?}, the disk says {answer:?}").into())
    }

    /// Everything that can be seen without changing anything.
    async fn look(&self) -> Outcome {
        for pull in [PULL, OTHER, ELSEWHERE] {
            self.both(async |store| store.claim(pull, 5).await)
                .await??;
            self.both(async |store| store.pull(pull).await).await??;
            for of_pull in [None, Some(pull.number)] {
                let id = vec![];
                let prefix = MemoKey {
                    repository: pull.repository,
                    pull: of_pull,
                    kind: 0,
                    id,
                };
                self.both(async |store| store.recall_all(&prefix, 9).await)
                    .await??;
            }
            for head in [&b""[..], b"a", b"ab"] {
                let repository = pull.repository;
                self.both(async |store| store.pulls_with_head(repository, head).await)
                    .await??;
            }
            self.both(async |store| store.open_pulls(pull.repository).await)
                .await??;
        }
        self.both(async |store| store.waiting().await).await??;
        self.both(async |store| store.wakes().await).await??;
        self.both(async |store| store.stats().await).await??;
        Ok(())
    }
}

/// The answer in a form that can be compared with any other.
async fn answer(store: &dyn Store, request: &Request, now: Millis) -> String {
    match request.clone() {
        Request::Accept(pull, identity) => {
            let arrival = Arrival {
                at: now,
                ..arrival(pull, &identity.to_string())
            };
            format!("{:?}", store.accept(arrival).await)
        }
        Request::Commit(commit) => {
            format!("{:?}", store.commit(Commit { at: now, ..commit }).await)
        }
        Request::Purge => format!("{:?}", store.purge(now).await),
    }
}

async fn forget(store: &dyn Store, repository: u64) -> Result<(), StoreError> {
    while store.forget_repository(repository).await?.more {}
    Ok(())
}

fn nth_last<T: Copy>(list: &[T], back: usize) -> Option<T> {
    list.iter().rev().nth(back).copied()
}

async fn play(asks: Vec<Ask>) -> Outcome {
    let mut pair = Pair {
        memory: Bench::memory(LIMITS)?,
        disk: Bench::disk(LIMITS).await?,
        now: NOW,
        items: vec![],
        effects: vec![],
    };
    for ask in asks {
        pair.ask(ask).await?;
        pair.look().await?;
    }
    // Whatever is left must come out of both in the same order.
    pair.ask(Ask::Restart).await?;
    pair.now = pair.now.plus(days(1));
    for _ in 0..LIMITS.outbox {
        pair.due(1, HashSet::new()).await?;
        pair.ask(Ask::Finish {
            effect: 0,
            memos: vec![],
        })
        .await?;
    }
    pair.look().await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_disk_answers_as_the_reference_does(asks in vec(an_ask(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let played = runtime.block_on(play(asks));
        prop_assert!(played.is_ok(), "{played:?}");
    }
}
