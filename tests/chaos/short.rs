//! The short form of each figure, with fixed seeds; `main.rs` beside it is the long one.

mod figure;
mod hostile;

#[test]
fn figure_7_nothing_hostile_panics_is_believed_or_speaks_out_of_code() {
    let times = hostile::Times {
        comments: 20_000,
        bodies: 4_000,
        signatures: 2_000,
    };
    let outcome = hostile::run(7, times, std::time::Duration::MAX);
    assert_eq!(outcome.wrongs, 0, "{outcome}");
    let spoke = outcome.counts[1].0;
    assert!(spoke > 1_000, "the comments say too little: {outcome}");
}
