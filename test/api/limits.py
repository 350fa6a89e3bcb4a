"""Too many requests; and a daemon that must not work."""

from __future__ import annotations

import signal
import sqlite3
import time

from bench import Bench
from daemon import PATIENCE_S, Daemon


def rates(b: Bench) -> None:
    """One a second: after a burst every route says so, to each caller alone."""
    slow = Daemon(b.daemon.folder / "slow", spec=b.spec, api="requests_per_second = 1\npublic_read = true", tls=False)
    slow.start()
    b.daemon, first = slow, b.daemon
    try:
        slow.make_token("admin", "admin")
        slow.make_token("other", "read")
        for path, method, _ in b.spec.operations():
            for _ in range(20):
                if b.ask(method.upper(), "/v1/whoami" if method == "get" else b.fill(path)).status == 429:
                    break
            answer = b.expect("rate-limited", method.upper(), b.fill(path))
            b.must(f"it says when: {answer.headers}", int(answer.headers.get("retry-after", "0")) >= 1)
        b.expect(200, "GET", "/v1/zones", token="other")
        b.expect(200, "GET", "/v1/zones", token="")
        b.expect("token-missing", "GET", "/v1/tokens", token="")
        b.expect(200, "GET", "/v1/ready", token="", unix=True)
        guesses = [b.ask("GET", "/v1/whoami", token=f"tutti_{n}").code for n in range(30)]
        b.must(f"guesses are slowed down: {guesses}", guesses[0] == "token-invalid" and guesses[-1] == "rate-limited")
    finally:
        b.daemon = first
        slow.stop()


def halted(b: Bench) -> None:
    """The clock is behind the data base: it answers, says so, and is not ready."""
    folder = b.daemon.folder / "slow"
    with sqlite3.connect(folder / "tutti.db") as db:
        db.execute("insert into zone values ('x.lab.', 1, 'lab', '{\"signers\":[\"blue\"]}', 'automatic', 0, 0, null, '{\"state\":\"done\"}', null, '[]', null)")
        db.execute("insert into event (zone, at, kind, text, detail) values ('x.lab.', ?, 'seen', 'later', '')", (int((time.time() + 1e6) * 1e6),))
    behind = Daemon(folder, spec=b.spec, tls=False)
    behind.prepare()
    behind.launch()
    b.daemon, first = behind, b.daemon
    try:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                if b.ask("GET", "/v1/health", token="").json["trouble"].startswith("the clock"):
                    break
            except OSError:
                pass
            time.sleep(0.05)
        b.must("it says that it is halted", b.expect(200, "GET", "/v1/health", token="").json["status"] == "halted")
        b.expect("not-ready", "GET", "/v1/ready", token="")
    finally:
        b.daemon = first
        behind.stop(signal.SIGKILL)


def all_of_them(b: Bench) -> None:
    rates(b)
    halted(b)
