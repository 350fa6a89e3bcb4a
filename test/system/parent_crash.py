#!/usr/bin/python3
"""`tutti parent serve` is killed again and again while it changes a registry: nothing is lost, nothing is done twice.

Children signed by a real knotd ask for another DS. The registry is a command, a zone with dynamic update, or the test
registry with EPP; each has its own record of every change that was made (crash_registries.py). In the last case no
child has its turn: each sends one NOTIFY, and what was answered with NOERROR must come to be. One line for each case.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import dns.dnssec
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsig

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY)]

from crash_registries import Command, Epp, Registry, Update  # noqa: E402

PORT, NOTIFY_PORT, EPP_PORT = 5391, 5392, 5393
CHILDREN = 16
PATIENCE_S = 150
SETTLE_S = 90           # on a busy machine each run of the command takes seconds
MOST_KILLS = 25         # then it may end its work: on a busy machine it hardly gets to any between two kills

class World:
    """A knotd with signed children and their parent zone; the registry has the SHA-384 DS of their keys; they ask for
    SHA-256."""

    port, server = PORT, f"127.0.0.1:{PORT}"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names = [f"c{i}.test" for i in range(CHILDREN)]
        self.key_name, self.secret = dns.name.from_text("agent."), base64.b64encode(secrets.token_bytes(32)).decode()
        self.key = dns.tsig.Key(self.key_name, self.secret, "hmac-sha256")
        shutil.rmtree(folder, ignore_errors=True)
        for part in ("zones", "keys", "run"):
            (folder / part).mkdir(parents=True)

    def start(self) -> None:
        zones = "  - domain: test\n    template: parent\n"
        (self.folder / "zones" / "test.zone").write_text(
            "@ 300 SOA ns.test. hostmaster.test. 1 3600 600 86400 300\n@ 300 NS ns.test.\nns.test. 300 A 127.0.0.1\n" +
            "".join(f"{n}. 300 NS ns1.{n}.\nns1.{n}. 300 A 127.0.0.1\n" for n in self.names))
        for name in self.names:
            (self.folder / "zones" / f"{name}.zone").write_text(
                "@ 300 SOA ns1 hostmaster 1 3600 600 86400 300\n@ 300 NS ns1\nns1 300 A 127.0.0.1\n")
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
key:
  - id: agent.
    algorithm: hmac-sha256
    secret: {self.secret}
acl:
  - id: agent
    key: agent.
    action: update
  - id: anybody
    address: 127.0.0.1
    action: transfer
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
  - id: parent
    storage: {self.folder}/zones
    file: "%s.zone"
    journal-content: all
    journal-max-depth: 1000
    zonefile-sync: -1
    acl: [agent, anybody]
zone:
{zones}""")
        self.process = subprocess.Popen(["knotd", "-c", str(self.folder / "knot.conf")], stdout=subprocess.DEVNULL,
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

    def fill(self, registry: Registry, notified: bool) -> None:
        """The registry as it was before any change, and what the agent is told."""
        section = registry.fill(self)
        (self.folder / "list").write_text("".join(
            f"{n}. NS ns1.{n}. 127.0.0.1\n{n}. DS {self.ds(n, 'SHA384')}\n" for n in self.names))
        for old in self.folder.glob("parent.db*"):
            old.unlink()
        (self.folder / "tutti.toml").write_text(f"""
[parent-agent]
zone = "test."
registry = "registry"
database = "parent.db"
list = "list"
lookup = false
interval = "{'100d' if notified else '4s'}"
messages = "1s"
set = ["backoff=1s,2s,4s", "csync=no", "cds_digest_types=2,4"]
allow_addresses = ["127.0.0.0/8"]
submitters = 3
[parent-agent.scan]
port = {PORT}
[parent-agent.notify]
listen = ["127.0.0.1:{NOTIFY_PORT}"]
target = "agent.test."
per_source = 6000
per_zone = 600
[parent.registry]
{section}""")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


class Agent:
    def __init__(self, world: World, tutti: Path) -> None:
        self.command = [str(tutti), "parent", "serve", "--config", str(world.folder / "tutti.toml")]
        self.log = open(world.folder / "agent.log", "ab")

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)

    def kill(self) -> None:
        if self.process.poll() is not None:
            raise SystemExit(f"the agent ended by itself with {self.process.returncode}: see {self.log.name}")
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def notify(self, name: str) -> bool:
        """One NOTIFY(CDS), until it has an answer other than SERVFAIL (come again); whether that was NOERROR."""
        message = dns.message.make_query(name + ".", "CDS", flags=dns.flags.AA)
        message.set_opcode(dns.opcode.NOTIFY)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                code = dns.query.udp(message, "127.0.0.1", port=NOTIFY_PORT, timeout=0.3).rcode()
                if code != dns.rcode.SERVFAIL:
                    return code == dns.rcode.NOERROR
            except (OSError, dns.exception.DNSException):
                pass
            time.sleep(0.02)
        raise SystemExit(f"the agent does not answer a NOTIFY: see {self.log.name}")


def log_of(world: World, tutti: Path) -> list[dict]:
    out = subprocess.run([str(tutti), "parent", "log", "-n", "100000", "-o", "json", "--config",
                          str(world.folder / "tutti.toml")], capture_output=True, text=True, check=True)
    return json.loads(out.stdout)["entries"]


def done_in(entries: list[dict]) -> set[str]:
    return {e["child"].rstrip(".") for e in entries if e["kind"] == "done"}


def play(world: World, registry: Registry, agent: Agent, kills: bool, notified: bool) -> int:
    """Until every child has what it asks for, or patience ends; how often the agent was killed."""
    deadline = time.monotonic() + PATIENCE_S
    count = 0
    silent = list(world.names) if notified else []
    agent.start()
    while time.monotonic() < deadline and left(world, registry):
        for name in silent[:random.randint(1, 4)]:
            if not agent.notify(name):
                raise SystemExit(f"a NOTIFY for {name} was refused")
            silent.remove(name)
        alive = not kills or count >= MOST_KILLS
        time.sleep(0.1 if alive else random.uniform(0, 0.3) if silent else random.uniform(0.05, 1.2))
        if not alive:
            agent.kill()
            count += 1
            agent.start()
    return count


def left(world: World, registry: Registry) -> list[str]:
    return [n for n in world.names if [d.lower() for d in registry.ds(n)] != [world.ds(n, "SHA256")]]


def case(world: World, tutti: Path, what: str, registry: Registry, kills: bool = True, notified: bool = False) -> list[str]:
    world.fill(registry, notified)
    agent = Agent(world, tutti)
    try:
        count = play(world, registry, agent, kills, notified)
    except BaseException:
        agent.process.kill()     # whatever is wrong, no agent stays behind
        raise
    settled = time.monotonic() + SETTLE_S    # what is still written down is settled
    while time.monotonic() < settled and len(done_in(log_of(world, tutti))) < len(world.names):
        time.sleep(0.5)
    agent.kill()
    problems = [f"{n} was never changed" for n in left(world, registry)]
    problems += [f"{n} was changed {c} times" for n in world.names if (c := registry.changes(n)) != 1]
    entries = log_of(world, tutti)
    done = done_in(entries)
    problems += [f"{n}: the log does not say that it was done" for n in world.names if n not in done]
    problems += [f"{e['child']}: taken for a change by another hand" for e in entries
                 if e["kind"] in ("changed", "suspended")]
    if kills and count < 3:              # how many there are depends on how quick the machine is
        problems.append(f"only {count} kills")
    name = f"{what}, killed {count} times" if kills else f"{what}, not killed"
    print(f"{'FAIL' if problems else 'ok  '} {name}: {len(world.names)} changes, {len(entries)} entries", flush=True)
    for p in problems:
        print(f"     {p}", flush=True)
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tutti", type=Path, default=REPOSITORY / "build" / "release" / "tutti")
    parser.add_argument("--dir", type=Path, default=REPOSITORY / "build" / "parent-crash")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", nargs="*", default=[], help="these cases only")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    world = World(arguments.dir.resolve())
    update, epp = Update(), Epp(world.folder, EPP_PORT)
    cases = {"plain-unharmed": (Command(world.folder, "plain"), False, False)}
    cases |= {mode: (Command(world.folder, mode), True, False) for mode in ("plain", "busy", "lost")}
    cases |= {"update": (update, True, False), "epp": (epp, True, False), "notify": (update, True, True)}
    problems = []
    try:
        world.start()
        for what, (registry, kills, notified) in cases.items():
            if not arguments.only or what in arguments.only:
                problems += case(world, arguments.tutti, what, registry, kills, notified)
    finally:
        world.stop()
        epp.stop()
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
