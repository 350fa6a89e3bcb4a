"""The servers of the corpus: NSD and Knot for the children, NSD for the tree above them, Unbound in front of it, and
the liars. All in one network namespace, in which 127.0.0.0/8 is the world."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rdatatype

from case import NEWCOMER, SERVERS, Case, Lie
from liar import Served
from zone import Zone, key

HERE = Path(__file__).resolve().parent
TREE, RESOLVER = "127.0.0.10", "127.0.0.20"
HOSTS = {"one.": {"dead": ("127.0.66.1",), "both": ("127.0.9.1", "127.0.9.2"), "ns4": ("127.0.9.2",),
                  "glued": ("127.0.9.1",),
                  "private": ("10.0.0.1",), **{n: ("127.0.1.1",) for n in ("sig", "plain", "cut", "above")},
                  "abcdefghijklmnopqrstuvwxyzabcdefghijklmn": ("127.0.1.1",),
                  **{f"n{i}.many": ("127.0.1.1",) for i in range(80)}},
         "two.": {}, "bogus.": {"ns1": ("127.0.1.1",)}, "plain.": {"ns1": ("127.0.1.1",)}}
# Signals in zones of their own: name server -> the DS that lead there. "cut": at the signal's name itself.
SIGNAL_ZONES = {"sig.one.": "wrong", "plain.one.": "none", "above.one.": "right", "cut.one.": "cut"}


def tree(cases: list[Case]) -> list[Zone]:
    """The root, the operators' zones, the zones of their signals."""
    zones = {origin: Zone(origin, ns=("a.root.",)) for origin in (".", *HOSTS)}
    root = zones["."].add("A", TREE, owner="a.root.")
    for origin, hosts in HOSTS.items():
        root.add("NS", "a.root.", owner=origin, by=())
        if origin != "plain.":
            root.add("DS", key("k9" if origin == "bogus." else "k1").ds(origin), owner=origin)
        for host, addresses in hosts.items():
            zones[origin].add("A", *addresses, owner=f"{host}.{origin}")
    zones["one."].add("TXT", '"no address"', owner="nobody.one.")
    for name, address in [*SERVERS.values(), NEWCOMER]:
        zones[name.split(".", 1)[1]].add("A", address, owner=name)
    for case in cases:
        for ns, build in (case.signal or {}).items():
            add_signal(zones, case, ns, build(case.child))
    return list(zones.values())


def add_signal(zones: dict[str, Zone], case: Case, ns: str, shown: Zone) -> None:
    owner, how = f"_dsboot.{case.child}_signal.{ns}", SIGNAL_ZONES.get(ns)
    if len(owner) > 254:
        return
    above = zones[ns.split(".", 1)[1]]
    home = above if how is None else zones.setdefault(
        owner if how == "cut" else f"_signal.{ns}", Zone(owner if how == "cut" else f"_signal.{ns}", ns=("a.root.",)))
    if how:
        above.add("NS", "a.root.", owner=home.origin, by=())
    if how in ("wrong", "right", "cut"):
        above.add("DS", key("k9" if how == "wrong" else "k1").ds(home.origin), owner=home.origin)
    for kind in ("CDS", "CDNSKEY"):
        if found := shown.sets.get((shown.origin, kind)):
            home.add(kind, *(r.to_text() for r in found[0]), owner=owner)


class Servers:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, command: list[str]) -> None:
        log = (self.home / name / "log").open("wb")
        self.running.append(subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL))

    def zone_files(self, name: str, zones: list[Zone]) -> list[tuple[str, Path]]:
        folder = self.home / name
        folder.mkdir(parents=True)
        out = []
        for i, zone in enumerate(zones):
            path = folder / f"{i}.zone"
            path.write_text(zone.text())
            out.append((zone.origin, path))
        return out

    def nsd(self, name: str, address: str, zones: list[Zone]) -> None:
        files = self.zone_files(name, zones)
        folder = self.home / name
        text = f"""\
server:
    ip-address: {address}
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{folder}"
    database: ""
    zonelistfile: "{folder}/zone.list"
    xfrdfile: "{folder}/xfrd.state"
    xfrdir: "{folder}"
    pidfile: "{folder}/nsd.pid"
    do-ip6: no
    rrl-ratelimit: 0
remote-control:
    control-enable: no
"""
        text += "".join(f'zone:\n    name: "{origin}"\n    zonefile: "{path}"\n' for origin, path in files)
        (folder / "nsd.conf").write_text(text)
        self.start(name, ["nsd", "-d", "-c", str(folder / "nsd.conf")])

    def knot(self, name: str, address: str, zones: list[Zone]) -> None:
        files = self.zone_files(name, zones)
        folder = self.home / name
        text = f"""\
server:
    listen: {address}@53
    rundir: "{folder}"
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: "{folder}"
template:
  - id: default
    storage: "{folder}"
    semantic-checks: off
    journal-content: none
    zonefile-load: whole
    zonefile-sync: -1
zone:
"""
        text += "".join(f'  - domain: "{origin}"\n    file: "{path}"\n' for origin, path in files)
        (folder / "knot.conf").write_text(text)
        self.start(name, ["knotd", "-c", str(folder / "knot.conf")])

    def unbound(self, anchor: Path) -> None:
        folder = self.home / "resolver"
        folder.mkdir()
        (folder / "root.hints").write_text(f". 300 IN NS a.root.\na.root. 300 IN A {TREE}\n")
        (folder / "unbound.conf").write_text(f"""\
server:
    interface: {RESOLVER}
    do-ip6: no
    access-control: 127.0.0.0/8 allow
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: "{folder}/unbound.pid"
    use-syslog: no
    num-threads: 1
    do-not-query-localhost: no
    module-config: "iterator"
    root-hints: "{folder}/root.hints"
remote-control:
    control-enable: no
""")
        zone = Zone(".")
        anchor.write_text("".join(f". 300 IN DNSKEY {key(k).text()}\n" for k in ("k1",)))
        del zone
        self.start("resolver", ["unbound", "-d", "-c", str(folder / "unbound.conf")])

    def liar(self, name: str, address: str, served: list[Served]) -> None:
        folder = self.home / name
        folder.mkdir()
        (folder / "zones").write_bytes(pickle.dumps(served))
        self.start(name, [sys.executable, str(HERE / "liar.py"), address, str(folder / "zones")])

    def stop(self) -> None:
        for process in self.running:
            process.kill()
        for process in self.running:
            process.wait()


def served_by(case: Case, lie: Lie) -> Served:
    return Served(case.child, lie.build(case.child).records(), lie.lies, {},
                  lie.other(case.child).records() if lie.other else [])


def start(cases: list[Case], home: Path) -> Servers:
    servers = Servers(home)
    real = {"alpha": SERVERS["alpha"][1], "beta": SERVERS["beta"][1], "gamma": NEWCOMER[1]}
    zones: dict[str, list[Zone]] = {name: [] for name in real}
    lies: dict[str, list[Served]] = {"liar1": [], "liar2": []}
    for case in cases:
        for name, what in case.at.items():
            if isinstance(what, Lie):
                lies[name].append(served_by(case, what))
            else:
                zones[name].append(what(case.child))
    servers.nsd("tree", TREE, tree(cases))
    for name, address in real.items():
        (servers.knot if name == "beta" else servers.nsd)(name, address, zones[name])
    for name, served in lies.items():
        servers.liar(name, SERVERS[name][1], served)
    servers.unbound(home / "root.key")
    for name, address in real.items():
        for zone in zones[name]:
            wait_for(address, zone.origin)
    for address in (TREE, RESOLVER):
        wait_for(address, "one.")
    for name in lies:
        wait_for(SERVERS[name][1], "none.")
    return servers


def wait_for(address: str, origin: str) -> None:
    """Until the server answers for the zone at all."""
    question = dns.message.make_query(origin, "SOA")
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if dns.query.udp(question, address, timeout=0.5).rcode() in (0, 5) or origin == "none.":
                return
        except (OSError, dns.exception.DNSException):
            time.sleep(0.05)
    raise TimeoutError(f"{address} does not serve {origin}")
