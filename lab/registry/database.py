"""What the registry knows, on disk: domains, hosts, messages, what is pending, and a journal of every change made."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS object (kind TEXT, name TEXT, data TEXT, PRIMARY KEY (kind, name));
CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY AUTOINCREMENT, client TEXT, at TEXT, data TEXT);
CREATE TABLE IF NOT EXISTS pending (server_id TEXT PRIMARY KEY, client TEXT, client_id TEXT, name TEXT, data TEXT);
CREATE TABLE IF NOT EXISTS journal (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT, client TEXT, client_id TEXT,
                                    verb TEXT, kind TEXT, name TEXT, change TEXT);
"""


class Database:
    """One connection, one writer at a time; what is in a transaction is there wholly or not at all."""

    def __init__(self, path: Path) -> None:
        self.lock = threading.RLock()
        self.connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self.lock:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def rows(self, sql: str, *values: Any) -> list[tuple]:
        with self.lock:
            return self.connection.execute(sql, values).fetchall()

    def get(self, kind: str, name: str) -> dict | None:
        found = self.rows("SELECT data FROM object WHERE kind=? AND name=?", kind, name)
        return json.loads(found[0][0]) if found else None

    def all(self, kind: str) -> dict[str, dict]:
        rows = self.rows("SELECT name, data FROM object WHERE kind=? ORDER BY name", kind)
        return {name: json.loads(data) for name, data in rows}

    def put(self, kind: str, name: str, data: dict) -> None:
        self.rows("INSERT OR REPLACE INTO object VALUES (?, ?, ?)", kind, name, json.dumps(data))

    def delete(self, kind: str, name: str) -> None:
        self.rows("DELETE FROM object WHERE kind=? AND name=?", kind, name)

    def note(self, at: str, client: str, client_id: str, verb: str, kind: str, name: str, change: Any) -> None:
        self.rows("INSERT INTO journal (at, client, client_id, verb, kind, name, change) VALUES (?, ?, ?, ?, ?, ?, ?)",
                  at, client, client_id, verb, kind, name, json.dumps(change))

    def journal(self) -> list[dict]:
        keys = ("at", "client", "client_id", "verb", "kind", "name", "change")
        rows = self.rows("SELECT at, client, client_id, verb, kind, name, change FROM journal ORDER BY id")
        return [dict(zip(keys, row[:-1] + (json.loads(row[-1]),))) for row in rows]

    def post(self, client: str, at: str, data: dict) -> None:
        self.rows("INSERT INTO message (client, at, data) VALUES (?, ?, ?)", client, at, json.dumps(data))

    def messages(self, client: str) -> list[tuple[int, str, dict]]:
        rows = self.rows("SELECT id, at, data FROM message WHERE client=? ORDER BY id", client)
        return [(i, at, json.loads(data)) for i, at, data in rows]
