"""The staff's door: one JSON object a line over a Unix socket, one line back. For tests and for the curious."""

from __future__ import annotations

import json
import os
import socket
import threading
from pathlib import Path
from typing import Any

from lab.registry.objects import Refused
from lab.registry.publish import Publisher
from lab.registry.server import Fault, Server


class Control:
    def __init__(self, server: Server, publisher: Publisher | None) -> None:
        self.server = server
        self.publisher = publisher

    def do(self, op: str, **a: Any) -> Any:
        registry = self.server.registry
        if op == "domain":         # name, client, ns {host: [addresses]}, sec [{"ds": [...]}, or "key"], ttl {"DS": 60}
            return registry.new_domain(a["name"], a["client"], a.get("ns", {}), a.get("sec", []), a.get("ttl", {}))
        if op == "host":           # name, client, addresses
            return registry.new_host(a["name"], a["client"], a["addresses"])
        if op == "fault":
            return self.server.faults.append(Fault(**a))
        if op == "calm":
            self.server.commands.clear()
            return self.server.faults.clear()
        if op == "commands":
            return self.server.commands
        if op == "lock":
            return registry.lock(a["name"], a.get("add", []), a.get("remove", []), a.get("say", False))
        if op == "decide":
            return registry.decide(a.get("accept", True), a.get("other_id", ""))
        if op == "set":            # options of the server: sessions, idle_s
            return [setattr(self.server.options, k, v) for k, v in a.items()] and None
        if op == "publish":        # paused
            self.publisher.paused = a["paused"]
            return None
        return self.tell(op, a)

    def tell(self, op: str, a: dict) -> Any:
        server, database = self.server, self.server.registry.database
        if op == "show":
            return database.get(a.get("kind", "domain"), a["name"])
        if op == "journal":
            return database.journal()
        if op == "messages":
            return len(database.messages(a["client"]))
        if op == "state":
            return {"sessions": len(server.sessions), "logins": server.logins, "frames": server.frames,
                    "faults": sum(f.times for f in server.faults), "wrong": server.wrong,
                    "rounds": self.publisher.rounds if self.publisher else 0}
        raise Refused(2000, op)

    def answer(self, line: str) -> dict:
        try:
            return {"ok": self.do(**json.loads(line))}
        except (Refused, ValueError, TypeError, KeyError, AttributeError) as error:
            return {"error": f"{type(error).__name__}: {error}"}

    def serve(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        os.chmod(path, 0o600)
        listener.listen(5)
        threading.Thread(target=self.loop, args=(listener,), daemon=True).start()

    def loop(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            with connection, connection.makefile("rw") as stream:
                for line in stream:
                    stream.write(json.dumps(self.answer(line)) + "\n")
                    stream.flush()


def call(path: Path, op: str, **arguments: Any) -> Any:
    """The client of the door."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(json.dumps({"op": op, **arguments}).encode() + b"\n")
        answer = json.loads(connection.makefile().readline())
    if "error" in answer:
        raise Refused(2400, answer["error"])
    return answer["ok"]
