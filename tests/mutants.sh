#!/usr/bin/env bash
# Mutants of the library that no test notices: tests/mutants.sh [--files GLOB]... [--shard k/n]
# Each mutant of the files (core/src/lock/*.rs unless told) is made in a copy of the tree, and meets the unit tests of the core,
# the suite and a short chaos run. Survivors are printed at the end; the exit code is 1 if there are any.
# Shards count from 0: with two machines, --shard 0/2 and --shard 1/2.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { echo "usage: tests/mutants.sh [--files GLOB]... [--shard k/n]" >&2; exit 2; }
files=() shard=()
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage
    case $1 in
    --files) files+=(--file "$2") ;;
    --shard) shard=(--shard "$2") ;;
    *) usage ;;
    esac
    shift 2
done
[ ${#files[@]} -gt 0 ] || files=(--file 'core/src/lock/*.rs')

command -v jq >/dev/null || { apt-get update && apt-get install -y --no-install-recommends jq; }
cargo mutants --version >/dev/null 2>&1 || cargo install cargo-mutants --locked

# cargo-mutants cannot name one test binary of another package, so it only lists the mutants; they are made and run here.
home=$PWD/target/mutants tree=$PWD/target/mutants/tree
mkdir -p "$home" && rm -rf "$tree" && mkdir "$tree"
git ls-files -z --cached --others --exclude-standard | tar cf - --null --files-from - | tar xf - -C "$tree"
cargo mutants --list --json --diff "${files[@]}" "${shard[@]}" | jq -c '.[]' >"$home/mutants.json"
total=$(wc -l <"$home/mutants.json")
[ "$total" -gt 0 ] || { echo "no mutants: is the glob right?" >&2; exit 2; }

# One selection of packages for every step: their features are the same, and nothing is built twice.
in_tree() { (cd "$tree" && CARGO_TARGET_DIR=$home/target timeout "$@" </dev/null >"$home/log" 2>&1); }
tests() { in_tree 600 cargo test -p optimist -p optimist-tests "$@"; }
# What the unit tests need; the suite and the chaos run are built for those that get so far.
build() { in_tree 900 cargo test -p optimist -p optimist-tests --lib --no-run; }
# The first of the three that notices the mutant, or nothing.
noticed() {
    tests --lib || { echo "unit tests"; return; }
    tests --test it -- --skip compile:: || { echo "suite"; return; }
    OPTIMIST_CHAOS_HISTORIES=20 tests --test chaos promised:: -- --skip at_times --skip one_writer_id || echo "chaos"
}

echo "$total mutants; first the tree as it is"
build || { tail -n 30 "$home/log"; exit 2; }
broken=$(noticed)
[ -z "$broken" ] || { tail -n 30 "$home/log"; echo "$broken: fails without a mutant" >&2; exit 2; }

survivors=$home/survivors && : >"$survivors"
number=0
while read -r mutant; do
    number=$((number + 1))
    name=$(jq -r .name <<<"$mutant") file=$tree/$(jq -r .file <<<"$mutant")
    cp -p "$file" "$home/original"
    jq -r .diff <<<"$mutant" | patch -s "$file"
    if ! build; then
        fate="does not build"
    else
        fate=$(noticed)
        [ -n "$fate" ] || { fate=SURVIVED && echo "$name" >>"$survivors"; }
    fi
    printf '%s/%s %s: %s\n' "$number" "$total" "$fate" "$name"
    # Its time is now, or cargo would take the mutant for built.
    cp "$home/original" "$file" && touch "$file"
done <"$home/mutants.json"

printf '\n%s of %s survived\n' "$(wc -l <"$survivors")" "$total"
cat "$survivors"
[ ! -s "$survivors" ]
