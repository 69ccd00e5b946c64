#!/bin/sh
# Makes a release: stripped, statically linked binaries that anybody can build again bit by bit, their
# checksums, completions, the manual page, and a list of all that is in them (CycloneDX).
#
#   deploy/release.sh [--check] [TARGET…]
#
# Without a target: musl where its target is installed, else this machine's glibc. --check builds
# everything a second time, elsewhere, and compares. Everything ends up in target/release-<version>/.
# The same commit, toolchain and target give the same bytes, wherever the sources lie: paths are left
# out, times are the commit's, and dependencies are those of Cargo.lock.
set -eu

# What is written must not depend on who writes it.
umask 022
export LC_ALL=C TZ=UTC

CYCLONEDX=0.5.9

die() {
    echo "release.sh: $*" >&2
    exit 1
}

top=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$top"

check=
if [ "${1-}" = --check ]; then
    check=yes
    shift
fi

[ -z "$(git status --porcelain)" ] || die "the working tree differs from the commit: commit or stash first"
commit=$(git rev-parse --short=12 HEAD)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH REFIRE_COMMIT="$commit"

version=$(sed -n '/^\[workspace\.package\]/,/^\[/ s/^version = "\(.*\)"$/\1/p' Cargo.toml)
[ -n "$version" ] || die "Cargo.toml names no version"

host=$(rustc -vV | sed -n 's/^host: //p')
cpu=${host%%-*}
if [ $# -eq 0 ]; then
    libs=$(rustc --print sysroot)/lib/rustlib
    if [ -d "$libs/$cpu-unknown-linux-musl/lib" ] && command -v musl-gcc >/dev/null; then
        set -- "$cpu-unknown-linux-musl"
    else
        set -- "$host"
    fi
fi

# Where the sources of dependencies lie.
cargo_home=${CARGO_HOME:-$HOME/.cargo}
# Flags are parted by a character that stands in no path.
unit=$(printf '\037')

# build TARGET DIRECTORY [SOURCES]
build() {
    sources=${3-$top}
    flags="--remap-path-prefix=$sources=/refire${unit}--remap-path-prefix=$cargo_home=/cargo"
    flags="$flags${unit}--remap-path-prefix=$2=/target${unit}-Ctarget-feature=+crt-static"
    # C sources say where they lie too.
    prefix="-ffile-prefix-map=$sources=/refire -ffile-prefix-map=$cargo_home=/cargo -ffile-prefix-map=$2=/target"
    (
        cd "$sources"
        CARGO_ENCODED_RUSTFLAGS=$flags CFLAGS="${CFLAGS-} $prefix" CARGO_INCREMENTAL=0 \
            cargo build --profile dist --locked --bin refire --target "$1" --target-dir "$2"
    )
}

out=target/release-$version
rm -rf "$out"
mkdir -p "$out"

for target in "$@"; do
    build "$target" "$top/target"
    built=target/$target/dist/refire
    # A path in it would give away who built it, and differ elsewhere.
    if grep -qF -e "$top" -e "$cargo_home" "$built"; then
        die "$built holds paths of this machine"
    fi
    install -m 755 "$built" "$out/refire-$version-$target"
done

if [ -n "$check" ]; then
    again=$(mktemp -d)
    trap 'git worktree remove --force "$again/sources" 2>/dev/null || :; rm -rf "$again"' EXIT
    git worktree add --quiet --detach "$again/sources" HEAD
    for target in "$@"; do
        build "$target" "$again/target" "$again/sources"
        cmp "$again/target/$target/dist/refire" "$out/refire-$version-$target" ||
            die "the second build of $target differs from the first"
        echo "$target: the second build is the same"
    done
fi

# What goes with it is the same for every target; a binary of another machine cannot be asked.
for target in "$@"; do
    case $target in
    "$cpu"-*linux*)
        own=$out/refire-$version-$target
        "$own" man >"$out/refire.1"
        for shell in bash fish zsh; do
            "$own" completions "$shell" >"$out/refire.$shell"
        done
        break
        ;;
    esac
done

# The tool is kept beside the build, so that nothing of the machine is changed.
tools=$top/target/tools
if ! command -v cargo-cyclonedx >/dev/null; then
    PATH=$tools/bin:$PATH
    export PATH
    command -v cargo-cyclonedx >/dev/null ||
        cargo install --quiet --locked --root "$tools" --version "$CYCLONEDX" cargo-cyclonedx
fi
for target in "$@"; do
    # It writes a file beside every manifest; only the program's is wanted.
    cargo cyclonedx --quiet --format json --spec-version 1.5 --target "$target" \
        --override-filename "sbom-$target"
    # It names the program's own crates by where they lie.
    sed "s|file://$top|file:///refire|g" "sbom-$target.json" >"$out/refire-$version-$target.cdx.json"
    git ls-files '*Cargo.toml' | while read -r manifest; do
        rm -f "$(dirname "$manifest")/sbom-$target.json"
    done
done

(
    cd "$out"
    sha256sum -- * >../SHA256SUMS
    mv ../SHA256SUMS .
    ls -l
)
