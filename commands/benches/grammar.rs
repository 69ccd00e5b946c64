//! The grammar on comments written to be slow, against pulldown-cmark alone on the same text.
//!
//! First a table: per comment the times, the ratio to pulldown-cmark at 64 KiB (mark: at most 1.3)
//! and the growth from 32 to 64 KiB (mark: at most 2.2). Times are the best of many alternating
//! rounds, because a shared machine only ever adds to them. Then criterion watches the worst.

use std::hint::black_box;
use std::time::{Duration, Instant};

use commands::{GateTable, MAX_BODY, parse};
use criterion::Criterion;
use pulldown_cmark::{Options, Parser};

mod adversarial;

const ROUNDS: usize = 20;

/// Turns of one comment in a round; the first finds its bytes outside of the cache.
const TURNS: usize = 4;

struct Measured {
    name: &'static str,
    grammar: Duration,
    markdown: Duration,
    half: Duration,
}

impl Measured {
    fn ratio(&self) -> f64 {
        self.grammar.as_secs_f64() / self.markdown.as_secs_f64()
    }

    fn growth(&self) -> f64 {
        self.grammar.as_secs_f64() / self.half.as_secs_f64()
    }
}

fn main() {
    let gates = gates();
    let whole = adversarial::comments(MAX_BODY);
    let half = adversarial::comments(MAX_BODY / 2);
    let measured = measure(&whole, &half, &gates);
    print(&measured);
    let worst = most(&measured, Measured::ratio);
    if let Some(comment) = whole.iter().find(|comment| comment.name == worst.name) {
        watch(&comment.body, &gates);
    }
}

fn gates() -> GateTable {
    let gate = |name: &str, alias: &str| (name.to_owned(), vec![alias.to_owned()]);
    let gates = [gate("qa-review", "qa"), gate("security-review", "security")];
    GateTable::new(gates).unwrap_or_default()
}

/// The extensions that the grammar reads with.
fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_DEFINITION_LIST
}

/// Only counts the events: to hide each from the optimiser would cost more than to look at it.
fn markdown(body: &str) -> usize {
    Parser::new_ext(body, options()).count()
}

/// Round by round over all comments: a machine that is slow for a second then slows one round of
/// each and not all rounds of one.
fn measure(
    whole: &[adversarial::Comment],
    half: &[adversarial::Comment],
    gates: &GateTable,
) -> Vec<Measured> {
    let unmeasured = whole.iter().map(|comment| Measured {
        name: comment.name,
        grammar: Duration::MAX,
        markdown: Duration::MAX,
        half: Duration::MAX,
    });
    let mut measured: Vec<_> = unmeasured.collect();
    for _ in 0..ROUNDS {
        for (item, (whole, half)) in measured.iter_mut().zip(std::iter::zip(whole, half)) {
            for _ in 0..TURNS {
                best(&mut item.grammar, || parse(&whole.body, gates));
                best(&mut item.markdown, || markdown(&whole.body));
                best(&mut item.half, || parse(&half.body, gates));
            }
        }
    }
    measured
}

fn best<T>(time: &mut Duration, run: impl FnOnce() -> T) {
    let start = Instant::now();
    black_box(run());
    *time = start.elapsed().min(*time);
}

fn print(measured: &[Measured]) {
    println!(
        "{:26} {:>10} {:>10} {:>7} {:>7}",
        "comment", "grammar", "markdown", "ratio", "growth"
    );
    for item in measured {
        let (grammar, markdown) = (item.grammar, item.markdown);
        let (ratio, growth) = (item.ratio(), item.growth());
        let name = item.name;
        println!("{name:26} {grammar:>10.1?} {markdown:>10.1?} {ratio:>7.2} {growth:>7.2}");
    }
    let worst = most(measured, Measured::ratio);
    println!(
        "worst ratio  {:.2} ({}), mark 1.3",
        worst.ratio(),
        worst.name
    );
    let worst = most(measured, Measured::growth);
    println!(
        "worst growth {:.2} ({}), mark 2.2",
        worst.growth(),
        worst.name
    );
}

fn most(measured: &[Measured], figure: fn(&Measured) -> f64) -> &Measured {
    let first = &measured[0];
    measured.iter().fold(first, |worst, item| {
        if figure(item) > figure(worst) {
            item
        } else {
            worst
        }
    })
}

fn watch(body: &str, gates: &GateTable) {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("worst comment");
    group.bench_function("grammar", |b| b.iter(|| parse(black_box(body), gates)));
    group.bench_function("markdown", |b| b.iter(|| markdown(black_box(body))));
    group.finish();
    criterion.final_summary();
}
