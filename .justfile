# Short names for what is typed often; `just` lists them. CI does not need just: see .ci/run.

# Lists the recipes
default:
    @just --justfile {{justfile()}} --list

# Plays the story on the terminal: a stand-in Gitea and the bot in one process
demo *arguments:
    cargo run --release --example demo -- {{arguments}}

# All tests; no server and no network needed
test *arguments:
    cargo test --workspace {{arguments}}

# The pages in Chromium; pictures of them are left in target/tmp/pictures
browser:
    cargo test --test browser

# Everything that CI checks
check:
    bash .ci/run

# Formats everything
format:
    cargo fmt --all

# The benchmarks
bench:
    cargo bench --workspace

# Searches for ten minutes each for a comment, a webhook body, a configuration and an answer of Gitea's that break something (needs cargo-fuzz and nightly)
fuzz seconds="600":
    cd commands && cargo +nightly fuzz run grammar -- -max_total_time={{seconds}}
    mkdir -p tests/fuzz/corpus/webhook tests/fuzz/corpus/configuration tests/fuzz/corpus/answers
    cargo +nightly fuzz run --fuzz-dir tests/fuzz -s none webhook tests/fuzz/corpus/webhook tests/fuzz/seeds/webhook -- -max_len=20000 -max_total_time={{seconds}}
    cargo +nightly fuzz run --fuzz-dir tests/fuzz -s none configuration tests/fuzz/corpus/configuration tests/fuzz/seeds/configuration -- -max_total_time={{seconds}}
    cargo +nightly fuzz run --fuzz-dir tests/fuzz -s none answers tests/fuzz/corpus/answers tests/fuzz/seeds/answers -- -max_len=8000 -max_total_time={{seconds}}

# Plays the conversations against the real, empty Gitea that REFIRE_LIVE_URL and REFIRE_LIVE_ADMIN name
live:
    cargo test --features live --test live
