"""The testbed's results folder: what is on disk, in which order it is written, what is thrown away.

    rounds.jsonl       a line for each round that ended, in the order in which they ended
    current.json       the rounds that run now, a list
    rounds/NNNNN/      a round: round.json, trace.json, begin.svg middle.svg end.svg with .grok.json
    rounds/NNNNN/lab/  only of one with a glitch: all logs, zones, answers that failed, packets
    work/NNNNN/        the lab of a round that runs

A round's own process writes round.json; the runner then adds it to rounds.jsonl. Whichever of them is killed, the next
start finds what is missing.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

GLITCHES_KEPT = 20
Record = dict[str, Any]


def rfc3339(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def replace(path: Path, text: str) -> None:
    """Readers see the old content or the new one; so does who comes after a crash."""
    partial = path.with_name(path.name + ".partial")
    with open(partial, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    os.replace(partial, path)


class Results:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines = folder / "rounds.jsonl"

    def claim(self) -> None:
        """One runner at a time; the lock goes with the process."""
        (self.folder / "rounds").mkdir(parents=True, exist_ok=True)
        self.lock = open(self.folder / "lock", "w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.lock.close()
            raise SystemExit(f"another testbed runs in {self.folder}: stop it, or name another --results") from None

    def home(self, number: int) -> Path:
        return self.folder / "rounds" / f"{number:05}"

    def work(self, number: int) -> Path:
        return self.folder / "work" / f"{number:05}"

    def read(self) -> list[Record]:
        try:
            return [json.loads(line) for line in self.lines.read_text().splitlines() if line]
        except FileNotFoundError:
            return []

    def add(self, records: list[Record]) -> None:
        if records:
            before = self.lines.read_text() if self.lines.exists() else ""
            replace(self.lines, before + "".join(json.dumps(r) + "\n" for r in records))

    def current(self, running: list[Record]) -> None:
        replace(self.folder / "current.json", json.dumps(running))

    def recover(self) -> int:
        """After a runner that was killed: its rounds are recorded, done or not. Returns the last number used."""
        known = {r["round"] for r in self.read()}
        found = sorted(int(p.name) for p in (self.folder / "rounds").iterdir() if p.name.isdigit())
        self.add([self.outcome(n) for n in found if n not in known])
        shutil.rmtree(self.folder / "work", ignore_errors=True)
        self.current([])
        return max([0, *known, *found])

    def outcome(self, number: int) -> Record:
        """What a round's process left behind; interrupted if it did not come to its end."""
        home = self.home(number)
        try:
            return json.loads((home / "round.json").read_text())
        except (FileNotFoundError, ValueError):
            begun = json.loads((home / "begun.json").read_text()) if (home / "begun.json").exists() else {}
            empty: Record = {"round": number, "scenario": "unknown", "seed": None, "started": None, "seconds": None,
                             "minimum_s": None, "ratio": None, "answers": 0, "failures": 0, "observers": {},
                             "trace": None}
            return empty | begun | {"verdict": "interrupted"}

    def keep(self, most: int) -> None:
        """Throws the oldest rounds' pictures and traces away, and the oldest kept labs; their lines stay."""
        homes = sorted((self.folder / "rounds").iterdir())
        recorded = {r["round"] for r in self.read()}
        homes = [h for h in homes if h.name.isdigit() and int(h.name) in recorded]
        labs = [h for h in homes if (h / "lab").exists()]
        for home in labs[:-GLITCHES_KEPT]:
            shutil.rmtree(home / "lab", ignore_errors=True)
        spare = [h for h in homes if h not in labs[-GLITCHES_KEPT:]]
        for home in spare[:max(0, len(spare) - most)]:
            shutil.rmtree(home, ignore_errors=True)
