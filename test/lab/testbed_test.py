#!/usr/bin/python3
"""The testbed's own arithmetic: what a seed stands for, what is counted, what is kept, and what a crash leaves."""

from __future__ import annotations

import csv
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from lab import figures, narrow, rotation  # noqa: E402
from lab.results import Results  # noqa: E402
from lab.topology import SIGNERS, Ttls  # noqa: E402


def made(number: int, **more: Any) -> dict[str, Any]:
    return {"round": number, "scenario": "add", "seed": number, "started": "2026-01-01T00:00:00Z", "seconds": 40.0,
            "minimum_s": 39.0, "ratio": 1.02, "answers": 100, "failures": 0,
            "observers": {"named": {"answers": 100, "failures": 0}}, "verdict": "ok", "trace": "t"} | more


class Rotation(unittest.TestCase):
    def test_a_seed_is_one_scenario(self) -> None:
        for seed in range(200):
            self.assertEqual(rotation.scenario(seed), rotation.scenario(seed))

    def test_seeds_in_a_row_take_every_kind_in_turn(self) -> None:
        for first in range(50):
            kinds = {rotation.scenario(first + n).kind for n in range(len(rotation.KINDS))}
            self.assertEqual(kinds, set(rotation.KINDS))

    def test_seeds_differ_in_more_than_kind(self) -> None:
        for number, kind in enumerate(rotation.KINDS):
            titles = {rotation.scenario(seed).title() for seed in range(number, 40 * len(rotation.KINDS), len(rotation.KINDS))}
            self.assertGreater(len(titles), 1, kind)

    def test_every_scenario_makes_sense(self) -> None:
        for seed in range(700):
            s = rotation.scenario(seed)
            self.assertTrue(s.moves)
            before = ["blue"]
            for move in s.moves:
                self.assertLessEqual(set(move.after), set(SIGNERS))
                self.assertNotEqual(move.after, before)
                self.assertFalse(set(move.dead) & set(move.after))
                self.assertLessEqual(set(move.dead), set(before))
                before = move.after
            events = [e for m in s.moves for e in m.events]
            self.assertEqual(sum(e.do in ("stop", "freeze") for e in events), sum(e.do in ("start", "thaw") for e in events))

    def test_how_late_a_parent_makes_a_join(self) -> None:
        ttls = Ttls(ds=11, dnskey=dict.fromkeys(SIGNERS, 20))
        self.assertEqual(rotation.lateness(ttls, 0), 0)
        self.assertEqual(rotation.lateness(ttls, 9), 0)          # the keys' wait is the longer one
        self.assertEqual(rotation.lateness(ttls, 10), 1)
        self.assertEqual(rotation.lateness(Ttls(ds=30), 4), 4)


class Figures(unittest.TestCase):
    def test_quantiles_are_values_that_were_seen(self) -> None:
        self.assertIsNone(figures.quantile([], 0.5))
        self.assertEqual(figures.quantile([3.0, 1.0, 2.0], 0.5), 2.0)
        self.assertEqual(figures.quantile([float(n) for n in range(1, 11)], 0.9), 9.0)
        self.assertEqual(figures.quantile([5.0], 0.9), 5.0)

    def test_nothing_is_forgotten_in_the_sum(self) -> None:
        rounds = [made(1), made(2, ratio=1.3, failures=4, verdict="glitch"),
                  made(3, ratio=None, seconds=None, verdict="interrupted"), made(4, ratio=None, seconds=None, verdict="failed")]
        f = figures.figures(rounds)
        self.assertEqual((f["rounds"], f["failures"], f["not_ok"], f["interrupted"]), (4, 4, 2, 1))
        self.assertEqual((f["median"], f["max"]), (1.02, 1.3))

    def test_text_fits_the_screen(self) -> None:
        rounds = [made(n, answers=10**8, scenario=kind) for n in range(4) for kind in rotation.KINDS]
        for line in figures.text(rounds).splitlines():
            self.assertLessEqual(len(line), figures.WIDTH, line)
        self.assertIn("last 10", figures.text(rounds))

    def test_csv_reads_back(self) -> None:
        rounds = [made(1), made(2, observers={"kresd": {"answers": 7, "failures": 1}}, scenario='a, "b"')]
        rows = list(csv.DictReader(io.StringIO(figures.as_csv(rounds))))
        self.assertEqual(rows[1]["scenario"], 'a, "b"')
        self.assertEqual((rows[1]["kresd_answers"], rows[1]["kresd_failures"], rows[1]["named_answers"]), ("7", "1", ""))
        self.assertEqual(rows[0]["ratio"], "1.02")


def signed(*each: list[int] | None) -> dict[str, Any]:
    return {"z.": {"signers": {"blue": {str(n): tags and {"data": tags} for n, tags in enumerate(each)}}}}


class Narrow(unittest.TestCase):
    trace = {"tracks": [{"track": "data", "signer": "blue", "versions": [
        {"from": 0.0, "until": 25.0, "content": ["blue/1"]}, {"from": 10.0, "until": None, "content": ["blue/1", "blue/2"]}]}]}

    def began(self, *states: tuple[float, dict[str, Any]]) -> float:
        lines = [{"old_at": at, "zones": zones} for at, zones in states]
        before = json.dumps(self.trace)
        out = narrow.narrowed(self.trace, lines, "z.")
        self.assertEqual(json.dumps(self.trace), before)
        return out["tracks"][0]["versions"][1]["from"]

    def test_what_was_seen_later_not_to_be_there(self) -> None:
        self.assertEqual(self.began((0, signed([1], [1])), (24.5, signed([1], [1, 2]))), 24.5)

    def test_one_address_that_has_it_is_enough(self) -> None:
        self.assertEqual(self.began((0, signed([1], [1])), (12, signed([1, 2], [1])), (24, signed([1, 2], [1, 2]))), 12)

    def test_never_wider(self) -> None:
        self.assertEqual(self.began((0, signed([1], [1])), (5, signed([1, 2], [1]))), 10)

    def test_nothing_is_proven_by_silence(self) -> None:
        self.assertEqual(self.began((0, signed([1], None)), (24.5, signed([1], [1, 2]))), 10)
        self.assertEqual(self.began((0, signed([1], [1]))), 10)
        self.assertEqual(self.began((24, signed([2], [2]))), 10)


class OnDisk(unittest.TestCase):
    def setUp(self) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.results = Results(Path(self.place.name))
        self.results.claim()

    def tearDown(self) -> None:
        self.results.lock.close()
        self.place.cleanup()

    def end(self, number: int) -> None:
        home = self.results.home(number)
        home.mkdir()
        (home / "round.json").write_text(json.dumps(made(number)))

    def test_a_runner_that_was_killed_loses_nothing(self) -> None:
        self.end(1)
        self.results.add([self.results.outcome(1)])
        self.end(2)                                   # ended, not yet in rounds.jsonl
        self.results.home(3).mkdir()                  # was running
        (self.results.home(3) / "begun.json").write_text(json.dumps(made(3, ratio=None, verdict="running")))
        self.results.home(4).mkdir()                  # had just been started
        self.assertEqual(self.results.recover(), 4)
        self.assertEqual([(r["round"], r["verdict"]) for r in self.results.read()],
                         [(1, "ok"), (2, "ok"), (3, "interrupted"), (4, "interrupted")])
        self.assertEqual(self.results.recover(), 4)   # and once is enough
        self.assertEqual(len(self.results.read()), 4)

    def test_what_is_thrown_away(self) -> None:
        for number in range(1, 8):
            self.end(number)
        (self.results.home(2) / "lab").mkdir()
        self.results.add([self.results.outcome(n) for n in range(1, 7)])      # the seventh still runs
        self.results.keep(3)
        left = sorted(int(p.name) for p in (self.results.folder / "rounds").iterdir())
        self.assertEqual(left, [2, 4, 5, 6, 7])                               # the glitch of 2 stays
        self.assertEqual(len(self.results.read()), 6)                         # the lines of all do

    def test_one_runner_at_a_time(self) -> None:
        with self.assertRaises(SystemExit):
            Results(self.results.folder).claim()


if __name__ == "__main__":
    unittest.main()
