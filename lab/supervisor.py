"""The first process of the lab's namespace: starts and stops the servers, and takes them along when it ends.

It speaks JSON lines on <dir>/supervisor.sock; `call` below is the client. It knows processes, not
DNS: whether a server answers is asked by whoever started it.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from lab import namespace

STOP_PATIENCE_S = 15.0     # machines that compile beside a lab are slow


class SupervisorError(Exception):
    """The supervisor refused or is not there."""


def call(directory: Path, op: str, **arguments: Any) -> Any:
    """Asks the supervisor of the lab in `directory` to do one thing and returns its answer."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(directory / "supervisor.sock"))
        except OSError as error:
            raise SupervisorError(f"no lab is running in {directory} ({error.strerror})") from None
        connection.sendall(json.dumps({"op": op, **arguments}).encode() + b"\n")
        reply = connection.makefile().readline()
    if not reply:
        raise SupervisorError(f"the lab in {directory} ended during `{op}`")
    answer = json.loads(reply)
    if "error" in answer:
        raise SupervisorError(answer["error"])
    return answer["ok"]


def lease(directory: Path) -> socket.socket:
    """Ties the lab's life to the caller's: when the returned socket closes, the lab goes down."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(directory / "supervisor.sock"))
    connection.sendall(b'{"op": "lease"}\n')
    return connection


@dataclass
class Child:
    argv: list[str]
    pid: int = 0
    state: str = "stopped"           # running, hung, stopped, ended
    returncode: int | None = None
    started: float = 0.0
    cut: list[str] = field(default_factory=list)   # [source, destination] while a secondary is frozen


class Supervisor:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.children: dict[str, Child] = {}
        self.ending = False

    # What a client may ask for; each method is one operation.

    def do_spawn(self, name: str, argv: list[str]) -> int:
        """Starts a process under a name and remembers how, so that `start` can do it again."""
        known = self.children.get(name)
        if known and known.state in ("running", "hung"):
            raise SupervisorError(f"{name} is running already")
        child = Child(argv, cut=known.cut if known else [])
        self.children[name] = child
        home = self.directory / name
        home.mkdir(exist_ok=True)
        pid_file = home / "pid"

        def note_pid() -> None:
            pid_file.write_text(f"{namespace.outer_pid()}\n")

        with open(home / "log", "ab") as log:
            process = subprocess.Popen(argv, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True, preexec_fn=note_pid)
        process.returncode = 0       # reaped by `reap`, not by Popen
        child.pid, child.state, child.started = process.pid, "running", time.time()
        return int(pid_file.read_text())

    def do_start(self, name: str) -> int:
        return self.do_spawn(name, self.child(name).argv)

    def do_stop(self, name: str) -> None:
        """Ends a process politely, and after a while not so."""
        self.end(name, signal.SIGTERM)

    def do_kill(self, name: str) -> None:
        self.end(name, signal.SIGKILL)

    def do_hang(self, name: str) -> None:
        """The process stays, its port stays, but nothing is answered."""
        self.signal_group(name, signal.SIGSTOP)
        self.child(name).state = "hung"

    def do_freeze(self, name: str, source: str, destination: str) -> None:
        """A secondary goes on answering with what it has, and hears nothing new from its primary."""
        child = self.child(name)
        if not child.cut:
            namespace.cut(source, destination)
            child.cut = [source, destination]

    def do_thaw(self, name: str) -> None:
        child = self.child(name)
        if child.cut:
            namespace.mend(*child.cut)
            child.cut = []
        if child.state == "hung":
            self.signal_group(name, signal.SIGCONT)
            child.state = "running"

    def do_status(self) -> dict[str, Any]:
        return {name: {"state": c.state, "frozen": bool(c.cut), "returncode": c.returncode,
                       "started": c.started} for name, c in self.children.items()}

    def do_ping(self) -> int:
        return namespace.outer_pid()

    def do_shutdown(self) -> None:
        """Ends everything: politely first, so that databases are closed and logs are whole."""
        self.ending = True
        for name, child in self.children.items():
            if child.state == "hung":
                self.do_thaw(name)
        self.send_all(signal.SIGTERM)
        deadline = time.monotonic() + STOP_PATIENCE_S
        while any(c.state == "running" for c in self.children.values()) and time.monotonic() < deadline:
            self.reap()
            time.sleep(0.02)
        self.send_all(signal.SIGKILL)

    # How it is done.

    def child(self, name: str) -> Child:
        if name not in self.children:
            raise SupervisorError(f"no server is called {name}; there are: {' '.join(sorted(self.children))}")
        return self.children[name]

    def signal_group(self, name: str, number: signal.Signals) -> None:
        child = self.child(name)
        if child.state not in ("running", "hung"):
            raise SupervisorError(f"{name} is not running")
        os.killpg(child.pid, number)

    def send_all(self, number: signal.Signals) -> None:
        for name, child in self.children.items():
            if child.state == "running":
                try:
                    self.signal_group(name, number)
                except ProcessLookupError:
                    pass

    def end(self, name: str, number: signal.Signals) -> None:
        child = self.child(name)
        if child.state not in ("running", "hung"):
            return
        self.signal_group(name, signal.SIGCONT)
        self.signal_group(name, number)
        deadline = time.monotonic() + STOP_PATIENCE_S
        while child.state == "running" or child.state == "hung":
            self.reap()
            if time.monotonic() > deadline:
                self.signal_group(name, signal.SIGKILL)
                deadline += STOP_PATIENCE_S
            time.sleep(0.01)
        child.state = "stopped"

    def reap(self) -> None:
        """Collects ended processes; as first process of the namespace, also those that nobody owns."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for name, child in self.children.items():
                if child.pid == pid and child.state != "ended":
                    child.state, child.returncode = "ended", os.waitstatus_to_exitcode(status)
                    print(f"{time.time():.3f} {name} ended with {child.returncode}", flush=True)

    def handle(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            operation = getattr(self, f"do_{request.pop('op')}")
            return {"ok": operation(**request)}
        except (SupervisorError, OSError, ValueError, TypeError, AttributeError) as error:
            return {"error": str(error)}

    def serve(self) -> None:
        selector = selectors.DefaultSelector()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.directory / "supervisor.sock"))
        listener.listen(16)
        selector.register(listener, selectors.EVENT_READ, "listen")
        wake_read, wake_write = socket.socketpair()
        wake_write.setblocking(False)
        signal.set_wakeup_fd(wake_write.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self.do_shutdown())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        selector.register(wake_read, selectors.EVENT_READ, "wake")
        while not self.ending:
            for key, _ in selector.select():
                if key.data == "listen":
                    connection, _ = listener.accept()
                    selector.register(connection, selectors.EVENT_READ, "client")
                elif key.data == "wake":
                    wake_read.recv(64)
                    self.reap()
                else:
                    self.answer(selector, key.fileobj, key.data)

    def answer(self, selector: selectors.BaseSelector, connection: Any, kind: str) -> None:
        line = connection.recv(65536)
        if line.startswith(b'{"op": "lease"}'):
            selector.modify(connection, selectors.EVENT_READ, "lease")
            return
        if line:
            try:
                connection.sendall(json.dumps(self.handle(line)).encode() + b"\n")
            except BrokenPipeError:
                pass
        selector.unregister(connection)
        connection.close()
        if kind == "lease":
            print("the owner of this lab is gone: going down", flush=True)
            self.do_shutdown()


def main() -> None:
    directory = Path(sys.argv[1])
    namespace.configure(sys.argv[2:])
    (directory / "supervisor.pid").write_text(f"{namespace.outer_pid()}\n")
    Supervisor(directory).serve()
    (directory / "supervisor.sock").unlink(missing_ok=True)
    (directory / "supervisor.pid").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
