#!/usr/bin/env python3
"""Mutants of the library that no test notices: tests/mutants/run.py [GLOB]...

cargo-mutants lists the mutants of the files (the protocol's unless told). All are built at once into a copy of the tree, each behind
a switch that the environment throws, so that a mutant costs the time of its tests alone: the unit tests and the tests of the suite
that reach it, then a short chaos run, up to the first that fails. What cannot be switched (constants, `const fn`, `impl Trait`) is
printed at the start, and built and run one by one at the end. Survivors are printed last; the exit code is 1 if there are any.

What ran before stays in target/mutants/results; delete that file to begin anew.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from source import File  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HOME = ROOT / "target/mutants"
TREE = HOME / "tree"
LIBRARY = "core/src/lib.rs"
# The most important first.
ROOMS = ["lock", "write", "wire", "retry", "entity"]
PROTOCOL = [f"core/src/{room}/**/*.rs" for room in ROOMS]
# One selection of packages, so that features are the same everywhere and nothing is built twice.
CHECK = ["cargo", "check", "-p", "optimist", "-p", "optimist-tests"]
BUILD = ["cargo", "test", "-p", "optimist", "-p", "optimist-tests", "--lib", "--test", "it", "--test", "chaos", "--no-run"]
MODEL = "lock::model::"
# The tests of the suite that take longest.
LONG = [
    "expressions::the_engine_and_the_evaluator_agree",
    "fresh::nothing_old",
    "fuzz::",
    "get_many::unprocessed",
    "get_many::what_an_answer",
    "pages::any_page",
    "pages::faults",
    "race::",
    "requests::tasks_of_one_db",
    "scan::any_segments",
    "transport::a_plan",
]
CHAOS = ["promised::", "--skip", "at_times", "--skip", "one_writer_id"]
NONE = 999_999


def import_parser():
    """tree-sitter, installed below target/ if need be."""
    site = HOME / "site"
    if not site.exists():
        run = subprocess.run
        run([sys.executable, "-m", "pip", "install", "--quiet", "--target", site, "tree-sitter==0.26.*", "tree-sitter-rust==0.24.*"], check=True)
    sys.path.insert(0, str(site))
    import tree_sitter
    import tree_sitter_rust

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_rust.language()))


def list_mutants(globs):
    if subprocess.run(["cargo", "mutants", "--version"], capture_output=True).returncode:
        subprocess.run(["cargo", "install", "cargo-mutants", "--locked"], check=True)
    files = [part for glob in globs for part in ("--file", glob)]
    listed = subprocess.run(["cargo", "mutants", "--list", "--json", "--diff", *files], cwd=ROOT, check=True, capture_output=True)
    mutants, seen = json.loads(listed.stdout), collections.Counter()
    for number, mutant in enumerate(mutants, 1):
        mutant["number"] = number
        # What stays when lines move.
        key = re.sub(r":\d+:\d+:", ":", mutant["name"])
        seen[key] += 1
        mutant["key"] = f"{key} #{seen[key]}"
    return mutants


def put(path, content):
    """Writes what differs: cargo goes by times."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)


def copy_tree(but=()):
    files = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True)
    names = {name for name in files.stdout.decode().split("\0") if (ROOT / name).is_file()}
    for path in [path for path in TREE.rglob("*") if path.is_file()]:
        if str(path.relative_to(TREE)) not in names:
            path.unlink()
    for name in names:
        if name == "Cargo.toml":
            # The model takes most of the time.
            profile = b"\n[profile.dev.package.optimist]\nopt-level = 1\n"
            put(TREE / name, (ROOT / name).read_bytes() + profile)
        elif name not in but:
            put(TREE / name, (ROOT / name).read_bytes())


def cargo(command, **options):
    env = {**os.environ, "CARGO_TARGET_DIR": str(HOME / "target")}
    return subprocess.run(command, cwd=TREE, env=env, capture_output=True, text=True, **options)


def build_switched(parser, files, alone, dropped):
    """All that builds; adds the numbers of the others to `dropped`. A match that a switch leaves open hands its arms to `alone`."""
    while True:
        for file in files:
            put(TREE / file.path, file.emit(dropped))
        put(TREE / LIBRARY, (ROOT / LIBRARY).read_bytes() + b"\n" + (HERE / "switch.rs").read_bytes())
        checked = cargo([*CHECK, "--message-format=json"])
        if checked.returncode == 0:
            return
        new = set()
        for line in checked.stdout.splitlines():
            message = json.loads(line).get("message")
            if not isinstance(message, dict) or message.get("level") != "error":
                continue
            for span in filter(lambda span: (TREE / span["file_name"]).exists(), message["spans"]):
                if (message["code"] or {}).get("code") == "E0004":
                    arms = open_arms(parser, span)
                    alone += [mutant for file in files for mutant in file.take(arms)]
                    new |= arms
                else:
                    new |= innermost(span)
        if not new:
            sys.exit(checked.stderr[-5000:] + "\n" + checked.stdout[-3000:])
        dropped |= new
        print(f"{len(dropped)} do not build", flush=True)


def innermost(span):
    """The mutant in whose text an error stands."""
    text = (TREE / span["file_name"]).read_bytes()[: span["byte_end"]]
    open_marks = []
    for mark in re.finditer(rb"/\*([<>])(\d+)\*/", text):
        if mark[1] == b"<":
            open_marks.append(int(mark[2]))
        elif int(mark[2]) in open_marks:
            open_marks.remove(int(mark[2]))
    return {open_marks[-1]} if open_marks else set()


def open_arms(parser, span):
    """The mutants that take out an arm of a match."""
    tree = parser.parse((TREE / span["file_name"]).read_bytes())
    node = tree.root_node.descendant_for_byte_range(span["byte_start"], span["byte_end"])
    while node.type != "match_expression":
        node = node.parent
    return {int(number) for number in re.findall(rb" if /\*<(\d+)\*/\(!", node.text)}


class Stage:
    """A test binary."""

    def __init__(self, name, binary, folder, arguments, chosen):
        self.name, self.binary, self.folder, self.arguments, self.chosen = name, binary, TREE / folder, arguments, chosen
        self.reached = None

    def run(self, mutant, tests=(), limit=600, **env):
        env = {"OPTIMIST_CHAOS_HISTORIES": "20", "PROPTEST_MAX_SHRINK_ITERS": "0", "PROPTEST_DISABLE_FAILURE_PERSISTENCE": "1", **env}
        env = {**os.environ, **env, "OPTIMIST_MUTANT": str(mutant)}
        command = [self.binary, *(["--exact", *tests] if tests else self.arguments)]
        log = (HOME / "log").open("w")
        try:
            return subprocess.run(command, cwd=self.folder, env=env, stdout=log, stderr=log, timeout=limit).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def baseline(self):
        """How long it takes without a mutant, and which tests reach which mutants; kept as long as the binary is the same."""
        reached, time_file = HOME / f"reached by the {self.name}", HOME / f"time of the {self.name}"
        built = os.path.getmtime(self.binary)
        if not time_file.exists() or time_file.stat().st_mtime < built:
            started = time.monotonic()
            if not self.run(NONE):
                sys.exit(f"{self.name}: fails without a mutant\n" + (HOME / "log").read_text()[-3000:])
            took = time.monotonic() - started
            self.run(0, OPTIMIST_MUTANTS_REACHED=str(reached))
            time_file.write_text(str(took))
        took = float(time_file.read_text())
        print(f"{self.name}: {took:.0f} s", flush=True)
        self.limit = 60 + 5 * took
        self.reached = collections.defaultdict(set)
        for line in reached.read_text().splitlines():
            number, test = line.split(" ", 1)
            self.reached[int(number)].add(test)

    def notices(self, number):
        if self.reached is None:
            self.baseline()
        tests = self.reached[number]
        if not tests:
            return False
        named = self.chosen and all("::" in test for test in tests)
        return not self.run(number, sorted(tests) if named else (), self.limit)


def stages():
    built = cargo([*BUILD, "--message-format=json"])
    if built.returncode:
        sys.exit(built.stderr[-5000:])
    binaries = {}
    for line in built.stdout.splitlines():
        artifact = json.loads(line)
        if artifact.get("executable") and artifact["profile"]["test"]:
            binaries[artifact["target"]["name"]] = artifact["executable"]
    skipped = ["compile::", *LONG]
    return [
        Stage("unit tests", binaries["optimist"], "core", ["--skip", MODEL], True),
        Stage("suite", binaries["it"], "tests", [part for name in skipped for part in ("--skip", name)], True),
        Stage("chaos", binaries["chaos"], "tests", CHAOS, False),
        Stage("model", binaries["optimist"], "core", [MODEL], True),
        Stage("long tests of the suite", binaries["it"], "tests", LONG, True),
    ]


def run_alone(mutant):
    """As any tool does it: patched, built and run."""
    path = TREE / mutant["file"]
    path.write_bytes((ROOT / mutant["file"]).read_bytes())
    subprocess.run(["patch", "-s", path], input=mutant["diff"], text=True, check=True)
    try:
        if cargo(CHECK).returncode:
            return "does not build"
        for stage in stages():
            if not stage.run(NONE):
                return stage.name
        return "SURVIVED"
    finally:
        path.write_bytes((ROOT / mutant["file"]).read_bytes())


def main():
    HOME.mkdir(parents=True, exist_ok=True)
    parser = import_parser()
    mutants = list_mutants(sys.argv[1:] or PROTOCOL)
    if not mutants:
        sys.exit("no mutants: is the glob right?")
    results = HOME / "results"
    fates = dict(json.loads(line) for line in results.read_text().splitlines()) if results.exists() else {}

    def tell(mutant, fate):
        fates[mutant["key"]] = fate
        with results.open("a") as file:
            file.write(json.dumps([mutant["key"], fate]) + "\n")
        print(f"{mutant['number']}/{len(mutants)} {fate}: {mutant['name']}", flush=True)

    def unknown(mutant):
        return fates.get(mutant["key"], "alone") == "alone"

    paths = sorted({m["file"] for m in mutants})
    copy_tree(but=[LIBRARY, *paths])
    files = [File(parser, ROOT, path, [m for m in mutants if m["file"] == path]) for path in paths]
    alone = [mutant for file in files for mutant in file.alone]
    known = {mutant["number"] for mutant in mutants if fates.get(mutant["key"]) == "alone"}
    alone += [mutant for file in files for mutant in file.take(known)]
    dropped = {mutant["number"] for mutant in mutants if fates.get(mutant["key"]) == "does not build"}
    build_switched(parser, files, alone, dropped)
    for mutant in mutants:
        if mutant["key"] not in fates and (mutant in alone or mutant["number"] in dropped):
            tell(mutant, "alone" if mutant in alone else "does not build")
    ran = stages()
    # The long tests meet only what the others leave.
    left = [mutant for mutant in mutants if mutant["key"] not in fates]
    left.sort(key=lambda mutant: ROOMS.index(room) if (room := mutant["file"].split("/")[2]) in ROOMS else len(ROOMS))
    for part in (ran[:2], ran[2:]):
        for mutant in left:
            fate = next((stage.name for stage in part if stage.notices(mutant["number"])), None)
            if fate:
                tell(mutant, fate)
            elif part[0] is ran[0]:
                print(f"{mutant['number']}/{len(mutants)} left so far: {mutant['name']}", flush=True)
            else:
                tell(mutant, "SURVIVED")
        left = [mutant for mutant in left if mutant["key"] not in fates]

    if any(map(unknown, alone)):
        copy_tree()
    for mutant in filter(unknown, alone):
        tell(mutant, run_alone(mutant))

    counts = collections.Counter(fates[mutant["key"]] for mutant in mutants)
    print(", ".join(f"{fate}: {count}" for fate, count in counts.most_common()))
    survivors = [mutant["name"] for mutant in mutants if fates[mutant["key"]] == "SURVIVED"]
    print("\n".join(survivors))
    sys.exit(bool(survivors))


if __name__ == "__main__":
    main()
