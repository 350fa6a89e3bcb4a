#!/usr/bin/python3
"""`tutti parent serve` is killed again and again while it changes a registry: nothing is lost, nothing is done twice.

Children signed by a real knotd ask for another DS. The registry is a command that keeps one file for each child and
writes down every time that it is asked to change one. One line for each case.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import dns.dnssec
import dns.exception
import dns.message
import dns.query
import dns.rdatatype

REPOSITORY = Path(__file__).resolve().parents[2]
PORT = 5391
CHILDREN = 24
PATIENCE_S = 150

# Answers of the registry: what `tutti` reads and asks for. A change takes a while before and after it is made, so that
# a kill meets it at every stage. It is made only as long as whoever asked for it is alive: an orphan would be a second
# hand that writes, of which the test could not tell whose it was.
REGISTRY = r'''
import fcntl, json, os, random, sys, time
folder, mode = sys.argv[1], sys.argv[2]
parent = os.getppid()
request = json.load(sys.stdin)
path = os.path.join(folder, request["child"].rstrip("."))
with open(path + ".lock", "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    state = json.load(open(path))
    if request["action"] == "read":
        print(json.dumps({k: state[k] for k in ("ns", "ds", "glue")}))
        sys.exit()
    time.sleep(random.uniform(0, 0.06))
    if os.getppid() != parent:
        sys.exit(1)
    change = request["change"]
    if mode == "busy" and random.random() < 0.3:
        sys.exit(3)
    for part in (change, request["expected"], state):
        for key in part:
            if key.startswith("ds") and key != "ds_ttl":
                part[key] = [d.lower() for d in part[key]]
    if sorted(state["ds"]) != sorted(request["expected"]["ds"]):
        print(json.dumps({"state": "conflict", "text": "it has other DS now"}))
        sys.exit()
    state["ds"] = sorted([d for d in state["ds"] if d not in change["ds_remove"]] + change["ds_add"])
    state["changes"] += 1
    with open(path + ".new", "w") as f:
        json.dump(state, f)
    os.rename(path + ".new", path)
    if mode == "lost" and random.random() < 0.5:
        sys.exit(4)
time.sleep(random.uniform(0, 0.06))
print(json.dumps({"state": "done", "text": "made"}))
'''


class World:
    """A knotd with signed children, and a registry that has the SHA-384 DS of their keys; they ask for SHA-256."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names = [f"c{i}.test" for i in range(CHILDREN)]
        shutil.rmtree(folder, ignore_errors=True)
        for part in ("zones", "keys", "run"):
            (folder / part).mkdir(parents=True)
        (folder / "registry.py").write_text(REGISTRY)

    def start(self) -> None:
        zones = ""
        for name in self.names:
            (self.folder / "zones" / f"{name}.zone").write_text(
                f"@ 300 SOA ns1 hostmaster 1 3600 600 86400 300\n@ 300 NS ns1\nns1 300 A 127.0.0.1\n")
            zones += f"  - domain: {name}\n"
        (self.folder / "knot.conf").write_text(f"""
server:
    rundir: {self.folder}/run
    listen: 127.0.0.1@{PORT}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: {self.folder}/knot.log
    any: info
database:
    storage: {self.folder}/keys
policy:
  - id: p
    single-type-signing: on
    cds-cdnskey-publish: always
template:
  - id: default
    storage: {self.folder}/zones
    file: "%s.zone"
    zonefile-load: difference
    zonefile-sync: -1
    journal-content: all
    dnssec-signing: on
    dnssec-policy: p
zone:
{zones}""")
        self.server = subprocess.Popen(["knotd", "-c", str(self.folder / "knot.conf")], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        self.keys = {}
        while len(self.keys) < len(self.names):
            for name in self.names:
                if name not in self.keys and (keys := self.ask(name, "DNSKEY")) and self.ask(name, "CDS"):
                    self.keys[name] = list(keys)[0]
            if time.monotonic() > deadline:
                raise SystemExit("knotd does not serve its zones: see " + str(self.folder / "knot.log"))
            time.sleep(0.05)

    def ask(self, name: str, rdtype: str) -> dns.rrset.RRset | None:
        try:
            answer = dns.query.tcp(dns.message.make_query(name, rdtype), "127.0.0.1", port=PORT, timeout=1)
        except (OSError, dns.exception.DNSException):
            return None
        found = [r for r in answer.answer if r.rdtype == dns.rdatatype.from_text(rdtype)]
        return found[0] if found else None

    def ds(self, name: str, digest: str) -> str:
        return dns.dnssec.make_ds(name + ".", self.keys[name], digest).to_text().lower()

    def fill(self, mode: str) -> None:
        """The registry as it was before any change, and what the agent is told."""
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        (self.folder / "state").mkdir()
        lines = ""
        for name in self.names:
            ns, old = f"ns1.{name}.", self.ds(name, "SHA384")
            (self.folder / "state" / name).write_text(json.dumps(
                {"ns": [ns], "ds": [old], "glue": [{"host": ns, "addresses": ["127.0.0.1"]}], "changes": 0}))
            lines += f"{name}. NS {ns} 127.0.0.1\n{name}. DS {old}\n"
        (self.folder / "list").write_text(lines)
        for old in self.folder.glob("parent.db*"):
            old.unlink()
        (self.folder / "tutti.toml").write_text(f"""
[parent.exec]
driver = "exec"
servers = ["127.0.0.1:{PORT}"]
command = "exec /usr/bin/python3 {self.folder}/registry.py {self.folder}/state {mode}"
[parent-agent]
zone = "test."
registry = "exec"
database = "parent.db"
list = "list"
lookup = false
interval = "4s"
messages = "1s"
set = ["backoff=1s,2s,4s", "csync=no", "cds_digest_types=2,4"]
allow_addresses = ["127.0.0.0/8"]
submitters = 3
[parent-agent.scan]
port = {PORT}
""")

    def state(self, name: str) -> dict:
        return json.loads((self.folder / "state" / name).read_text())

    def left(self) -> list[str]:
        return [n for n in self.names if [d.lower() for d in self.state(n)["ds"]] != [self.ds(n, "SHA256")]]

    def stop(self) -> None:
        self.server.terminate()
        self.server.wait()


class Agent:
    def __init__(self, world: World, tutti: Path) -> None:
        self.command = [str(tutti), "parent", "serve", "--config", str(world.folder / "tutti.toml")]
        self.log = open(world.folder / "agent.log", "ab")

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)

    def kill(self) -> None:
        if self.process.poll() is not None:
            raise SystemExit(f"the agent ended by itself with {self.process.returncode}: see its log")
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def log_of(world: World, tutti: Path) -> list[dict]:
    out = subprocess.run([str(tutti), "parent", "log", "-n", "100000", "-o", "json", "--config",
                          str(world.folder / "tutti.toml")], capture_output=True, text=True, check=True)
    return json.loads(out.stdout)["entries"]


def done_in(entries: list[dict]) -> set[str]:
    return {e["child"].rstrip(".") for e in entries if e["kind"] == "done"}


def case(world: World, tutti: Path, mode: str, kills: bool) -> list[str]:
    world.fill(mode)
    agent = Agent(world, tutti)
    deadline = time.monotonic() + PATIENCE_S
    count = 0
    agent.start()
    while world.left() and time.monotonic() < deadline:
        time.sleep(random.uniform(0.05, 1.2) if kills else 0.1)
        if kills:
            agent.kill()
            count += 1
            agent.start()
    settled = time.monotonic() + 20          # what is still written down is settled
    while time.monotonic() < settled and len(done_in(log_of(world, tutti))) < len(world.names):
        time.sleep(0.5)
    agent.kill()
    problems = [f"{n} was never changed" for n in world.left()]
    problems += [f"{n} was changed {c} times" for n in world.names if (c := world.state(n)["changes"]) != 1]
    entries = log_of(world, tutti)
    done = done_in(entries)
    problems += [f"{n}: the log does not say that it was done" for n in world.names if n not in done]
    problems += [f"{e['child']}: taken for a change by another hand" for e in entries
                 if e["kind"] in ("changed", "suspended")]
    if kills and count < 3:              # how many there are depends on how quick the machine is
        problems.append(f"only {count} kills")
    name = f"{mode}, killed {count} times" if kills else f"{mode}, not killed"
    print(f"{'FAIL' if problems else 'ok  '} {name}: {len(world.names)} changes, {len(entries)} entries", flush=True)
    for p in problems:
        print(f"     {p}", flush=True)
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tutti", type=Path, default=REPOSITORY / "build" / "release" / "tutti")
    parser.add_argument("--dir", type=Path, default=REPOSITORY / "build" / "parent-crash")
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    world = World(arguments.dir.resolve())
    try:
        world.start()
        problems = case(world, arguments.tutti, "plain", False)
        for mode in ("plain", "busy", "lost"):
            problems += case(world, arguments.tutti, mode, True)
    finally:
        world.stop()
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
