#!/usr/bin/python3
"""For page.mjs: lab_call.py DIR OPERATION NAME is one word to the supervisor of a lab; lab_call.py DIR fill N adds N copies
of zone2 to the data base of its daemon, which does not run."""

import sqlite3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from lab.supervisor import call  # noqa: E402

TEMPLATE = "zone2.lab."


def fill(database: Path, copies: int) -> None:
    with sqlite3.connect(database) as db:
        columns = [row[1] for row in db.execute("pragma table_info(zone)")]
        row = db.execute("select * from zone where name = ?", (TEMPLATE,)).fetchone()
        for n in range(copies):
            name = f"z{n:05}.{TEMPLATE}"
            copy = [v.replace(f'"{TEMPLATE}', f'"{name}') if isinstance(v, str) else v for v in row]
            copy[columns.index("name")] = name
            db.execute(f"insert into zone values ({','.join('?' * len(columns))})", copy)


directory, operation, what = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
if operation == "fill":
    fill(directory / "tutti.db", int(what))
else:
    call(directory, operation, name=what)
