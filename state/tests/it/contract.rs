//! What every backend promises, one function for each promise.

use std::collections::HashSet;

use state::{
    Acceptance, Arrival, Commit, KEPT, LEAST_SHARE, Limits, MOST_WITH_ONE_HEAD, Memo, MemoKey,
    Millis, NewEffect, PullKey, Stats, StoreError, Wake, Write,
};

use crate::given::*;

const SMALL: Limits = Limits {
    inbox: 3,
    outbox: 3,
};

const WIDE: Limits = Limits {
    inbox: 10 * LEAST_SHARE,
    outbox: 3,
};

/// Each promise becomes a test of each backend.
macro_rules! promises {
    ($limits:ident: $($promise:ident,)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $promise() -> super::Outcome {
                super::$promise(super::Bench::memory(super::$limits)?).await
            })*
        }

        mod disk {
            $(#[tokio::test]
            async fn $promise() -> super::Outcome {
                super::$promise(super::Bench::disk(super::$limits).await?).await
            })*
        }
    };
}

promises! { SMALL:
    items_of_a_pull_come_in_order_of_arrival,
    claiming_reads_only,
    an_identity_that_waits_is_known,
    an_identity_belongs_to_its_pull,
    a_remembered_identity_is_known_for_thirty_days,
    an_unremembered_identity_is_known_only_while_it_waits,
    memos_of_a_known_arrival_are_written,
    a_full_inbox_refuses_and_writes_nothing,
    a_full_inbox_still_knows_what_it_knows,
    numbers_grow_over_restarts,
    memos_are_replaced_or_kept_as_they_say,
    memos_are_listed_by_prefix_in_order,
    a_commit_forgets_memos_before_it_writes_them,
    a_commit_writes_everything_together,
    a_commit_survives_a_restart,
    done_items_that_are_not_there_are_fine,
    an_item_of_another_pull_is_not_done,
    pulls_are_found_by_their_present_head,
    too_many_pulls_with_one_head_are_an_error,
    open_pulls_are_those_whose_record_says_so,
    a_wake_is_kept_set_and_cleared,
    one_effect_of_a_lane_is_due_at_a_time,
    a_lane_goes_by_rank_and_then_by_age,
    busy_lanes_rest,
    the_limit_takes_the_oldest,
    a_storm_on_one_pull_request_leaves_room_for_another,
    a_postponed_effect_blocks_its_lane_until_its_time,
    next_is_what_time_alone_brings,
    an_effect_waits_for_what_is_older_in_another_lane,
    an_effect_does_not_wait_for_its_own_lane,
    a_newer_effect_replaces_the_queued_one,
    a_replacement_of_what_was_handed_out_may_have_been_performed,
    a_postponed_effect_may_have_been_performed,
    a_queued_effect_may_have_been_performed_after_a_restart,
    cancelled_effects_are_gone,
    finishing_writes_memos_even_for_a_replaced_effect,
    postponing_a_replaced_effect_is_fine,
    a_full_outbox_refuses_the_whole_commit,
    a_full_outbox_accepts_replacements_and_cancellations,
    what_is_done_is_purged_after_thirty_days,
    memos_of_open_pulls_stay,
    memos_of_a_closed_pull_stay_as_long_as_its_record,
    purging_comes_to_an_end,
    a_forgotten_repository_leaves_nothing,
    stats_count_what_waits,
    nothing_is_accepted_after_closing,
}

mod with_room {
    use super::*;

    promises! { WIDE:
        one_pull_request_leaves_room_for_others,
        one_repository_leaves_room_for_others,
    }
}

async fn items_of_a_pull_come_in_order_of_arrival(mut bench: Bench) -> Outcome {
    for (pull, identity) in [(PULL, "b"), (OTHER, "x"), (PULL, "a")] {
        accept(bench.store(), arrival(pull, identity)).await?;
    }
    bench.restart().await?;
    let store = bench.store();
    assert_eq!(store.waiting().await?, [PULL, OTHER]);
    let items = store.claim(PULL, 10).await?.items;
    let identities: Vec<_> = items.iter().map(|item| text(&item.identity)).collect();
    assert_eq!(identities, ["b", "a"]);
    let (first, second) = (items.first().ok_or("none")?, items.get(1).ok_or("one")?);
    assert!(first.id < second.id);
    assert_eq!(
        (first.pull, first.at, text(&first.payload)),
        (PULL, NOW, "payload of b".into())
    );
    assert_eq!(
        store.claim(PULL, 1).await?.items,
        std::slice::from_ref(first)
    );
    Ok(())
}

async fn claiming_reads_only(bench: Bench) -> Outcome {
    let store = bench.store();
    accept(store, arrival(PULL, "a")).await?;
    let claim = store.claim(PULL, 10).await?;
    assert_eq!(
        (claim.items.len(), &claim.record, claim.wake),
        (1, &None, None)
    );
    assert_eq!(store.claim(PULL, 10).await?, claim);
    assert_eq!(store.claim(ELSEWHERE, 10).await?.items, []);
    Ok(())
}

async fn an_identity_that_waits_is_known(bench: Bench) -> Outcome {
    for remember in [true, false] {
        let identity = format!("remember {remember}");
        let again = Arrival {
            remember,
            ..arrival(PULL, &identity)
        };
        accept(bench.store(), again.clone()).await?;
        assert_eq!(bench.store().accept(again).await?, Acceptance::Known);
    }
    assert_eq!(bench.store().stats().await?.inbox, 2);
    Ok(())
}

async fn an_identity_belongs_to_its_pull(bench: Bench) -> Outcome {
    for pull in [PULL, OTHER, ELSEWHERE] {
        accept(bench.store(), arrival(pull, "the same")).await?;
    }
    Ok(())
}

async fn a_remembered_identity_is_known_for_thirty_days(mut bench: Bench) -> Outcome {
    let id = accept(bench.store(), arrival(PULL, "a")).await?;
    bench
        .store()
        .commit(Commit {
            done: vec![id],
            ..commit(PULL)
        })
        .await?;
    bench.restart().await?;
    let store = bench.store();
    let last = Millis::new(NOW.plus(KEPT).get() - 1);
    let at = |at| Arrival {
        at,
        ..arrival(PULL, "a")
    };
    assert_eq!(store.accept(at(last)).await?, Acceptance::Known);
    assert_eq!(store.waiting().await?, []);
    assert!(matches!(
        store.accept(at(NOW.plus(KEPT))).await?,
        Acceptance::New(_)
    ));
    Ok(())
}

async fn an_unremembered_identity_is_known_only_while_it_waits(bench: Bench) -> Outcome {
    let store = bench.store();
    let passing = Arrival {
        remember: false,
        ..arrival(PULL, "a")
    };
    let id = accept(store, passing.clone()).await?;
    store
        .commit(Commit {
            done: vec![id],
            ..commit(PULL)
        })
        .await?;
    let id = accept(store, arrival(PULL, "a")).await?;
    store
        .commit(Commit {
            done: vec![id],
            ..commit(PULL)
        })
        .await?;
    let id = accept(store, passing).await?;
    store
        .commit(Commit {
            done: vec![id],
            ..commit(PULL)
        })
        .await?;
    // What was remembered in between is remembered still.
    assert_eq!(store.accept(arrival(PULL, "a")).await?, Acceptance::Known);
    Ok(())
}

async fn memos_of_a_known_arrival_are_written(bench: Bench) -> Outcome {
    let store = bench.store();
    accept(store, arrival(PULL, "a")).await?;
    let again = Arrival {
        memos: vec![memo(PULL, "m", "v")],
        ..arrival(PULL, "a")
    };
    assert_eq!(store.accept(again).await?, Acceptance::Known);
    assert_eq!(store.recall(&memo_key(PULL, "m")).await?, Some("v".into()));
    Ok(())
}

async fn a_full_inbox_refuses_and_writes_nothing(bench: Bench) -> Outcome {
    let store = bench.store();
    let first = accept(store, arrival(PULL, "1")).await?;
    accept(store, arrival(OTHER, "2")).await?;
    accept(store, arrival(ELSEWHERE, "3")).await?;
    let fourth = Arrival {
        memos: vec![memo(PULL, "m", "v")],
        ..arrival(PULL, "4")
    };
    assert_eq!(
        store.accept(fourth.clone()).await,
        Err(StoreError::InboxFull(3))
    );
    assert_eq!(store.recall(&memo_key(PULL, "m")).await?, None);
    assert_eq!(store.stats().await?.inbox, 3);
    store
        .commit(Commit {
            done: vec![first],
            ..commit(PULL)
        })
        .await?;
    accept(store, fourth).await?;
    Ok(())
}

async fn one_pull_request_leaves_room_for_others(bench: Bench) -> Outcome {
    let store = bench.store();
    let fill = async |pull, most: usize| {
        for n in 0..most {
            accept(store, arrival(pull, &n.to_string())).await?;
        }
        let more = store.accept(arrival(pull, "more")).await;
        assert_eq!(more, Err(StoreError::InboxFull(most)));
        Outcome::Ok(())
    };
    fill(PULL, LEAST_SHARE).await?;
    fill(OTHER, LEAST_SHARE).await
}

async fn one_repository_leaves_room_for_others(mut bench: Bench) -> Outcome {
    for number in 1..=5 {
        let pull = PullKey { number, ..PULL };
        for n in 0..LEAST_SHARE {
            accept(bench.store(), arrival(pull, &n.to_string())).await?;
        }
    }
    let last = PullKey { number: 6, ..PULL };
    assert_eq!(
        bench.store().accept(arrival(last, "more")).await,
        Err(StoreError::InboxFull(WIDE.inbox / 2))
    );
    bench.restart().await?;
    assert_eq!(
        bench.store().accept(arrival(last, "more")).await,
        Err(StoreError::InboxFull(WIDE.inbox / 2))
    );
    accept(bench.store(), arrival(ELSEWHERE, "a")).await?;
    let done = PullKey { number: 1, ..PULL };
    let first = bench.store().claim(done, 1).await?.items.remove(0);
    bench
        .store()
        .commit(Commit {
            done: vec![first.id],
            ..commit(done)
        })
        .await?;
    accept(bench.store(), arrival(last, "more")).await?;
    Ok(())
}

async fn a_full_inbox_still_knows_what_it_knows(mut bench: Bench) -> Outcome {
    for identity in ["1", "2", "3"] {
        accept(bench.store(), arrival(PULL, identity)).await?;
    }
    bench.restart().await?;
    assert_eq!(
        bench.store().accept(arrival(PULL, "2")).await?,
        Acceptance::Known
    );
    assert_eq!(
        bench.store().accept(arrival(PULL, "4")).await,
        Err(StoreError::InboxFull(3))
    );
    Ok(())
}

async fn numbers_grow_over_restarts(mut bench: Bench) -> Outcome {
    let mut last = None;
    for identity in ["a", "b", "c"] {
        let id = accept(bench.store(), arrival(PULL, identity)).await?;
        assert!(last < Some(id));
        last = Some(id);
        bench
            .store()
            .commit(Commit {
                done: vec![id],
                ..commit(PULL)
            })
            .await?;
        bench.restart().await?;
    }
    Ok(())
}

async fn memos_are_replaced_or_kept_as_they_say(mut bench: Bench) -> Outcome {
    let kept = |value| Memo {
        write: Write::IfAbsent,
        ..memo(PULL, "m", value)
    };
    for (memo, expected) in [
        (kept("1"), "1"),
        (kept("2"), "1"),
        (memo(PULL, "m", "3"), "3"),
        (kept("4"), "3"),
    ] {
        bench.store().remember(vec![memo], NOW).await?;
        bench.restart().await?;
        let value = bench.store().recall(&memo_key(PULL, "m")).await?;
        assert_eq!(value, Some(expected.into()));
    }
    let store = bench.store();
    store
        .remember(
            vec![kept("5"), memo(PULL, "n", "6"), memo(PULL, "n", "7")],
            NOW,
        )
        .await?;
    assert_eq!(store.recall(&memo_key(PULL, "m")).await?, Some("3".into()));
    assert_eq!(store.recall(&memo_key(PULL, "n")).await?, Some("7".into()));
    assert_eq!(store.recall(&memo_key(OTHER, "m")).await?, None);
    Ok(())
}

async fn memos_are_listed_by_prefix_in_order(bench: Bench) -> Outcome {
    let store = bench.store();
    let key = |pull, kind, id: &str| MemoKey {
        repository: 7,
        pull,
        kind,
        id: id.into(),
    };
    let keys = [
        key(None, 1, "ab"),
        key(Some(12), 1, "a"),
        key(Some(12), 1, "ab"),
        key(Some(12), 1, "b"),
        key(Some(12), 2, "a"),
        key(Some(300), 1, "a"),
    ];
    for key in keys.iter().rev() {
        let value = key.id.clone();
        store
            .remember(
                vec![Memo {
                    key: key.clone(),
                    value,
                    write: Write::Always,
                }],
                NOW,
            )
            .await?;
    }
    let ids = async |prefix: MemoKey, limit| -> Outcome<Vec<String>> {
        let listed = store.recall_all(&prefix, limit).await?;
        assert!(
            listed
                .iter()
                .all(|(key, value)| key.id == *value && key.kind == prefix.kind)
        );
        assert!(listed.iter().all(|(key, _)| key.pull == prefix.pull));
        Ok(listed.iter().map(|(key, _)| text(&key.id)).collect())
    };
    assert_eq!(ids(key(Some(12), 1, ""), 10).await?, ["a", "ab", "b"]);
    assert_eq!(ids(key(Some(12), 1, ""), 2).await?, ["a", "ab"]);
    assert_eq!(ids(key(Some(12), 1, "a"), 10).await?, ["a", "ab"]);
    assert_eq!(ids(key(Some(12), 2, ""), 10).await?, ["a"]);
    assert_eq!(ids(key(None, 1, ""), 10).await?, ["ab"]);
    assert_eq!(ids(key(Some(1), 1, ""), 10).await?, Vec::<String>::new());
    Ok(())
}

async fn a_commit_forgets_memos_before_it_writes_them(bench: Bench) -> Outcome {
    let store = bench.store();
    store
        .remember(vec![memo(PULL, "a", "1"), memo(PULL, "b", "1")], NOW)
        .await?;
    let memos = vec![Memo {
        write: Write::IfAbsent,
        ..memo(PULL, "a", "2")
    }];
    let forget = vec![
        memo_key(PULL, "a"),
        memo_key(PULL, "b"),
        memo_key(PULL, "c"),
    ];
    store
        .commit(Commit {
            memos,
            forget,
            ..commit(PULL)
        })
        .await?;
    assert_eq!(store.recall(&memo_key(PULL, "a")).await?, Some("2".into()));
    assert_eq!(store.recall(&memo_key(PULL, "b")).await?, None);
    Ok(())
}

fn everything(id: state::ItemId) -> Commit {
    Commit {
        record: Some(record("h1", true)),
        wake: Wake::At(NOW.plus(seconds(4))),
        done: vec![id],
        effects: vec![effect("lane", "key")],
        memos: vec![memo(PULL, "m", "v")],
        ..commit(PULL)
    }
}

async fn a_commit_writes_everything_together(bench: Bench) -> Outcome {
    let id = accept(bench.store(), arrival(PULL, "a")).await?;
    bench.store().commit(everything(id)).await?;
    everything_is_there(&bench).await
}

async fn a_commit_survives_a_restart(mut bench: Bench) -> Outcome {
    let id = accept(bench.store(), arrival(PULL, "a")).await?;
    bench.store().commit(everything(id)).await?;
    bench.restart().await?;
    everything_is_there(&bench).await
}

async fn everything_is_there(bench: &Bench) -> Outcome {
    let store = bench.store();
    let claim = store.claim(PULL, 10).await?;
    assert_eq!(claim.items, []);
    assert_eq!(claim.record, Some(record("h1", true)));
    assert_eq!(claim.wake, Some(NOW.plus(seconds(4))));
    assert_eq!(store.pull(PULL).await?, claim.record);
    assert_eq!(store.waiting().await?, []);
    assert_eq!(store.recall(&memo_key(PULL, "m")).await?, Some("v".into()));
    let effect = only_due(store).await?;
    assert_eq!(
        (effect.pull, text(&effect.lane), text(&effect.key)),
        (PULL, "lane".into(), "key".into())
    );
    assert_eq!(
        (text(&effect.payload), effect.queued_at),
        ("lane key".into(), NOW)
    );
    assert_eq!((effect.attempts, effect.not_before), (0, Millis::EPOCH));
    Ok(())
}

async fn done_items_that_are_not_there_are_fine(bench: Bench) -> Outcome {
    let store = bench.store();
    let id = accept(store, arrival(PULL, "a")).await?;
    for _ in 0..2 {
        store
            .commit(Commit {
                done: vec![id, id],
                ..commit(PULL)
            })
            .await?;
    }
    assert_eq!(store.stats().await?.inbox, 0);
    Ok(())
}

async fn an_item_of_another_pull_is_not_done(bench: Bench) -> Outcome {
    let store = bench.store();
    let id = accept(store, arrival(PULL, "a")).await?;
    store
        .commit(Commit {
            done: vec![id],
            ..commit(OTHER)
        })
        .await?;
    assert_eq!(store.waiting().await?, [PULL]);
    Ok(())
}

async fn pulls_are_found_by_their_present_head(mut bench: Bench) -> Outcome {
    for (pull, head, open) in [
        (PULL, "h1", true),
        (OTHER, "h1", false),
        (ELSEWHERE, "h1", true),
        (
            PullKey {
                repository: 7,
                number: 13,
            },
            "h",
            true,
        ),
        (
            PullKey {
                repository: 7,
                number: 14,
            },
            "h1h1",
            true,
        ),
    ] {
        let record = Some(record(head, open));
        bench
            .store()
            .commit(Commit {
                record,
                ..commit(pull)
            })
            .await?;
    }
    bench.restart().await?;
    let store = bench.store();
    let open = [(PULL, record("h1", true))];
    assert_eq!(store.pulls_with_head(7, b"h1").await?, open);
    let reopened = Commit {
        record: Some(record("h1", true)),
        ..commit(OTHER)
    };
    store.commit(reopened).await?;
    let both = [(PULL, record("h1", true)), (OTHER, record("h1", true))];
    assert_eq!(store.pulls_with_head(7, b"h1").await?, both);
    store
        .commit(Commit {
            record: Some(record("h2", true)),
            ..commit(PULL)
        })
        .await?;
    assert_eq!(
        store.pulls_with_head(7, b"h1").await?,
        [(OTHER, record("h1", true))]
    );
    assert_eq!(
        store.pulls_with_head(7, b"h2").await?,
        [(PULL, record("h2", true))]
    );
    assert_eq!(store.pulls_with_head(7, b"h3").await?, []);
    Ok(())
}

async fn too_many_pulls_with_one_head_are_an_error(bench: Bench) -> Outcome {
    let store = bench.store();
    let most = MOST_WITH_ONE_HEAD as u64;
    let commits = (0..=most).map(|number| {
        let pull = PullKey {
            repository: 7,
            number,
        };
        store.commit(Commit {
            record: Some(record("h", true)),
            ..commit(pull)
        })
    });
    for written in together(commits).await {
        written?;
    }
    assert_eq!(
        store.pulls_with_head(7, b"h").await,
        Err(StoreError::TooMany(MOST_WITH_ONE_HEAD))
    );
    let other = PullKey {
        repository: 7,
        number: most,
    };
    // A closed one does not count.
    store
        .commit(Commit {
            record: Some(record("h", false)),
            ..commit(other)
        })
        .await?;
    assert_eq!(
        store.pulls_with_head(7, b"h").await?.len(),
        MOST_WITH_ONE_HEAD
    );
    Ok(())
}

async fn open_pulls_are_those_whose_record_says_so(mut bench: Bench) -> Outcome {
    for (pull, open) in [
        (PULL, true),
        (OTHER, true),
        (ELSEWHERE, true),
        (OTHER, false),
    ] {
        bench
            .store()
            .commit(Commit {
                record: Some(record("h", open)),
                ..commit(pull)
            })
            .await?;
    }
    bench.restart().await?;
    let store = bench.store();
    assert_eq!(store.open_pulls(7).await?, [(PULL, record("h", true))]);
    store
        .commit(Commit {
            record: Some(record("h", true)),
            ..commit(OTHER)
        })
        .await?;
    assert_eq!(store.open_pulls(7).await?.len(), 2);
    assert_eq!(store.open_pulls(9).await?, []);
    Ok(())
}

async fn a_wake_is_kept_set_and_cleared(mut bench: Bench) -> Outcome {
    let later = NOW.plus(seconds(8));
    for (wake, expected) in [
        (Wake::Keep, None),
        (Wake::At(later), Some(later)),
        (Wake::Keep, Some(later)),
        (Wake::At(NOW), Some(NOW)),
        (Wake::Clear, None),
    ] {
        bench
            .store()
            .commit(Commit {
                wake,
                ..commit(PULL)
            })
            .await?;
        bench.restart().await?;
        let store = bench.store();
        assert_eq!(store.claim(PULL, 1).await?.wake, expected);
        let wakes: Vec<_> = expected.map(|moment| (PULL, moment)).into_iter().collect();
        assert_eq!(store.wakes().await?, wakes);
    }
    Ok(())
}

async fn one_effect_of_a_lane_is_due_at_a_time(bench: Bench) -> Outcome {
    let store = bench.store();
    queue(
        store,
        vec![effect("a", "1"), effect("a", "2"), effect("b", "3")],
    )
    .await?;
    assert_eq!(due_now(store).await?, ["a 1", "b 3"]);
    let first = due(store, NOW).await?.effects.first().ok_or("none")?.id;
    store.finish(first, vec![], NOW).await?;
    assert_eq!(due_now(store).await?, ["a 2", "b 3"]);
    Ok(())
}

async fn a_lane_goes_by_rank_and_then_by_age(mut bench: Bench) -> Outcome {
    let ranked = |rank, key| NewEffect {
        rank,
        ..effect("a", key)
    };
    queue(
        bench.store(),
        vec![ranked(2, "1"), ranked(1, "2"), ranked(1, "3")],
    )
    .await?;
    bench.restart().await?;
    let store = bench.store();
    for expected in ["a 2", "a 3", "a 1"] {
        let effect = only_due(store).await?;
        assert_eq!(text(&effect.payload), expected);
        store.finish(effect.id, vec![], NOW).await?;
    }
    assert_eq!(due_now(store).await?, Vec::<String>::new());
    Ok(())
}

async fn busy_lanes_rest(bench: Bench) -> Outcome {
    let store = bench.store();
    queue(store, vec![effect("a", "1"), effect("b", "2")]).await?;
    let busy = HashSet::from([b"a".to_vec()]);
    let due = store.due(NOW, 10, &busy).await?;
    let lanes: Vec<_> = due
        .effects
        .iter()
        .map(|effect| text(&effect.lane))
        .collect();
    assert_eq!((lanes, due.next), (vec!["b".to_owned()], None));
    Ok(())
}

async fn the_limit_takes_the_oldest(bench: Bench) -> Outcome {
    let store = bench.store();
    queue(
        store,
        vec![effect("z", "1"), effect("a", "2"), effect("m", "3")],
    )
    .await?;
    let payloads = async |limit| -> Outcome<Vec<String>> {
        let due = store.due(NOW, limit, &HashSet::new()).await?;
        Ok(due
            .effects
            .iter()
            .map(|effect| text(&effect.payload))
            .collect())
    };
    assert_eq!(payloads(0).await?, Vec::<String>::new());
    assert_eq!(payloads(2).await?, ["z 1", "a 2"]);
    Ok(())
}

/// The storm came first and has one effect under way, so the next place is the other's.
async fn a_storm_on_one_pull_request_leaves_room_for_another(bench: Bench) -> Outcome {
    let store = bench.store();
    queue(store, vec![effect("a", "storm"), effect("b", "storm")]).await?;
    let other = Commit {
        effects: vec![effect("c", "other")],
        ..commit(OTHER)
    };
    store.commit(other).await?;
    let picked = async |limit, busy: &[&str]| -> Outcome<Vec<String>> {
        let busy = busy.iter().map(|lane| lane.as_bytes().to_vec()).collect();
        let due = store.due(NOW, limit, &busy).await?;
        Ok(due.effects.iter().map(|it| text(&it.payload)).collect())
    };
    assert_eq!(picked(1, &[]).await?, ["a storm"]);
    assert_eq!(picked(1, &["a"]).await?, ["c other"]);
    assert_eq!(picked(1, &["a", "c"]).await?, ["b storm"]);
    assert_eq!(picked(2, &[]).await?, ["a storm", "c other"]);
    Ok(())
}

async fn a_postponed_effect_blocks_its_lane_until_its_time(mut bench: Bench) -> Outcome {
    queue(bench.store(), vec![effect("a", "1"), effect("a", "2")]).await?;
    let first = only_due(bench.store()).await?;
    let later = NOW.plus(seconds(2));
    bench.store().postpone(first.id, later).await?;
    bench.restart().await?;
    let waiting = due(bench.store(), Millis::new(later.get() - 1)).await?;
    assert_eq!((waiting.effects, waiting.next), (vec![], Some(later)));
    let again = due(bench.store(), later).await?.effects;
    let again = again.first().ok_or("not due again")?;
    assert_eq!(
        (again.id, again.attempts, again.not_before),
        (first.id, 1, later)
    );
    Ok(())
}

async fn next_is_what_time_alone_brings(bench: Bench) -> Outcome {
    let store = bench.store();
    let waiting = NewEffect {
        after: Some("a".into()),
        ..effect("c", "3")
    };
    queue(store, vec![effect("a", "1"), effect("b", "2"), waiting]).await?;
    let ids: Vec<_> = due(store, NOW)
        .await?
        .effects
        .iter()
        .map(|effect| effect.id)
        .collect();
    for (id, wait) in ids.into_iter().zip([5, 3]) {
        store.postpone(id, NOW.plus(seconds(wait))).await?;
    }
    assert_eq!(due(store, NOW).await?.next, Some(NOW.plus(seconds(3))));
    let busy = HashSet::from([b"b".to_vec()]);
    assert_eq!(
        store.due(NOW, 10, &busy).await?.next,
        Some(NOW.plus(seconds(5)))
    );
    let due = store.due(NOW.plus(seconds(3)), 10, &busy).await?;
    assert_eq!(
        (due.effects, due.next),
        (vec![], Some(NOW.plus(seconds(5))))
    );
    Ok(())
}

async fn an_effect_waits_for_what_is_older_in_another_lane(mut bench: Bench) -> Outcome {
    let reply = NewEffect {
        after: Some("status".into()),
        ..effect("reply", "2")
    };
    queue(bench.store(), vec![effect("status", "1"), reply]).await?;
    queue(bench.store(), vec![effect("status", "3")]).await?;
    bench.restart().await?;
    let store = bench.store();
    assert_eq!(due_now(store).await?, ["status 1"]);
    // Not even a status under way lets the reply go first.
    let busy = HashSet::from([b"status".to_vec()]);
    assert_eq!(store.due(NOW, 10, &busy).await?.effects, []);
    let status = only_due(store).await?;
    store.finish(status.id, vec![], NOW).await?;
    // The younger status is none of the reply's concern.
    assert_eq!(due_now(store).await?, ["reply 2", "status 3"]);
    Ok(())
}

async fn an_effect_does_not_wait_for_its_own_lane(bench: Bench) -> Outcome {
    let store = bench.store();
    let urgent = NewEffect {
        rank: 0,
        after: Some("a".into()),
        ..effect("a", "2")
    };
    queue(
        store,
        vec![
            NewEffect {
                rank: 1,
                ..effect("a", "1")
            },
            urgent,
        ],
    )
    .await?;
    assert_eq!(due_now(store).await?, ["a 2"]);
    assert_eq!(only_due(store).await?.after, None);
    Ok(())
}

async fn a_newer_effect_replaces_the_queued_one(bench: Bench) -> Outcome {
    let store = bench.store();
    let rival = NewEffect {
        payload: "new".into(),
        rank: 3,
        ..effect("a", "1")
    };
    queue(store, vec![effect("a", "1"), effect("a1", "")]).await?;
    store
        .commit(Commit {
            effects: vec![rival.clone(), rival],
            ..commit(OTHER)
        })
        .await?;
    let effects = due(store, NOW).await?.effects;
    let payloads: Vec<_> = effects.iter().map(|effect| text(&effect.payload)).collect();
    assert_eq!(payloads, ["a1 ", "new"]);
    let new = effects.get(1).ok_or("one")?;
    assert_eq!(
        (new.pull, new.rank, new.attempts, new.maybe_performed),
        (OTHER, 3, 0, false)
    );
    assert_eq!(store.stats().await?.outbox, 2);
    Ok(())
}

async fn a_replacement_of_what_was_handed_out_may_have_been_performed(bench: Bench) -> Outcome {
    let store = bench.store();
    queue(store, vec![effect("a", "1")]).await?;
    let first = only_due(store).await?;
    assert!(!first.maybe_performed);
    queue(store, vec![effect("a", "1")]).await?;
    let second = only_due(store).await?;
    assert!(second.maybe_performed && second.id > first.id && second.attempts == 0);
    queue(store, vec![effect("a", "1")]).await?;
    let third = only_due(store).await?;
    assert!(third.maybe_performed);
    store.finish(third.id, vec![], NOW).await?;
    queue(store, vec![effect("a", "1")]).await?;
    assert!(!only_due(store).await?.maybe_performed);
    Ok(())
}

async fn a_postponed_effect_may_have_been_performed(bench: Bench) -> Outcome {
    let store = bench.store();
    queue(store, vec![effect("a", "1")]).await?;
    let first = only_due(store).await?;
    store.postpone(first.id, NOW).await?;
    let again = only_due(store).await?;
    assert!(again.maybe_performed && again.id == first.id && again.attempts == 1);
    Ok(())
}

async fn a_queued_effect_may_have_been_performed_after_a_restart(mut bench: Bench) -> Outcome {
    queue(bench.store(), vec![effect("a", "1")]).await?;
    bench.restart().await?;
    queue(bench.store(), vec![effect("a", "1"), effect("b", "2")]).await?;
    let effects = due(bench.store(), NOW).await?.effects;
    let maybe: Vec<_> = effects
        .iter()
        .map(|effect| effect.maybe_performed)
        .collect();
    assert_eq!(maybe, [true, false]);
    Ok(())
}

async fn cancelled_effects_are_gone(mut bench: Bench) -> Outcome {
    queue(bench.store(), vec![effect("a", "1"), effect("a", "2")]).await?;
    let cancel = vec![("a".into(), "1".into()), ("b".into(), "1".into())];
    bench
        .store()
        .commit(Commit {
            cancel,
            ..commit(OTHER)
        })
        .await?;
    assert_eq!(due_now(bench.store()).await?, ["a 2"]);
    bench.restart().await?;
    assert_eq!(due_now(bench.store()).await?, ["a 2"]);
    assert_eq!(bench.store().stats().await?.outbox, 1);
    Ok(())
}

async fn finishing_writes_memos_even_for_a_replaced_effect(mut bench: Bench) -> Outcome {
    queue(bench.store(), vec![effect("a", "1")]).await?;
    let first = only_due(bench.store()).await?;
    queue(bench.store(), vec![effect("a", "1")]).await?;
    bench
        .store()
        .finish(first.id, vec![memo(PULL, "m", "1")], NOW)
        .await?;
    assert_eq!(due_now(bench.store()).await?, ["a 1"]);
    let second = only_due(bench.store()).await?;
    bench
        .store()
        .finish(second.id, vec![memo(PULL, "n", "2")], NOW)
        .await?;
    bench.restart().await?;
    let store = bench.store();
    assert_eq!(due_now(store).await?, Vec::<String>::new());
    assert_eq!(store.recall(&memo_key(PULL, "m")).await?, Some("1".into()));
    assert_eq!(store.recall(&memo_key(PULL, "n")).await?, Some("2".into()));
    Ok(())
}

async fn postponing_a_replaced_effect_is_fine(bench: Bench) -> Outcome {
    let store = bench.store();
    queue(store, vec![effect("a", "1")]).await?;
    let first = only_due(store).await?;
    queue(store, vec![effect("a", "1")]).await?;
    store.postpone(first.id, NOW.plus(days(1))).await?;
    let second = only_due(store).await?;
    assert!(second.maybe_performed && second.attempts == 0);
    Ok(())
}

async fn a_full_outbox_refuses_the_whole_commit(mut bench: Bench) -> Outcome {
    let id = accept(bench.store(), arrival(PULL, "a")).await?;
    queue(bench.store(), vec![effect("a", "1"), effect("a", "2")]).await?;
    bench.restart().await?;
    let store = bench.store();
    let effects = vec![effect("b", "3"), effect("b", "4")];
    let refused = store
        .commit(Commit {
            effects,
            ..everything(id)
        })
        .await;
    assert_eq!(refused, Err(StoreError::OutboxFull(3)));
    let claim = store.claim(PULL, 10).await?;
    assert_eq!(
        (claim.items.len(), claim.record, claim.wake),
        (1, None, None)
    );
    assert_eq!(store.recall(&memo_key(PULL, "m")).await?, None);
    assert_eq!(store.stats().await?.outbox, 2);
    assert_eq!(due_now(store).await?, ["a 1"]);
    Ok(())
}

async fn a_full_outbox_accepts_replacements_and_cancellations(bench: Bench) -> Outcome {
    let store = bench.store();
    queue(
        store,
        vec![effect("a", "1"), effect("b", "2"), effect("c", "3")],
    )
    .await?;
    queue(store, vec![effect("b", "2")]).await?;
    let cancel = vec![("c".into(), "3".into())];
    let effects = vec![effect("d", "4")];
    store
        .commit(Commit {
            cancel,
            effects,
            ..commit(PULL)
        })
        .await?;
    assert_eq!(due_now(store).await?, ["a 1", "b 2", "d 4"]);
    Ok(())
}

async fn what_is_done_is_purged_after_thirty_days(mut bench: Bench) -> Outcome {
    let id = accept(bench.store(), arrival(PULL, "a")).await?;
    let record = Some(record("h", false));
    let memos = vec![memo(PULL, "m", "v")];
    bench
        .store()
        .commit(Commit {
            done: vec![id],
            record,
            memos,
            ..commit(PULL)
        })
        .await?;
    let of_repository = MemoKey {
        pull: None,
        ..memo_key(PULL, "r")
    };
    let lasting = Memo {
        key: of_repository.clone(),
        value: "v".into(),
        write: Write::Always,
    };
    bench.store().remember(vec![lasting], NOW).await?;
    let last = Millis::new(NOW.plus(KEPT).get() - 1);
    assert_eq!(purge(bench.store(), last).await?, 0);
    assert!(bench.store().pull(PULL).await?.is_some());
    assert_eq!(purge(bench.store(), NOW.plus(KEPT)).await?, 4);
    bench.restart().await?;
    let store = bench.store();
    assert_eq!(store.pull(PULL).await?, None);
    assert_eq!(store.pulls_with_head(7, b"h").await?, []);
    assert_eq!(store.recall(&memo_key(PULL, "m")).await?, None);
    assert_eq!(store.recall(&of_repository).await?, None);
    // The clock alone would say that it is known.
    assert!(matches!(
        store.accept(arrival(PULL, "a")).await?,
        Acceptance::New(_)
    ));
    Ok(())
}

async fn memos_of_a_closed_pull_stay_as_long_as_its_record(bench: Bench) -> Outcome {
    let store = bench.store();
    let written = Commit {
        record: Some(record("h", true)),
        memos: vec![memo(PULL, "m", "v")],
        ..commit(PULL)
    };
    store.commit(written).await?;
    let closed = Commit {
        record: Some(record("h", false)),
        at: NOW.plus(days(20)),
        ..commit(PULL)
    };
    store.commit(closed).await?;
    assert_eq!(purge(store, NOW.plus(days(49))).await?, 0);
    assert_eq!(store.recall(&memo_key(PULL, "m")).await?, Some("v".into()));
    assert_eq!(purge(store, NOW.plus(days(50))).await?, 2);
    Ok(())
}

async fn memos_of_open_pulls_stay(bench: Bench) -> Outcome {
    let store = bench.store();
    let memos = vec![memo(PULL, "m", "v"), memo(OTHER, "m", "v")];
    store
        .commit(Commit {
            record: Some(record("h", true)),
            memos,
            ..commit(PULL)
        })
        .await?;
    assert_eq!(purge(store, NOW.plus(days(400))).await?, 1);
    assert!(store.pull(PULL).await?.is_some());
    assert!(store.recall(&memo_key(PULL, "m")).await?.is_some());
    assert_eq!(store.recall(&memo_key(OTHER, "m")).await?, None);
    Ok(())
}

async fn purging_comes_to_an_end(bench: Bench) -> Outcome {
    let store = bench.store();
    let memos = |range: std::ops::Range<u32>| {
        range
            .map(|id| memo(PULL, &id.to_string(), "v"))
            .collect::<Vec<_>>()
    };
    store.remember(memos(0..4_500), NOW).await?;
    store
        .remember(memos(1_000..3_000), NOW.plus(days(2)))
        .await?;
    assert_eq!(purge(store, NOW.plus(KEPT)).await?, 2_500);
    assert_eq!(
        store.recall_all(&memo_key(PULL, ""), 5_000).await?.len(),
        2_000
    );
    assert_eq!(purge(store, NOW.plus(KEPT)).await?, 0);
    assert_eq!(purge(store, NOW.plus(days(32))).await?, 2_000);
    Ok(())
}

async fn a_forgotten_repository_leaves_nothing(mut bench: Bench) -> Outcome {
    for pull in [PULL, ELSEWHERE] {
        let id = accept(bench.store(), arrival(pull, "a")).await?;
        let lane = format!("lane of {}", pull.repository);
        let effects = vec![effect(&lane, "k")];
        let memos = vec![memo(pull, "m", "v")];
        let commit = Commit {
            pull,
            effects,
            memos,
            ..everything(id)
        };
        bench.store().commit(commit).await?;
        accept(bench.store(), arrival(pull, "b")).await?;
    }
    while bench.store().forget_repository(PULL.repository).await?.more {}
    bench.restart().await?;
    let store = bench.store();
    assert_eq!(store.waiting().await?, [ELSEWHERE]);
    assert_eq!(due_now(store).await?, ["lane of 8 k"]);
    assert_eq!(store.wakes().await?.len(), 1);
    assert_eq!(store.claim(PULL, 9).await?.items, []);
    assert_eq!(
        (store.pull(PULL).await?, store.open_pulls(7).await?),
        (None, vec![])
    );
    assert_eq!(store.pulls_with_head(7, b"h1").await?, []);
    assert_eq!(store.recall(&memo_key(PULL, "m")).await?, None);
    assert!(store.recall(&memo_key(ELSEWHERE, "m")).await?.is_some());
    assert!(matches!(
        store.accept(arrival(PULL, "a")).await?,
        Acceptance::New(_)
    ));
    assert_eq!(
        store.accept(arrival(ELSEWHERE, "a")).await?,
        Acceptance::Known
    );
    Ok(())
}

async fn stats_count_what_waits(mut bench: Bench) -> Outcome {
    let none = Stats {
        inbox: 0,
        outbox: 0,
        oldest_item: None,
        oldest_effect: None,
    };
    assert_eq!(bench.store().stats().await?, none);
    let (soon, later) = (NOW.plus(seconds(1)), NOW.plus(seconds(2)));
    for (identity, at) in [("a", later), ("b", soon)] {
        accept(
            bench.store(),
            Arrival {
                at,
                ..arrival(PULL, identity)
            },
        )
        .await?;
    }
    let effects = vec![
        effect("a", "1"),
        NewEffect {
            at: later,
            ..effect("a", "2")
        },
    ];
    queue(bench.store(), effects).await?;
    for _ in 0..2 {
        let stats = bench.store().stats().await?;
        let expected = Stats {
            inbox: 2,
            outbox: 2,
            oldest_item: Some(soon),
            oldest_effect: Some(NOW),
        };
        assert_eq!(stats, expected);
        bench.restart().await?;
    }
    Ok(())
}

async fn nothing_is_accepted_after_closing(bench: Bench) -> Outcome {
    let store = bench.store();
    accept(store, arrival(PULL, "a")).await?;
    store.close().await?;
    store.close().await?;
    let closed = StoreError::Closed;
    assert_eq!(store.accept(arrival(PULL, "b")).await, Err(closed.clone()));
    assert_eq!(store.commit(commit(PULL)).await, Err(closed.clone()));
    assert_eq!(store.claim(PULL, 1).await, Err(closed.clone()));
    assert_eq!(store.waiting().await, Err(closed.clone()));
    assert_eq!(store.stats().await, Err(closed.clone()));
    assert_eq!(due(store, NOW).await, Err(closed));
    Ok(())
}
