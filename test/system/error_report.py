#!/usr/bin/python3
"""Error reports (RFC 9567): a child that asks for something wrong, and named an agent in its NOTIFY, is told by a query.

A knotd signs the child and has the agent's zone; the registry's DS is of no key of the child. The reports go through a
real Unbound, whose log tells which came. An agent that is not at or below a name server of the child hears nothing.
"""

from __future__ import annotations

import argparse
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode

REPOSITORY = Path(__file__).resolve().parents[2]
KNOT_PORT, NOTIFY_PORT, UNBOUND_PORT = 5394, 5395, 5396
REPORT_CHANNEL = 18                       # EDNS option
CHILDREN = ("good.lab", "foreign.lab")    # the second one names an agent that is none of its own
PATIENCE_S = 30


def write(folder: Path) -> None:
    zones = {f"{child}.zone": "@ 300 SOA ns1 hostmaster 1 3600 600 86400 300\n@ 300 NS ns1\nns1 300 A 127.0.0.1\n"
             for child in CHILDREN}
    zones["er.ns1.good.lab.zone"] = ("@ 300 SOA ns hostmaster 1 3600 600 86400 300\n@ 300 NS ns\nns 300 A 127.0.0.1\n"
                                     "*._er 0 TXT \"\"\n")     # not cached: each report is to be seen
    (folder / "zones").mkdir(parents=True)
    for name, text in zones.items():
        (folder / "zones" / name).write_text(text)
    (folder / "knot.conf").write_text(f"""
server:
    rundir: {folder}
    listen: 127.0.0.1@{KNOT_PORT}
log:
  - target: {folder}/knot.log
    any: info
database:
    storage: {folder}
policy:
  - id: p
    single-type-signing: on
    cds-cdnskey-publish: always
template:
  - id: default
    storage: {folder}/zones
    file: "%s.zone"
    zonefile-sync: -1
    zonefile-load: difference
    journal-content: all
zone:
  - domain: er.ns1.good.lab
""" + "".join(f"  - domain: {child}\n    dnssec-signing: on\n    dnssec-policy: p\n" for child in CHILDREN))
    (folder / "unbound.conf").write_text(f"""
server:
    interface: 127.0.0.1@{UNBOUND_PORT}
    do-daemonize: no
    use-syslog: no
    chroot: ""
    username: ""
    pidfile: ""
    logfile: "{folder}/unbound.log"
    log-queries: yes
    do-not-query-localhost: no
    module-config: "iterator"
""" + "".join(f'stub-zone:\n    name: "{zone}"\n    stub-addr: 127.0.0.1@{KNOT_PORT}\n'
              for zone in (*CHILDREN, "er.ns1.good.lab")))
    # Nothing below it is asked for: all that is here is insecure, and that is no fault.
    (folder / "anchor").write_text(f"elsewhere. 300 IN DS 1 13 2 {secrets.token_hex(32)}\n")
    (folder / "list").write_text("".join(
        f"{child}. NS ns1.{child}. 127.0.0.1\n{child}. DS 1 13 2 {secrets.token_hex(32)}\n" for child in CHILDREN))
    (folder / "tutti.toml").write_text(f"""
[parent-agent]
zone = "lab."
registry = "registry"
database = "parent.db"
list = "list"
resolver = "127.0.0.1:{UNBOUND_PORT}"
trust_anchor = "anchor"
interval = "100d"
set = ["csync=no"]
allow_addresses = ["127.0.0.0/8"]
[parent-agent.scan]
port = {KNOT_PORT}
[parent-agent.notify]
listen = ["127.0.0.1:{NOTIFY_PORT}"]
target = "agent.lab."
[parent.registry]
driver = "exec"
command = "/bin/false"
servers = ["127.0.0.1"]
""")


def asked(port: int, message: dns.message.Message, what: str) -> dns.message.Message:
    """The answer, as soon as there is one that is not SERVFAIL (come again)."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            answer = dns.query.udp(message, "127.0.0.1", port=port, timeout=0.3)
            if answer.rcode() != dns.rcode.SERVFAIL:
                return answer
        except (OSError, dns.exception.DNSException):
            pass
        time.sleep(0.05)
    raise SystemExit(f"{what} does not answer")


def notify(child: str, agent: str) -> int:
    message = dns.message.make_query(child + ".", "CDS", flags=dns.flags.AA)
    message.set_opcode(dns.opcode.NOTIFY)
    message.use_edns(options=[dns.edns.GenericOption(REPORT_CHANNEL, dns.name.from_text(agent).to_wire())])
    return asked(NOTIFY_PORT, message, "the agent").rcode()


def reports(folder: Path) -> list[str]:
    return re.findall(r" (_er\.\S+) TXT IN", (folder / "unbound.log").read_text())


def judged(folder: Path, child: str) -> int:
    return (folder / "log").read_text().count(f" {child}. reject: ")


def play(folder: Path) -> list[str]:
    for child in CHILDREN:
        asked(KNOT_PORT, dns.message.make_query(child, "CDS"), "knotd")
    asked(UNBOUND_PORT, dns.message.make_query("good.lab", "SOA"), "Unbound")
    problems = []
    # Both are told in their turn: when good.lab's second report is here, one for foreign.lab would be, too.
    looks: Counter[str] = Counter()
    for child in ("foreign.lab", "good.lab", "good.lab"):
        if (code := notify(child, "er.ns1.good.lab.")) != dns.rcode.NOERROR:
            problems.append(f"NOTIFY for {child} was answered with {dns.rcode.to_text(code)}")
        looks[child] += 1
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and (judged(folder, child) < looks[child] or
                                               len(reports(folder)) < looks["good.lab"]):
            time.sleep(0.05)
        if judged(folder, child) < looks[child]:
            problems.append(f"{child} was not judged: what it is not told of tells nothing")
    told = reports(folder)
    # What was asked for (CDS is type 59), the extended error, the agent (RFC 9567 section 6.1.1).
    wanted = re.compile(r"_er\.59\.good\.lab\.(\d+)\._er\.er\.ns1\.good\.lab\.")
    if len(told) < 2 or not all(wanted.fullmatch(t) for t in told):
        problems.append(f"reports: {told}; two for good.lab alone were promised")
    elif (got := dns.query.udp(dns.message.make_query(told[0], "TXT"), "127.0.0.1", port=UNBOUND_PORT, timeout=2)).rcode():
        problems.append(f"the agent's own server answers {dns.rcode.to_text(got.rcode())}")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tutti", type=Path, default=REPOSITORY / "build" / "release" / "tutti")
    parser.add_argument("--dir", type=Path, default=REPOSITORY / "build" / "error-report")
    arguments = parser.parse_args()
    folder = arguments.dir.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    write(folder)
    commands = (["knotd", "-c", str(folder / "knot.conf")], ["unbound", "-d", "-c", str(folder / "unbound.conf")],
                [str(arguments.tutti), "parent", "serve", "--config", str(folder / "tutti.toml")])
    with open(folder / "log", "wb") as log:
        running = [subprocess.Popen(c, stdout=log, stderr=log) for c in commands]
        try:
            problems = play(folder)
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait()
    for problem in problems:
        print(f"FAIL {problem}")
    if not problems:
        print(f"ok   {reports(folder)[0]}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
