#!/usr/bin/python3
"""The API against its description (api/openapi.yaml), both ways, on the real daemon over TLS.

Every answer that is seen must be one that is documented; every documented route, status and code must be seen.
One line for each group, what is wrong below it.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import time
from pathlib import Path

import agent
import changes
import events
import limits
import refusals
import wire
from bench import Bench
from nameserver import NameServer
from spec import REPOSITORY, Spec

GROUPS = [("changes", changes.all_of_them), ("agent", agent.all_of_them), ("refusals", refusals.all_of_them),
          ("events", events.all_of_them), ("limits", limits.all_of_them), ("wire", wire.all_of_them),
          ("audit", changes.audit)]
# In the source: problem("code", ...), Problem("code", ...) and the like; other first strings have no hyphen.
CODE = re.compile(r'(?:problem|Problem|wrong_request|refused|out|why|wrong)\(\s*"([a-z]+(?:-[a-z]+)+)"|return \{"([a-z]+(?:-[a-z]+)+)", Error')


def table(b: Bench) -> None:
    """The daemon's own table of routes is that of the description."""
    served = {(r["method"], r["path"]): r for r in b.expect(200, "GET", "/v1", token="").json["routes"]}
    told = {(method.upper(), path): operation for path, method, operation in b.spec.operations()}
    for missing in told.keys() - served.keys():
        b.problems.append(f"documented, and not served: {missing}")
    for extra in served.keys() - told.keys():
        b.problems.append(f"served, and not documented: {extra}")
    for key in served.keys() & told.keys():
        parameters = [b.spec.resolve(p) for p in told[key].get("parameters", [])]
        query = sorted(p["name"] for p in parameters if p["in"] == "query")
        b.must(f"{key}: parameters {query} and {served[key]['query']}", query == sorted(served[key]["query"]))
        b.must(f"{key}: scope", told[key]["x-scope"] == served[key]["scope"])
        b.must(f"{key}: status", str(served[key]["status"]) in told[key]["responses"])


def codes(b: Bench) -> None:
    """Those of the source are those of the description."""
    found: set[str] = set()
    for source in [*(REPOSITORY / "src/serve").glob("*.cpp"), *(REPOSITORY / "app").glob("*_route*.cpp")]:
        if not source.name.endswith("_test.cpp"):
            found |= {a or c for a, c in CODE.findall(source.read_text())}
    known = b.spec.codes()
    b.must(f"codes that are not documented: {sorted(found - known)}", found <= known)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", help="only these groups")
    wanted = parser.parse_args().only
    folder = REPOSITORY / "build/api"
    shutil.rmtree(folder, ignore_errors=True)
    server = NameServer(folder / "knot")
    b = Bench(folder / "daemon", Spec())
    failed = 0
    try:
        for name, run in [("table", table), ("codes", codes), *GROUPS]:
            if wanted and name not in wanted:
                continue
            started = time.monotonic()
            run(b)
            problems = b.problems + b.spec.problems
            b.problems, b.spec.problems = [], []
            print(f"{name:<10} {'ok' if not problems else 'FAILED'}  {time.monotonic() - started:.1f} s", *problems, sep="\n  ", flush=True)
            failed += bool(problems)
    finally:
        b.daemon.stop()
        server.stop()
    if not wanted:
        missing = b.spec.unanswered()
        print(f"{'complete':<10} {'ok' if not missing else 'FAILED'}", *missing, sep="\n  ")
        failed += bool(missing)
        print(f"{len(b.spec.seen)} kinds of answers, {len(b.spec.codes_seen)} codes")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.exit(main())
