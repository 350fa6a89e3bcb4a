#!/usr/bin/python3
"""Every refusal of the parent's judgement taken out, one at a time: each `if (...)` in src/accept that leads to a
reject, retry or hold never holds, in a copy of the file. The unit tests of src/accept have to notice each of them.

    test/mutants/refusals.py [WORD ...]     all, or those whose file or code has one of these words

It needs a release build of accept_test (its objects are linked again). About six seconds for each.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / "build" / "release"
LIBRARIES = ["tutti_model", "tutti_dnssec", "tutti_dns", "tutti_base"]
OUTSIDE = ["-lldns", "-lcrypto", "-lfmt", "-lboost_json", "-lboost_container", "-lgmock", "-lgtest", "-lgtest_main",
           "-lrapidcheck", "-lpthread", "-fuse-ld=lld-19"]
REFUSAL = re.compile(r'\s*(?:\{\s*)?(?:return\s+)?c\.(?:reject|retry_or_reject|decide)\(\s*'
                     r'(?:Decision::(?:hold|retry)\s*,\s*)?[^;]*?"([a-z0-9-]+)"')
# What nothing can reach, and why it is there all the same: (file, code).
GUARDS = {("csync.cpp", "no-answer"): "settle_failures() has ended it before; front() must not be of nothing",
          ("csync_data.cpp", "malformed"): "an NS set that validates can be read; a value is not taken from an error"}


@dataclass(frozen=True)
class Mutant:
    file: Path
    line: int
    code: str
    text: str         # the whole file, changed


def closing(text: str, opening: int) -> int:
    depth = 0
    for i in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return i
    raise ValueError("a parenthesis that does not close")


def mutants_of(file: Path) -> list[Mutant]:
    text, out = file.read_text(), []
    for match in re.finditer(r"\bif \(", text):
        opening = match.end() - 1
        end = closing(text, opening)
        refusal = REFUSAL.match(text, end + 1)
        condition = text[opening + 1:end]
        if not refusal or ";" in condition or "Decision::no_change" in refusal[0] or "Decision::accept" in refusal[0]:
            continue
        changed = text[:opening + 1] + f"false && ({condition})" + text[end:]
        out.append(Mutant(file, text.count("\n", 0, match.start()) + 1, refusal[1], changed))
    return out


def compile_command(file: Path) -> list[str]:
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        if entry["file"] == str(file):
            return entry["command"].split()
    raise FileNotFoundError(f"{file} is not in compile_commands.json: configure the release build")


def killed_by(mutant: Mutant) -> str:
    """The test that notices; empty: nobody."""
    with tempfile.TemporaryDirectory() as folder:
        source, changed, program = Path(folder, mutant.file.name), Path(folder, "changed.o"), Path(folder, "test")
        source.write_text(mutant.text)
        words = [w for w in compile_command(mutant.file) if w not in ("ccache", "-Werror")]
        words[words.index("-o") + 1], words[words.index("-c") + 1] = str(changed), str(source)
        own = f"{mutant.file.name}.o"
        objects = [o for part in ("accept", "accept_test") for o in (BUILD / "CMakeFiles").glob(
            f"{'tutti_' if part == 'accept' else ''}{part}.dir/src/accept/*.o") if o.name != own]
        link = ["clang++-19", str(changed), *map(str, objects), *(str(BUILD / f"lib{n}.a") for n in LIBRARIES),
                *OUTSIDE, "-o", str(program)]
        for command in (words, link):
            made = subprocess.run(command, cwd=BUILD, capture_output=True, text=True)
            if made.returncode:
                raise RuntimeError(f"{mutant.file.name}:{mutant.line}: {made.stderr[-1500:]}")
        run = subprocess.run([program, "--gtest_fail_fast"], capture_output=True, text=True)
        failed = re.search(r"\[  FAILED  \] (\S+)", run.stdout)
        return failed[1] if failed else f"ended with {run.returncode}" if run.returncode else ""


def main() -> int:
    words = sys.argv[1:]
    files = sorted(f for f in (REPOSITORY / "src" / "accept").glob("*.cpp") if not f.name.endswith("_test.cpp"))
    mutants = [m for f in files for m in mutants_of(f) if not words or any(w in f.name or w in m.code for w in words)]
    count = {"killed": 0, "SURVIVED": 0, "guard": 0}
    with ThreadPoolExecutor(2) as pool:
        for mutant, killer in zip(mutants, pool.map(killed_by, mutants)):
            guard = GUARDS.get((mutant.file.name, mutant.code), "")
            how = "killed" if killer else "guard" if guard else "SURVIVED"
            count[how] += 1
            print(f"{how:8}  {mutant.file.name}:{mutant.line} {mutant.code}: {killer or guard}", flush=True)
    print(", ".join(f"{n} {how}" for how, n in count.items()))
    return 1 if count["SURVIVED"] or not mutants else 0


if __name__ == "__main__":
    sys.exit(main())
