"""From nothing to a working lab: configuration, servers in the order they need each other, delegation.

Nothing here sleeps in hope: each step asks the server itself until it is so, with a deadline.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import dns.dnssec
import dns.flags
import dns.message
import dns.query
import dns.rdatatype

from lab import namespace, zones
from lab import registry_service as registry
from lab.dnsio import Writer, ask, ds_records, eventually, key_tags, new_secret, rrset
from lab.servers import bind, knot, nsd, powerdns, resolver
from lab.supervisor import SupervisorError, call
from lab.topology import (ALL_OBSERVERS, AUTHORITATIVE, CACHE, CONTROLLER, AGENT, PARENT, PARENTS, REGISTRY, ROOT,
                          SERVERS, SIGNERS, TRANSFER_KEY, UPDATE_KEY, Server, Settings, host_zone, name_servers)


class Lab:
    """A lab that is up, seen from a process that has entered its namespace."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.path = settings.path

    @staticmethod
    def open(directory: Path) -> Lab:
        """Enters the namespace of the lab in `directory`."""
        settings = Settings.load(directory)
        namespace.enter(call(directory, "ping"))
        return Lab(settings)

    def home(self, server: Server) -> Path:
        return self.path / server.name

    def secret(self, key: str) -> str:
        return (self.path / f"{key.rstrip('.')}.secret").read_text().strip()

    def writer(self, address: str) -> Writer:
        return Writer(address, UPDATE_KEY, self.secret(UPDATE_KEY))

    @property
    def api(self) -> powerdns.Api:
        return powerdns.Api((self.path / "pdns.key").read_text().strip())

    def call(self, op: str, **arguments: object) -> object:
        return call(self.path, op, **arguments)

    def wait_served(self, server: Server, zone: str, patience_s: float = 30.0) -> None:
        """Until the server answers with authority and signs: the DNSKEY RRset, and denial of existence."""
        def signed() -> bool:
            answer = ask(server.address, zone, "DNSKEY", 0.5)
            if not (answer.flags & dns.flags.AA and key_tags(answer, zone)[1]):
                return False
            denial = ask(server.address, f"zz.{zone.lstrip('.')}", "TXT", 0.5)
            return rrset_types(denial) >= {dns.rdatatype.NSEC, dns.rdatatype.RRSIG}
        eventually(f"{server.name} ({server.address}) serves {zone} signed", signed, patience_s)

    def wait_again(self, server: Server) -> None:
        """After a (re)start: until the server does its work again."""
        if server in AUTHORITATIVE:
            names = {"root": ["."], "parent": [PARENT]}.get(server.name.rstrip("12"))
            for zone in names or self.settings.zones_at(server.name.rstrip("12")):
                self.wait_served(server, zone)
        else:
            eventually(f"{server.name} resolves", lambda: resolves(server, PARENT))


def rrset_types(answer: dns.message.Message) -> set[int]:
    return {found.rdtype for section in (answer.answer, answer.authority) for found in section}


def resolves(server: Server, name: str) -> bool:
    """A validated answer (or at the plain cache: any) to SOA."""
    query = dns.message.make_query(name, "SOA", want_dnssec=True)
    answer = dns.query.udp(query, server.address, timeout=1)
    return bool(answer.answer and (answer.flags & dns.flags.AD or server == CACHE))


def up(settings: Settings) -> tuple[Lab, float]:
    """Builds and starts everything. Returns the lab and the seconds it took."""
    started = time.monotonic()
    start_supervisor(settings)
    lab = Lab(settings)
    try:
        namespace.enter(call(settings.path, "ping"))
        start_servers(lab)
    except BaseException:
        call(settings.path, "shutdown")      # the folder stays: it tells what went wrong
        raise
    return lab, time.monotonic() - started


def start_supervisor(settings: Settings) -> None:
    path = settings.path
    try:
        call(path, "ping")
    except SupervisorError:
        pass
    else:
        raise SystemExit(f"a lab is running in {path}; take it down first")
    if len(str(path / "green1" / "knot.sock")) > 100:
        raise SystemExit(f"{path} is too long a name for the Unix sockets in it (limit 100 characters)")
    if path.exists() and not (path / "lab.json").exists() and any(path.iterdir()):
        raise SystemExit(f"{path} is not empty and was not made by the lab: will not replace it")
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    settings.save()
    addresses = [s.address for s in SERVERS.values()] + [CONTROLLER, AGENT, REGISTRY]
    with open(path / "supervisor.log", "ab") as log:
        process = subprocess.Popen([*namespace.unshare_command(), sys.executable,
                                    str(Path(__file__).with_name("supervisor.py")), str(path), *addresses],
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def answers() -> bool:
        if process.poll() is not None:
            raise SystemExit("the lab's namespace cannot be made (root or user namespaces are needed):\n"
                             + (path / "supervisor.log").read_text())
        try:
            return bool(call(path, "ping"))
        except SupervisorError:
            return False
    try:
        eventually("the supervisor answers", answers)
    except BaseException:                # interrupted, too: nobody else knows yet that it is there
        process.kill()
        process.wait()
        (path / "supervisor.pid").unlink(missing_ok=True)
        raise


def start_servers(lab: Lab) -> None:
    secrets = {key: new_secret(lab.path / f"{key.rstrip('.')}.secret") for key in (UPDATE_KEY, TRANSFER_KEY)}
    commands = configure_authoritative(lab, secrets)
    for server in AUTHORITATIVE:
        if server != ROOT:
            lab.call("spawn", name=server.name, argv=commands[server.name])
    if not lab.settings.slow_notify:
        lab.call("spawn", name="notifier", argv=[sys.executable, str(Path(__file__).with_name("notifier.py")),
                                                 str(lab.path)])
    fill_red(lab, secrets)
    start_root(lab)
    for signer, pair in SIGNERS.items():
        for zone in lab.settings.zones_at(signer):
            for server in pair:
                lab.wait_served(server, zone)
    delegate(lab)
    if lab.settings.parent_mode == "epp":
        registry.start(lab)
    root_key = write_root_key(lab)
    resolvers = (CACHE, *(s for s in ALL_OBSERVERS if s.name in lab.settings.observers))
    for server in resolvers:
        lab.call("spawn", name=server.name, argv=resolver.configure(server, lab.home(server), root_key))
    for server in resolvers:
        eventually(f"{server.name} validates", lambda: resolves(server, PARENT if lab.settings.insecure else lab.settings.zone_names[0]))


def configure_authoritative(lab: Lab, secrets: dict[str, str]) -> dict[str, list[str]]:
    settings, ttls = lab.settings, lab.settings.ttls
    wake = {"controller": CONTROLLER}
    commands: dict[str, list[str]] = {}
    parent_zone = knot.Zone(PARENT, zones.parent(ttls, settings.parent_mode == "cds"))
    steady = knot.Policy(zones.STEADY_TTL, zones.STEADY_TTL)
    commands["parent1"] = knot.configure(PARENTS[0], lab.home(PARENTS[0]), secrets, [parent_zone], steady,
                                         {"second": PARENTS[1].address, **wake})
    commands["parent2"] = knot.configure(PARENTS[1], lab.home(PARENTS[1]), secrets, [knot.Zone(PARENT)])
    blue, green, red = SIGNERS["blue"], SIGNERS["green"], SIGNERS["red"]
    texts = {s: content_at(settings, s) for s in SIGNERS}
    rndc_secret = new_secret(lab.path / "rndc.secret")
    for server in blue:
        commands[server.name] = bind.configure(server, lab.home(server), secrets, rndc_secret, texts["blue"], ttls,
                                               settings.propagation, blue[1].address)
    if not settings.fresh_blue:
        for zone in texts["blue"]:
            bind.make_old_keys(lab.home(blue[0]), zone, ttls.dnskey["blue"])
    policy = knot.Policy(ttls.dnskey["green"], ttls.data, settings.propagation, settings.green_csk, True)
    commands["green1"] = knot.configure(green[0], lab.home(green[0]), secrets,
                                        [knot.Zone(z, t) for z, t in texts["green"].items()], policy,
                                        {"second": green[1].address, **wake})
    commands["green2"] = nsd.configure(green[1], lab.home(green[1]), secrets, list(texts["green"]))
    commands["red1"] = powerdns.configure(red[0], lab.home(red[0]), new_secret(lab.path / "pdns.key"))
    commands["red2"] = knot.configure(red[1], lab.home(red[1]), secrets, [knot.Zone(z) for z in texts["red"]])
    return commands


def content_at(settings: Settings, signer: str) -> dict[str, str]:
    """The text of each zone that a signer has."""
    return {z: zones.host(signer, settings.ttls.data) if z == host_zone(signer) else zones.child(z, signer, settings.ttls)
            for z in settings.zones_at(signer)}


def fill_red(lab: Lab, secrets: dict[str, str]) -> None:
    eventually("PowerDNS's API answers", lambda: lab.api.call("GET", "") is not None)
    for key, secret in secrets.items():
        lab.api.add_tsig_key(key, secret)
    for zone, text in content_at(lab.settings, "red").items():
        lab.api.add_zone(zone, text, SIGNERS["red"][1].address)
        lab.api.call("PUT", f"/zones/{zone}/notify")


def start_root(lab: Lab) -> None:
    """The root comes after the parent, because it holds the parent's DS."""
    for server in PARENTS:
        lab.wait_served(server, PARENT)
    ds = ds_records(PARENT, ask(PARENTS[0].address, PARENT, "DNSKEY"))
    zone = knot.Zone(".", zones.root([d.to_text() for d in ds]))
    argv = knot.configure(ROOT, lab.home(ROOT), {UPDATE_KEY: lab.secret(UPDATE_KEY),
                                                 TRANSFER_KEY: lab.secret(TRANSFER_KEY)}, [zone],
                          knot.Policy(zones.STEADY_TTL, zones.STEADY_TTL))
    lab.call("spawn", name=ROOT.name, argv=argv)
    lab.wait_served(ROOT, ".")


def delegate(lab: Lab) -> None:
    """Every zone starts at blue: its NS and its DS in the parent. Or without DS, at blue and green."""
    settings, writer = lab.settings, lab.writer(PARENTS[0].address)
    ttls, change = settings.ttls, writer.update(PARENT)
    secure = {host_zone(s): s for s in SIGNERS} if settings.insecure else dict.fromkeys(settings.zone_names, "blue")
    for zone, signer in secure.items():
        for name in name_servers(signer):
            change.add(zone, ttls.parent_ns, "NS", name)
        for ds in ds_records(zone, ask(SIGNERS[signer][0].address, zone, "DNSKEY")):
            change.add(zone, ttls.ds, "DS", ds.to_text())
    for zone in settings.zone_names if settings.insecure else []:
        for name in name_servers("blue") + name_servers("green"):
            change.add(zone, ttls.parent_ns, "NS", name)
    writer.send(change)
    for server in PARENTS:
        for zone in secure:
            eventually(f"{server.name} has the DS of {zone}", lambda: rrset(ask(server.address, zone, "DS"), zone, "DS"))


def write_root_key(lab: Lab) -> Path:
    """The trust anchor: the root's KSK in zone-file form."""
    answer = ask(ROOT.address, ".", "DNSKEY")
    _, signing = key_tags(answer, ".")
    path = lab.path / "root.key"
    path.write_text("".join(f". IN DNSKEY {key.to_text()}\n" for key in rrset(answer, ".", "DNSKEY") or []
                            if dns.dnssec.key_id(key) in signing))
    return path
