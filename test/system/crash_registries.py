"""Registries for parent_crash.py: each says what the agent is told of it, what it has, and how often it was changed."""

from __future__ import annotations

import json
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.update

from lab.registry import control
from lab.registry.objects import Refused

if TYPE_CHECKING:
    from parent_crash import World

# Answers of the registry: what `tutti` reads and asks for. A change takes a while before and after it is made, so that
# a kill meets it at every stage. It is made only as long as whoever asked for it is alive: an orphan would be a second
# hand that writes, of which the test could not tell whose it was.
COMMAND = r'''
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


class Registry(Protocol):
    def fill(self, world: World) -> str:
        """Back to the state before any change; the section [parent.registry] of the agent."""

    def ds(self, name: str) -> list[str]: ...

    def changes(self, name: str) -> int: ...

    def stop(self) -> None: ...


class Command:
    """A command that keeps one file for each child. Mode: plain, busy (it fails before), lost (it fails after)."""

    def __init__(self, folder: Path, mode: str) -> None:
        self.folder, self.mode = folder / "state", mode
        self.script = folder / "registry.py"

    def fill(self, world: World) -> str:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.script.write_text(COMMAND)
        for name in world.names:
            ns = f"ns1.{name}."
            (self.folder / name).write_text(json.dumps({
                "ns": [ns], "ds": [world.ds(name, "SHA384")], "glue": [{"host": ns, "addresses": ["127.0.0.1"]}],
                "changes": 0}))
        return (f'driver = "exec"\nservers = ["{world.server}"]\n'
                f'command = "exec /usr/bin/python3 {self.script} {self.folder} {self.mode}"\n')

    def state(self, name: str) -> dict:
        return json.loads((self.folder / name).read_text())

    def ds(self, name: str) -> list[str]:
        return self.state(name)["ds"]

    def changes(self, name: str) -> int:
        return self.state(name)["changes"]

    def stop(self) -> None:
        pass


class Update:
    """The zone itself, in the knotd that has the children too. Its journal (IXFR) has every change that was made."""

    def __init__(self) -> None:
        self.zone = dns.name.from_text("test.")
        self.serial = 0

    def fill(self, world: World) -> str:
        self.world = world
        back = dns.update.UpdateMessage(self.zone, keyring={world.key_name: world.key})
        for name in world.names:
            back.replace(name + ".", 300, "DS", world.ds(name, "SHA384"))
        answer = dns.query.tcp(back, "127.0.0.1", port=world.port, timeout=10)
        if answer.rcode() != dns.rcode.NOERROR:
            raise SystemExit(f"the zone could not be set back: {answer}")
        self.serial = self.soa()
        key = world.folder / "update.secret"
        key.touch(mode=0o600)
        key.write_text(world.secret + "\n")
        return (f'driver = "rfc2136"\nzone = "test."\nservers = ["{world.server}"]\nupdate = "{world.server}"\n'
                f'tsig = {{ name = "agent.", algorithm = "hmac-sha256", secret = {{ file = "{key}" }} }}\n')

    def soa(self) -> int:
        found = self.world.ask("test.", "SOA")
        if found is None:
            raise SystemExit("knotd does not answer for test.")
        return found[0].serial

    def ds(self, name: str) -> list[str]:
        found = self.world.ask(name, "DS")
        return [r.to_text().lower() for r in found] if found else []

    def changes(self, name: str) -> int:
        """In how many steps of the journal DS were added there."""
        question = dns.message.make_query(self.zone, "IXFR")
        question.authority.append(dns.rrset.from_text("test.", 0, "IN", "SOA", f". . {self.serial} 0 0 0 0"))
        records = [(rrset.name, rr) for message in self.transfer(question) for rrset in message.answer for rr in rrset]
        count, soas, seen = 0, 0, False
        for owner, record in records[1:]:
            if record.rdtype == dns.rdatatype.SOA:     # old, new, old, new ...: after a new one stands what was added
                soas += 1
                seen = False
            elif soas % 2 == 0 and record.rdtype == dns.rdatatype.DS and owner == dns.name.from_text(name):
                count += not seen
                seen = True
        return count

    def transfer(self, question: dns.message.Message) -> list[dns.message.Message]:
        """The messages of a transfer, until the serial that it began with ends it."""
        out: list[dns.message.Message] = []
        last, ends = None, 0
        with socket.create_connection(("127.0.0.1", self.world.port), timeout=10) as stream:
            dns.query.send_tcp(stream, question)
            while True:
                message, _ = dns.query.receive_tcp(stream, one_rr_per_rrset=True)
                out.append(message)
                for rrset in message.answer:
                    if rrset.rdtype == dns.rdatatype.SOA:
                        last = rrset[0].serial if last is None else last
                        ends += rrset[0].serial == last
                if ends >= 3 or (len(message.answer) == 1 and ends == 1):
                    return out

    def stop(self) -> None:
        pass


class Epp:
    """The test registry, which keeps a journal of every change that was made."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder / "registry", port
        self.process: subprocess.Popen | None = None

    def call(self, op: str, **arguments: object) -> object:
        return control.call(self.folder / "control.sock", op, **arguments)

    def fill(self, world: World) -> str:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        password = secrets.token_hex(8)
        for file, text in (("password", password), ("accounts", f"agent:{password}")):
            (self.folder / file).touch(mode=0o600)
            (self.folder / file).write_text(text + "\n")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lab.registry", str(self.folder), "--port", str(self.port), "--account-file",
             str(self.folder / "accounts"), "--sessions", "40", "--zone", "test."], cwd=Path(__file__).resolve().parents[2],
            stdout=subprocess.DEVNULL, stderr=(self.folder / "log").open("w"))
        self.wait()
        for name in world.names:
            self.call("host", name=f"ns1.{name}", client="agent", addresses=["127.0.0.1"])
            tag, algorithm, digest_type, digest = world.ds(name, "SHA384").split()
            self.call("domain", name=name, client="agent", ns={f"ns1.{name}": []},
                      sec=[{"ds": [int(tag), int(algorithm), int(digest_type), digest.upper()], "key": None}])
        return f"""driver = "epp"
zone = "test."
servers = ["{world.server}"]
[parent.registry.epp]
server = "127.0.0.1:{self.port}"
client = "agent"
password = {{ file = "{self.folder}/password" }}
ca = "{self.folder}/ca.pem"
certificate = "{self.folder}/client.pem"
key = {{ file = "{self.folder}/client.key" }}
"""

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                self.call("state")
                return
            except (OSError, Refused, ValueError):
                if time.monotonic() > deadline:
                    raise SystemExit(f"the test registry does not answer: see {self.folder}/log") from None
                time.sleep(0.1)

    def ds(self, name: str) -> list[str]:
        shown = self.call("show", name=name)
        return [" ".join(str(x) for x in s["ds"]).lower() for s in shown["sec"]]

    def changes(self, name: str) -> int:
        return sum(e["verb"] == "update" and e["kind"] == "domain" and e["name"] == name for e in self.call("journal"))

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None
