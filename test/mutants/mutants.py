#!/usr/bin/python3
"""Mutants: the rule, each margin and each "unknown is not in sync" weakened, one at a time, in a copy of the source. The
property run (`tutti prove`) has to notice every one of them: it is as good as what it kills.

    ./dev mutants [NAME ...]     all, or those named; about a minute each
    ./dev mutants --list         what there is

A mutant is killed when some seed is unsafe, stuck or flapping, or when the run comes to no end: the planner then plans
for ever. Nothing here touches the source itself.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
COPY = REPOSITORY / "build" / "mutants" / "tree"
BUILD = REPOSITORY / "build" / "mutants" / "build"
ROUNDS = [(1, 300), (301, 2_000), (2_301, 12_000)]      # first seed, how many
MORE = 20                                               # times as long as the source itself: it comes to no end


@dataclass(frozen=True)
class Mutant:
    name: str
    what: str            # is weakened
    file: str
    old: str
    new: str


M = Mutant
RULE, SCENE, REACH, LEARN = "src/plan/rule.cpp", "src/plan/scene.cpp", "src/plan/reach.cpp", "src/plan/learn.cpp"
TARGET, PLANNER, FORGET = "src/plan/target.cpp", "src/plan/planner.cpp", "src/plan/forget.cpp"
ENGINE, ATTEMPT, TRACK = "src/engine/reconcile.cpp", "src/plan/attempt.cpp", "src/model/track.hpp"

MUTANTS = [
    # the conjuncts of the rule
    M("no-chain", "a DS set that no key of a DNSKEY RRset matches is no clash", RULE,
      "return !p.keys.empty() && !p.keys.meets(key.signed_by & key.keys);", "return false;"),
    M("chain-by-any-key", "a DS may match a key that does not sign the DNSKEY RRset", RULE,
      "!p.keys.meets(key.signed_by & key.keys);", "!p.keys.meets(key.keys);"),
    M("no-signatures", "data whose key is not in a DNSKEY RRset is no clash", RULE,
      "if (data.together == nullptr) return !key.keys.includes(data.keys);",
      "if (data.together == nullptr) return false;"),
    M("some-signature", "one of the keys that sign data is enough", RULE,
      "if (data.together == nullptr) return !key.keys.includes(data.keys);",
      "if (data.together == nullptr) return !key.keys.meets(data.keys);"),
    M("no-together", "data signed by two algorithms clashes with nothing", RULE,
      "return std::ranges::any_of(*data.together, [&](KeySet set) { return !set.meets(key.keys); });",
      "return false;"),
    M("no-key-algorithms", "an algorithm of the DS need not sign the DNSKEY RRset", RULE,
      "else if (policy.strict_algorithms && algorithms_broken(s, ds, key))",
      "else if (false && algorithms_broken(s, ds, key))"),
    M("any-key-algorithm", "any key of an algorithm of the DS may sign the DNSKEY RRset, not only one with a DS", RULE,
      "return p.keys & key.keys & key.signed_by;", "(void)p;\n    return key.keys & key.signed_by;"),
    M("no-data-algorithms", "an algorithm of the DS need not sign the data", RULE,
      "else if (wanted(ds, data) && policy.strict_algorithms && algorithms_broken(s, ds, data, kAny))",
      "else if (false && algorithms_broken(s, ds, data, kAny))"),
    M("unknown-has-all-algorithms", "what was served before the first look has every algorithm that the DS may get", RULE,
      "return planned(p) && !algorithms_covered(*s.k, p.keys, served_ds(s));", "return false && planned(p) && (s.now < kNever);"),
    M("no-unsigned", "a DS may meet unsigned data", RULE,
      "return data.is_unsigned() && !p.unknown && !p.keys.empty();", "return false && data.is_unsigned();"),
    M("first-ds-alone", "a first DS counts only against what it meets itself", RULE,
      "return served_ds(s).empty() &&\n           std::ranges::any_of(s.ds,",
      "return false &&\n           std::ranges::any_of(s.ds,"),
    M("all-excused", "what an action would break is excused", RULE,
      "if (!excused(scene, v)) out.push_back(v);", "if (false) out.push_back(v);"),
    M("old-cds-joins", "one is named before its servers show the CDS that keep the DS", PLANNER,
      "for (auto& r : takes_back(s, ds, headline(k_, a))) unready.push_back(std::move(r));", "(void)ds;"),
    M("resolvers-stay", "nobody follows a new NS set", RULE,
      "if (signers.has(s) || !scene.proven.has(s)) introduce(scene, s);", "if (false) introduce(scene, s);"),
    M("one-hop", "resolvers do not follow what a newly named signer names in turn", RULE,
      "if (v.open() && !v.unknown) all |= owners(k, v.content);", "(void)v;"),
    M("no-unseen-steps", "between two looks nothing was served but what they show", LEARN,
      "if (!began.empty() && !ended.empty() && !both.empty()) out.push_back({stayed, both});", "(void)both;"),
    M("agrees-at-once", "where one server went and came back, the others are taken to have done so, too", LEARN,
      "return latest_ - track_.versions[static_cast<std::size_t>(last)].from <= policy_.patience;", "return false;"),
    # what is alive, and for how long
    M("no-ttl-keys-data", "DNSKEY and data leave caches when they are not served any more", SCENE,
      "Duration life = std::chrono::seconds(version.ttl) + margin;", "Duration life = margin;"),
    M("no-ttl-ds", "DS leave caches when they are not served any more", TRACK,
      "return open() ? kNever : until + std::chrono::seconds(ttl);", "return open() ? kNever : until;"),
    M("no-ttl-ns", "NS leave caches when they are not served any more", REACH,
      "edges.push_back({node, to, std::chrono::seconds(v.ttl) + policy.margin, v.from, until});",
      "edges.push_back({node, to, policy.margin, v.from, until});"),
    M("parent-centric", "nobody takes the NS set of a child", REACH,
      "add_edges(edges, k, k.signers[s].ns_child, static_cast<int>(s) + 1, k.signers[s].declared_dead, policy,\n"
      "                  pessimistic);", "(void)s;"),
    M("cds-is-no-ds", "CDS that were published do not become DS by themselves", SCENE,
      "if (!k.parent.reads_cds) return;\n    for (int s : scene.delegated) {",
      "if (k.parent.reads_cds) return;\n    for (int s : scene.delegated) {"),
    M("closed-unreachable", "what a signer served counts only while it can be asked at this moment", SCENE,
      "if (last == Reach::kNoTime || last + life <= now) return {};",
      "if (last == Reach::kNoTime || last + life <= now || !may.at(signer, now)) return {};"),
    M("forget-at-once", "what is not served any more is forgotten at once", FORGET,
      "return (std::chrono::seconds(largest) + policy.margin) * static_cast<int>(k.signers.size() + 2);",
      "return Duration{largest} * 0;"),
    M("forget-the-way", "how resolvers came to a signer that they still ask is forgotten", FORGET,
      "!sustained(k).includes(asked_since(reach, k, before, now));", "false;"),
    M("forget-when-left", "how resolvers came to a signer is forgotten when it is not asked any more", FORGET,
      "!sustained(k).includes(asked_since(reach, k, before, now));", "!sustained(k).includes(reachable);"),
    M("smaller-ttl", "where content and TTL change together, the old content keeps its old TTL", LEARN,
      "        v.shown = v.ttl_shown();\n        v.ttl = a.ttl;\n", ""),
    M("ttl-of-first-sight", "content keeps the TTL that it was first seen with", LEARN,
      "if (v.ttl_shown() == a.ttl) return static_cast<int>(i);", "return static_cast<int>(i);"),
    # unknown is not in sync
    M("silent-is-in-sync", "an address that does not answer serves what the primary serves", LEARN,
      "if (sight.silent_since == kNever) sight.silent_since = a.seen->asked;",
      "if (sight.silent_since == kNever) sight.silent_since = a.seen->asked;\n"
      "            if (track_.current() != nullptr) sight.version = "
      "static_cast<int>(track_.current() - track_.versions.data());"),
    M("first-is-all", "what one address has left is gone everywhere", LEARN,
      "[&](const Sight& s) { return s.version >= 0 && s.version <= version; });",
      "[&](const Sight& s) { return &s == track_.sights.data() && s.version == version; });"),
    M("only-seen", "a server that trails does not pass through what came in between", LEARN,
      "[&](const Sight& s) { return s.version >= 0 && s.version <= version; });",
      "[&](const Sight& s) { return s.version == version; });"),
    M("begins-when-seen", "a version begins when it is seen first", LEARN,
      ".content = a.content, .ttl = ttl, .shown = a.ttl, .from = proven});",
      ".content = a.content, .ttl = ttl, .shown = a.ttl, .from = proven == kLongAgo ? proven : a.seen->asked});"),
    M("no-past", "before the first look nothing else was served", LEARN,
      "if (first_look && !policy_.trust_past) suppose_a_past();", "if (first_look && false) suppose_a_past();"),
    M("unknown-fits", "a DS or DNSKEY RRset of which nothing is known fits everything", RULE,
      "if (!p.introduced && !key.introduced) return false; // nothing new meets it", "return false;"),
    M("lost-reply-is-refusal", "a write without a reply was not done", ENGINE,
      "case ErrorKind::unknown_outcome:\n    case ErrorKind::transient:",
      "case ErrorKind::unknown_outcome:\n        return true;\n    case ErrorKind::transient:"),
    M("act-before-save", "a write is sent before it is on disk", ENGINE,
      "if (record_.mode == port::Mode::manual) record_.steps -= 1;\n        return save();",
      "if (record_.mode == port::Mode::manual) record_.steps -= 1;\n        return true;"),
    M("no-attempt", "a write counts only when it is seen", ATTEMPT,
      "track.versions.push_back({.content = content, .ttl = ttl, .from = now, .pending = true, .tries = 1, .tried = now});",
      "track.versions.push_back({.content = content, .ttl = ttl, .from = now, .until = now, .pending = true, .tries = 1, "
      ".tried = now, .refused = \"?\"});"),
    M("refused-again", "a refusal takes back also an earlier try whose reply was lost", ATTEMPT,
      "if (v.from == v.tried) v.until = kLongAgo;", "v.until = kLongAgo;"),
    M("call-back", "a parent that follows its children is called back while it moves", PLANNER,
      "if (!k_.parent.reads_cds) return false;\n        int oldest", "if (now_ != kNever) return false;\n        int oldest"),
    # the target
    M("leaver-loses-ds", "the DS of a leaver may go while it is asked, one of its keys being enough", TARGET,
      "if (signer_at(k, s).declared_dead == kNever) out |= delegated_keys(scene, s);", "(void)s;"),
    M("join-one-by-one", "those that join are judged each for itself", PLANNER,
      "return try_action(joined_, a, true, headline(k_, a)); // beside those that may, too",
      "return try_action(scene_, a, false, headline(k_, a));"),
    # one KSK for all
    M("copy-unjudged", "the DNSKEY RRset of another may be served at any time", RULE,
      "const auto content = written(*scene.k, a);",
      "if (a.copy_of != model::kNobody) return;\n        const auto content = written(*scene.k, a);"),
    M("copy-signed-as-before", "a copy is signed by those that signed what was there", "src/plan/topology.cpp",
      "content = served(k, a.copy_of);", "content.keys = served(k, a.copy_of).keys;"),
    M("published-is-own", "what a signer publishes tells its keys, also where another signs it", TARGET,
      "if (signs_for(k, s) == model::kNobody) return own_keys(k, s);", "return own_keys(k, s);"),
    M("owner-by-sight", "a key belongs to whoever was first seen to publish it", LEARN,
      "if (key.owner == model::kNobody || !(key.signs_data || key.signs_keys)) key.owner = signer;",
      "if (key.owner == model::kNobody) key.owner = signer;"),
    M("comes-back", "content may come back while a server still shows it from before", PLANNER,
      "if (!there && comes_back(track, wanted)) return unseen(a, track, track.current()->content);", ""),
    M("everywhere-known", "an address that never answered shows what is wanted", TRACK,
      "if (s.version < 0 || !(version(s).content == content)) return false;",
      "if (s.version >= 0 && !(version(s).content == content)) return false;"),
]


def run(*command: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, text=True, capture_output=True, **more)  # type: ignore[call-overload]


def prepare() -> None:
    """A copy that is built once; each mutant then costs one file and a link. The copy is newer than all objects, which
    may be of a mutant whose run was killed."""
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    for name in ("src", "app", "sim", "cmake", "test", "bench", "CMakeLists.txt", "CMakePresets.json"):
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, COPY / name, copy_function=shutil.copy)
        else:
            shutil.copy(source, COPY / name)
    (COPY / "web").mkdir()                               # of the page only what stands in for it
    shutil.copy(REPOSITORY / "web" / "without_page.cpp", COPY / "web")
    rules = COPY / "cmake" / "TuttiModule.cmake"         # what a mutant leaves unused is no error
    rules.write_text(rules.read_text().replace("-Werror", ""))
    os.environ.setdefault("CCACHE_BASEDIR", str(COPY))
    os.environ.setdefault("CCACHE_NOHASHDIR", "1")
    made = run("cmake", "--preset", "release", "-DTUTTI_PAGE=OFF", "-S", str(COPY), "-B", str(BUILD), cwd=COPY)
    if made.returncode:
        sys.exit(made.stdout + made.stderr)
    build(None)
    run("cmake", "--build", str(BUILD), "--target", "sim_test")


def build(mutant: Mutant | None) -> str:
    made = run("cmake", "--build", str(BUILD), "--target", "tutti")
    if made.returncode and mutant is None:
        sys.exit(made.stdout + made.stderr)
    return made.stdout if made.returncode else ""


def seed_that_kills(first: int, count: int, longest: float | None) -> str:
    try:
        proved = run(str(BUILD / "tutti"), "prove", str(count), "--seed", str(first), "--samples", "0", "--shrink", "0",
                     "--fail-fast", "--most-passes", "60000", "-o", "json", timeout=longest)
    except subprocess.TimeoutExpired:
        return f"seeds {first} to {first + count - 1} come to no end"
    told = json.loads(proved.stdout)
    if not told["failed"]:
        return ""
    first_failure = told["failed"][0]
    return f"seed {first_failure['seed']} ({first_failure['kind']}), after {told['runs']} of {count}"


def case_that_kills() -> str:
    cases = run(str(BUILD / "sim_test"), "--gtest_filter=*Case*", cwd=BUILD)
    killed = [line.split("ComesOutRight/")[1].split(",")[0] for line in cases.stdout.splitlines()
              if line.startswith("[  FAILED  ]") and "where GetParam" in line]
    return f"case {killed[0]}" if killed else ""


def what_kills(longest: list[float | None]) -> str:
    """A few seeds, then the named cases, which are quick; then the many. `longest`: seconds, for each round."""
    rounds = (seed_that_kills(first, count, limit) for (first, count), limit in zip(ROUNDS, longest))
    return next(rounds) or case_that_kills() or next(filter(None, rounds), "")


def limits() -> list[float | None]:
    """For each round, from how long the source itself takes."""
    began, out = time.monotonic(), []
    for first, count in ROUNDS:
        if failed := seed_that_kills(first, count, None):
            sys.exit(f"the source as it is fails already ({failed}): nothing can be said about mutants")
        out.append(MORE * (time.monotonic() - began) + 30)
        began = time.monotonic()
    return out


def try_one(mutant: Mutant, longest: list[float | None]) -> bool:
    path = COPY / mutant.file
    text = path.read_text()
    if text.count(mutant.old) < 1:
        print(f"STALE    {mutant.name}: {mutant.file} does not hold: {mutant.old}")
        return False
    path.write_text(text.replace(mutant.old, mutant.new))
    try:
        wrong = build(mutant)
        if wrong:
            print(f"BROKEN   {mutant.name} does not compile:\n{wrong}")
            return False
        run("cmake", "--build", str(BUILD), "--target", "sim_test")
        killed = what_kills(longest)
        print(f"{'killed  ' if killed else 'SURVIVED'} {mutant.name:22} {mutant.what}: {killed or 'nobody noticed'}", flush=True)
        return bool(killed)
    finally:
        path.write_text(text)                           # newer than the object: it is built again


def main() -> int:
    parser = argparse.ArgumentParser(description="Weakens the rule at one place at a time; the properties must notice.")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--list", action="store_true")
    given = parser.parse_args()
    unknown = set(given.names) - {m.name for m in MUTANTS}
    if unknown:
        parser.error(f"no such mutant: {', '.join(sorted(unknown))}")
    chosen = [m for m in MUTANTS if not given.names or m.name in given.names]
    if given.list:
        for m in chosen:
            print(f"{m.name:22} {m.file:26} {m.what}")
        return 0
    prepare()
    if failed := case_that_kills():
        sys.exit(f"the source as it is fails already ({failed}): nothing can be said about mutants")
    longest = limits()
    results = [try_one(m, longest) for m in chosen]
    print(f"{sum(results)} of {len(results)} mutants killed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
