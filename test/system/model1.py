#!/usr/bin/python3
"""What name servers can do as a signer that serves another's signed DNSKEY RRset (RFC 8901 model 1).

Each claim of doc/model1.md, tried on the servers installed here, in a network namespace of their own. The KSK holder
is Knot's keymgr (sign-ksr); it signs whatever set of ZSKs it is given. Prints one line for each claim; exit 0 when
all are so. A claim that is not so any more, for better or worse, is to be changed in the document and here.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

import dns.dnssec  # noqa: E402
import dns.message  # noqa: E402
import dns.name  # noqa: E402
import dns.query  # noqa: E402
import dns.rdatatype  # noqa: E402
import dns.rrset  # noqa: E402
import dns.tsigkeyring  # noqa: E402
import dns.update  # noqa: E402
import dns.zone  # noqa: E402

from lab.dnsio import NotReady, eventually  # noqa: E402
from lab.namespace import ip, unshare_command  # noqa: E402

ZONE = dns.name.from_text("example.")
INSIDE = "--inside"
TEXT = "example. 60 SOA ns1.lab. h.lab. 1 60 60 60 60\nexample. 60 NS ns1.lab.\nwww.example. 60 A 192.0.2.1\n"

Rdatas = Iterable[dns.rdata.Rdata]
Records = tuple[dns.rrset.RRset, Rdatas | None]     # the RRset, its RRSIGs


class Wrong(Exception):
    pass


def run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd)
    if done.returncode != 0:
        raise Wrong(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def fetch(port: int, rdtype: str = "DNSKEY", name: dns.name.Name = ZONE) -> Records:
    question = dns.message.make_query(name, rdtype, want_dnssec=True)
    answer = dns.query.tcp(question, "127.0.0.1", port=port, timeout=2).answer
    covered = dns.rdatatype.from_text(rdtype)
    there = [r for r in answer if r.rdtype == covered]
    signatures = [r for r in answer if r.rdtype == dns.rdatatype.RRSIG and r.covers == covered]
    if not there:
        raise NotReady(f"port {port} serves no {rdtype}")
    return there[0], signatures[0] if signatures else None


def good(records: Records, keys: dns.rrset.RRset) -> set[int]:
    """The tags of those keys whose signatures are valid."""
    out = set()
    for signature in records[1] or ():
        try:
            dns.dnssec.validate_rrsig(records[0], signature, {ZONE: keys})
            out.add(signature.key_tag)
        except dns.dnssec.ValidationFailure:
            pass
    return out


def tag(key: object) -> int:
    return dns.dnssec.key_id(key)


class Holder:
    """Knot's keymgr with an offline KSK, and a ZSK of its own."""

    def __init__(self, folder: Path) -> None:
        self.config = knot_config(folder, 0)
        self.keymgr("generate", "algorithm=ecdsap256sha256", "ksk=yes", "zsk=no")
        self.keymgr("generate", "algorithm=ecdsap256sha256", "ksk=no", "zsk=yes")
        keys = [line.split() for line in self.keymgr("list").splitlines()]
        self.ksk, self.zsk = (self.dnskey(next(k[0] for k in keys if k[2] == kind)) for kind in ("KSK", "ZSK"))

    def keymgr(self, *words: str) -> str:
        return run("keymgr", "-c", str(self.config), "example.", *words)

    def dnskey(self, key: str) -> dns.rdata.Rdata:
        return dns.rdata.from_text("IN", "DNSKEY", self.keymgr("dnskey", key).split(" ", 2)[2].strip())

    def sign_request(self, request: str, keys: list[dns.rdata.Rdata]) -> str:
        """A KSR of another signer, with these keys added to each of its bundles: what comes back is an SKR."""
        lines = []
        for line in request.splitlines():
            lines.append(line)
            if line.startswith(";; KeySigningRequest") and "generated" not in line:
                lines += [f"example. 60 DNSKEY {k.to_text()}" for k in keys]
        path = self.config.parent / "request"
        path.write_text("\n".join(lines) + "\n")
        return self.keymgr("sign-ksr", str(path))

    def sign(self, zsks: list[dns.rdata.Rdata]) -> Records:
        """The DNSKEY RRset of all these keys and its own, and the signature of its KSK."""
        now = run("date", "+%s").strip()
        request = f";; KeySigningRequest 1.0 {now} (now) =========\n;; KeySigningRequest 1.0 generated at now\n"
        answer = self.sign_request(request, [self.zsk, *zsks])
        text = "\n".join(line for line in answer.splitlines() if not line.startswith(";;"))
        node = dns.zone.from_text(text, ZONE, relativize=False, check_origin=False).nodes[ZONE]
        keys, signatures = (node.get_rdataset(dns.rdataclass.IN, t, c) for t, c in
                            ((dns.rdatatype.DNSKEY, 0), (dns.rdatatype.RRSIG, dns.rdatatype.DNSKEY)))
        return dns.rrset.from_rdata_list(ZONE, 60, keys), dns.rrset.from_rdata_list(ZONE, 60, signatures)


def update(port: int, before: tuple[Rdatas, Rdatas | None], after: Records) -> str:
    """DNSKEY and RRSIG in one message, as a copy of another signer's RRset would be."""
    message = dns.update.Update(ZONE)
    for old, new in zip(before, after):
        for record in old or ():
            if new is None or record not in new:
                message.delete(ZONE, record)
        for record in new or ():
            if old is None or record not in old:
                message.add(ZONE, 60, record)
    return dns.rcode.to_text(dns.query.tcp(message, "127.0.0.1", port=port, timeout=5).rcode())


class Server:
    """A name server in the foreground."""

    def __init__(self, folder: Path, port: int, *command: str) -> None:
        self.folder, self.port, self.command = folder, port, command
        self.log = folder / "log"
        self.start()

    def start(self) -> None:
        with self.log.open("a") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        eventually(f"{self.command[0]} signs", lambda: self.signed())

    def signed(self) -> bool | None:
        if self.process.poll() is not None:
            raise Wrong(f"{self.command[0]} ended: {self.log.read_text()[-300:]}")
        served = attempt(lambda: fetch(self.port, "SOA"))
        return True if served and served[1] is not None else None

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


# ---- Knot ----

def knot_config(folder: Path, port: int) -> Path:
    (folder / "db").mkdir(parents=True)
    (folder / "example.zone").write_text(TEXT)
    listen = f"  listen: 127.0.0.1@{port}\n" if port else ""
    (folder / "knot.conf").write_text(f"""server:
  rundir: {folder}
{listen}database:
  storage: {folder}/db
policy:
  - id: p
    algorithm: ecdsap256sha256
    offline-ksk: on
    manual: on
    rrsig-lifetime: 14d
    rrsig-refresh: 3d
    dnskey-ttl: 60
    zone-max-ttl: 60
    propagation-delay: 1
    cds-cdnskey-publish: none
acl:
  - id: updates
    address: 127.0.0.1
    action: update
zone:
  - domain: example.
    storage: {folder}
    file: example.zone
    zonefile-load: difference
    zonefile-sync: -1
    journal-content: all
    dnssec-signing: on
    dnssec-policy: p
    acl: updates
""")
    return folder / "knot.conf"


def knot(folder: Path, holder: Holder) -> None:
    """Knot serves a foreign ZSK and the foreign KSK with its signature, imported with keymgr; not by UPDATE."""
    config = knot_config(folder, 5301)
    keymgr = ("keymgr", "-c", str(config), "example.")
    own = run(*keymgr, "generate", "algorithm=ecdsap256sha256", "ksk=no", "zsk=yes").split()[0]
    request = run(*keymgr, "generate-ksr", "+0", "+1d")
    (folder / "response").write_text(holder.sign_request(request, [holder.zsk]))
    run(*keymgr, "import-skr", str(folder / "response"))
    server = Server(folder, 5301, "knotd", "-c", str(config))
    mine = dns.rdata.from_text("IN", "DNSKEY", run(*keymgr, "dnskey", own).split(" ", 2)[2].strip())
    served = fetch(5301)
    expect("Knot serves KSK, foreign ZSK and own ZSK", set(served[0]), {holder.ksk, holder.zsk, mine})
    expect("signed by the KSK alone", good(served, served[0]), {tag(holder.ksk)})
    expect("data by its own ZSK", good(fetch(5301, "SOA"), served[0]), {tag(mine)})
    said = update(5301, served, holder.sign([]))
    expect("an UPDATE of DNSKEY and RRSIG is answered", said, "NOERROR")
    expect("and ignored", set(fetch(5301)[0]), set(served[0]))
    server.stop()


# ---- BIND ----

def bind_config(folder: Path, port: int, zone: str, more: str = "") -> Path:
    (folder / "keys").mkdir(parents=True)
    (folder / "example.zone").write_text(TEXT)
    (folder / "named.conf").write_text(f"""options {{
  directory "{folder}"; key-directory "{folder}/keys"; pid-file "{folder}/pid"; session-keyfile "{folder}/session";
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no;
}};
controls {{ }};
{more}
zone "example." {{ type primary; file "example.zone"; allow-update {{ 127.0.0.1; }}; {zone} }};
""")
    return folder / "named.conf"


def new_zsk(folder: Path) -> dns.rdata.Rdata:
    made = run("dnssec-keygen", "-K", str(folder), "-a", "13", "example.").strip()
    record = (folder / f"{made}.key").read_text().splitlines()[-1]
    return dns.rdata.from_text("IN", "DNSKEY", record.split("DNSKEY ")[1])


def copies(server: Server, holder: Holder, own: list[dns.rdata.Rdata]) -> None:
    """The copy is taken, replaced when the holder's set changes, and still there after a restart."""
    third = new_zsk(server.folder)
    for keys in (own, [*own, third], own):
        wanted = holder.sign(keys)
        now = fetch(server.port)
        kept = [s for s in now[1] or () if s.key_tag not in map(tag, own)]
        expect("UPDATE of DNSKEY and RRSIG", update(server.port, (now[0], kept), wanted), "NOERROR")
        served = fetch(server.port)
        expect("served as the holder signed it", set(served[0]), set(wanted[0]))
        if tag(holder.ksk) not in good(served, served[0]):
            raise Wrong("the signature of the KSK is not served, or not valid")
        expect("only the last one", [s.key_tag for s in served[1] or ()].count(tag(holder.ksk)), 1)
    server.stop()
    server.start()
    served = fetch(server.port)
    if tag(holder.ksk) not in good(served, served[0]):
        raise Wrong("after a restart the signature of the KSK is gone")


def bind_zsk(folder: Path, holder: Holder) -> None:
    """BIND 9.18 with only a ZSK (auto-dnssec, update-check-ksk no) takes DNSKEY and RRSIG in an UPDATE."""
    config = bind_config(folder, 5302, "auto-dnssec maintain; update-check-ksk no; dnssec-dnskey-kskonly no;")
    new_zsk(folder / "keys")
    server = Server(folder, 5302, "named", "-g", "-c", str(config))
    copies(server, holder, list(fetch(5302)[0]))
    server.stop()


def bind_zsk_default(folder: Path, holder: Holder) -> None:
    """BIND 9.18 with only a ZSK and update-check-ksk at its default answers SERVFAIL."""
    config = bind_config(folder, 5303, "auto-dnssec maintain;")
    new_zsk(folder / "keys")
    server = Server(folder, 5303, "named", "-g", "-c", str(config))
    own = fetch(5303)
    expect("the UPDATE", update(5303, (own[0], None), holder.sign(list(own[0]))), "SERVFAIL")
    server.stop()


def bind_policy(folder: Path, holder: Holder) -> None:
    """BIND with a dnssec-policy (KSK and ZSK) takes it, too, and keeps its own KSK: that has to be in the holder's set."""
    config = bind_config(folder, 5304, "dnssec-policy two; inline-signing no;", """dnssec-policy two {
  keys { ksk lifetime unlimited algorithm 13; zsk lifetime unlimited algorithm 13; };
};""")
    server = Server(folder, 5304, "named", "-g", "-c", str(config))
    own = list(fetch(5304)[0])
    copies(server, holder, own)
    expect("removal of its own KSK", update(5304, (fetch(5304)[0], None), holder.sign([k for k in own if k.flags == 256])),
           "NOERROR")
    expect("is ignored", {k for k in fetch(5304)[0] if k.flags == 257}, {k for k in own if k.flags == 257} | {holder.ksk})
    server.stop()


def bind_zsk_policy(folder: Path, holder: Holder) -> None:
    """BIND refuses a dnssec-policy without a KSK."""
    config = bind_config(folder, 5305, "dnssec-policy one;",
                         "dnssec-policy one { keys { zsk lifetime unlimited algorithm 13; }; };")
    try:
        Server(folder, 5305, "named", "-g", "-c", str(config))
    except Wrong as why:
        if "requires both KSK and ZSK roles" in (folder / "log").read_text():
            return
        raise why
    raise Wrong("it runs")


# ---- PowerDNS ----

def api(port: int, rdtype: str, records: list[str]) -> int:
    body = {"rrsets": [{"name": "example.", "type": rdtype, "ttl": 60, "changetype": "REPLACE",
                        "records": [{"content": r, "disabled": False} for r in records]}]}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/servers/localhost/zones/example.", method="PATCH",
                                     data=json.dumps(body).encode(), headers={"X-API-Key": "key"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return int(answer.status)


def one_line(record: dns.rdata.Rdata) -> str:
    words = record.to_text().split()
    fixed = 3 if record.rdtype == dns.rdatatype.DNSKEY else 8
    return " ".join([*words[:fixed], "".join(words[fixed:])])


def powerdns(folder: Path, holder: Holder) -> None:
    """PowerDNS stores RRSIG (API) or ignores it (UPDATE), and serves none but its own; a PRESIGNED zone it does not sign."""
    folder.mkdir()
    (folder / "pdns.conf").write_text(f"""launch=gsqlite3
gsqlite3-database={folder}/db
gsqlite3-dnssec=yes
local-address=127.0.0.1
local-port=5306
socket-dir={folder}
direct-dnskey=yes
dnsupdate=yes
allow-dnsupdate-from=127.0.0.0/8
webserver=yes
webserver-port=8306
api=yes
api-key=key
cache-ttl=0
query-cache-ttl=0
""")
    run("sh", "-c", f"sqlite3 {folder}/db < /usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql")
    util = ("pdnsutil", f"--config-dir={folder}")
    run(*util, "create-zone", "example.", "ns1.lab.")
    run(*util, "add-zone-key", "example.", "zsk", "active", "ecdsa256")
    command = ("pdns_server", f"--config-dir={folder}", "--daemon=no")
    server = Server(folder, 5306, *command)
    own = list(fetch(5306)[0])
    keys, signatures = holder.sign(own)
    api(8306, "DNSKEY", [one_line(k) for k in keys if k not in own])
    expect("the API takes RRSIG", api(8306, "RRSIG", [one_line(s) for s in signatures]), 204)
    expect("by UPDATE", update(5306, (keys, None), (keys, signatures)), "NOERROR")
    expect("a message in the log", "in non-presigned zone, ignoring" in server.log.read_text(), True)
    served = fetch(5306)
    expect("the keys are served", set(served[0]), set(keys))
    expect("and signed by its own ZSK only", good(served, served[0]), {tag(own[0])})
    server.stop()
    run(*util, "set-presigned", "example.")
    with (folder / "log").open("a") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        served = eventually("PowerDNS answers", lambda: attempt(lambda: fetch(5306)))
        expect("presigned: only what is stored", set(served[0]), set(keys) - set(own))
        expect("no data is signed", fetch(5306, "SOA")[1], None)
    finally:
        process.terminate()
        process.wait(10)


def attempt(what: Callable[[], Records]) -> Records | None:
    try:
        return what()
    except (OSError, dns.exception.DNSException, NotReady):
        return None


# ---- all of them ----

def expect(what: str, seen: object, wanted: object) -> None:
    if seen != wanted:
        raise Wrong(f"{what}: {seen}, and not {wanted}")


CLAIMS = (knot, bind_zsk, bind_zsk_default, bind_policy, bind_zsk_policy, powerdns)


def inside(folder: Path) -> int:
    ip("link", "set", "lo", "up")
    holder = Holder(folder / "holder")
    wrong = 0
    for claim in CLAIMS:
        text = (claim.__doc__ or "").strip()
        try:
            claim(folder / claim.__name__, holder)
            print(f"ok {text}", flush=True)
        except (Wrong, NotReady, OSError, dns.exception.DNSException) as why:
            print(f"NOT SO {text}\n    {type(why).__name__}: {why}", flush=True)
            wrong += 1
    print(f"{len(CLAIMS) - wrong} of {len(CLAIMS)} claims of doc/model1.md are so")
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dir", type=Path, help="where the servers keep their files (default: a temporary folder)")
    parser.add_argument("--tutti", help="not used: this is about the name servers alone")
    parser.add_argument(INSIDE, action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        return inside(arguments.dir)
    folder = arguments.dir or Path(tempfile.mkdtemp(prefix="tutti-model1-"))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    done = subprocess.run([*unshare_command(), sys.executable, os.path.abspath(__file__), INSIDE, "--dir", str(folder)])
    if arguments.dir is None:
        shutil.rmtree(folder, ignore_errors=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
