#!/usr/bin/python3
"""Wrong input of every kind, on real servers: one clear error each, the right exit code, and no change anywhere.

One lab with a zone for each peculiarity. Before and after each case every address of every signer and of the
parent is asked for all that a change could touch (the SOA serial tells of the rest), and the daemon for what it
knows. Prints one line for each case; exit 0 when all are as they must be.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[2])

import dns.rdatatype  # noqa: E402

from lab import bring_up, config  # noqa: E402
from lab.clock import shifted  # noqa: E402
from lab.dnsio import NotReady, ask, eventually  # noqa: E402
from lab.movers import BINARY, Controller, MoverError  # noqa: E402
from lab.supervisor import lease  # noqa: E402
from lab.topology import PARENTS, REPOSITORY, SIGNERS, UPDATE_KEY, Settings  # noqa: E402

COLUMNS = 100
FAILED, USAGE, TIMEOUT = 1, 64, 124
PLAIN, FREE, UNSIGNED, RSA, CSK, ABSENT = (f"zone{i}.lab." for i in range(1, 7))
CHANGEABLE = ("SOA", "NS", "DNSKEY", "CDS", "CDNSKEY", "CSYNC")
EMPTY = "127.0.0.99"           # nobody has this address


@dataclass
class Case:
    """A command that must fail: what it must say (each a regular expression), and with which exit code."""

    name: str
    command: list[str]
    says: list[str]
    code: int = FAILED
    around: Callable[[], Any] | None = None      # a context manager: what is wrong meanwhile
    config: str = ""                              # text of a configuration file; {config} in the command is its path
    clock: str = ""                               # what faketime shows to the command
    environment: dict[str, str] = field(default_factory=dict)


class Bench:
    def __init__(self, settings: Settings, binary: Path) -> None:
        self.settings, self.binary = settings, binary
        self.lab, _ = bring_up.up(settings)
        self.lease = lease(settings.path)
        self.state: dict[str, str] = {}

    # The lab, with a peculiarity in each zone.

    def prepare(self) -> None:
        self.make_red_peculiar()
        path = self.settings.path
        for name, text in (("wrong.secret", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="),
                           ("garbled.secret", "this is no base64!"), ("wrong.key", "wrong"),
                           ("open.secret", self.lab.secret(UPDATE_KEY))):
            (path / name).write_text(text + "\n")
            (path / name).chmod(0o644 if name == "open.secret" else 0o600)
        (path / "tutti.toml").write_text(config.text(self.settings) + self.strange_places())
        self.tutti = Controller(self.lab, self.binary)
        self.lab.call("spawn", name="tutti", argv=[str(self.binary), "serve", "--config", str(path / "tutti.toml")])
        self.tutti.wait_ready()
        for zone in (PLAIN, UNSIGNED, RSA, ABSENT):
            self.tutti.run("zone", "add", zone, "--signers", "blue", "--parent", "lab")
        self.tutti.run("zone", "add", CSK, "--signers", "nosep", "--parent", "lab")
        for zone in (PLAIN, UNSIGNED, RSA, CSK, ABSENT):
            self.tutti.run("wait", zone, "--timeout", "60s", patience_s=70)

    def make_red_peculiar(self) -> None:
        api = self.lab.api
        keys = {zone: api.call("GET", f"/zones/{zone}/cryptokeys") for zone in (UNSIGNED, RSA, CSK)}
        new = {RSA: [{"keytype": "ksk", "algorithm": "rsasha256", "bits": 2048},
                     {"keytype": "zsk", "algorithm": "rsasha256", "bits": 2048}],
               CSK: [{"keytype": "csk", "algorithm": "ecdsa256"}]}
        for zone, old in keys.items():
            for key in old:
                api.call("DELETE", f"/zones/{zone}/cryptokeys/{key['id']}")
            for key in new.get(zone, []):
                api.call("POST", f"/zones/{zone}/cryptokeys", key | {"active": True, "published": True})
            api.replace(zone, f"new.{zone}", "TXT", 35, ['"the serial rises, so the secondary follows"'])
        api.call("DELETE", f"/zones/{ABSENT}")
        for server in SIGNERS["red"]:
            for zone in (RSA, CSK):
                eventually(f"{server.name} serves {zone} with its new keys",
                           lambda: algorithms(server.address, zone) == ({8} if zone == RSA else {13}))

    def strange_places(self) -> str:
        """Signers and parents with something wrong, each only used by its cases."""
        path = self.settings.path
        blue = 'servers = ["127.0.1.1", "127.0.1.2"]\nns = ["ns1.blue.lab.", "ns2.blue.lab."]\n'

        def tsig(secret: str = "ctl.secret", name: str = UPDATE_KEY) -> str:
            return (f'tsig = {{ name = "{name}", algorithm = "hmac-sha256", '
                    f'secret = {{ file = "{path}/{secret}" }} }}\n')

        def signer(name: str, body: str) -> str:
            return f'\n[signer.{name}]\ndriver = "rfc2136"\n{body}'

        red = (f'\n[signer.badapi]\ndriver = "powerdns"\nurl = "http://127.0.3.1:8081"\n'
               f'api_key = {{ file = "{path}/wrong.key" }}\n'
               'servers = ["127.0.3.1", "127.0.3.2"]\nns = ["ns1.red.lab.", "ns2.red.lab."]\n')
        parents = "".join(f'\n[parent.{name}]\ndriver = "rfc2136"\nzone = "lab."\nservers = {servers}\n{body}'
                          for name, servers, body in (
                              ("strict", '["127.0.0.20", "127.0.0.21"]', 'update = "127.0.0.20"\n' + tsig("wrong.secret")),
                              ("follower", '["127.0.0.20", "127.0.0.21"]', 'update = "127.0.0.21"\n' + tsig()),
                              ("nowhere", f'["{EMPTY}"]', tsig())))
        return (signer("badsecret", blue + tsig("wrong.secret")) + signer("garbled", blue + tsig("garbled.secret"))
                + signer("badkey", blue + tsig(name="nobody.")) + signer("nosecret", blue + tsig("missing.secret"))
                + signer("opensecret", blue + tsig("open.secret"))
                + signer("nosep", blue + tsig() + "transfer = true\nquirks = { foreign_sep = false }\n")
                + signer("secondary", blue + 'update = "127.0.1.2"\n' + tsig())
                + signer("gone", f'servers = ["{EMPTY}"]\nns = ["ns1.gone.lab."]\n' + tsig()) + red + parents)

    # What is there, to be compared.

    def everything(self) -> dict[str, str]:
        """All that a change could touch: at every server, and in the daemon."""
        found = {}
        for zone in self.settings.zone_names:
            for pair in SIGNERS.values():
                for server in pair:
                    for rdtype in CHANGEABLE:
                        found[f"{zone} {rdtype} at {server.address}"] = content(server.address, zone, rdtype)
            for server in PARENTS:
                for rdtype in ("DS", "NS"):
                    found[f"{zone} {rdtype} at {server.address}"] = content(server.address, zone, rdtype)
        for server in PARENTS:
            found[f"lab. SOA at {server.address}"] = content(server.address, "lab.", "SOA")
        for command in (["signer", "list"], ["parent", "list"]):
            found[" ".join(command)] = self.tutti.run(*command, "-o", "json")
        found["zone list"] = lasting(self.tutti.run("zone", "list", "-o", "json"))
        for zone in (PLAIN, UNSIGNED, RSA, CSK, ABSENT):
            found[f"zone show {zone}"] = lasting(self.tutti.run("zone", "show", zone, "-o", "json"))
        return found

    def changes(self) -> list[str]:
        """What is not as it was when this was last asked."""
        before, self.state = self.state, self.everything()
        return [f"{what} has changed:\n" + difference(before.get(what, ""), self.state.get(what, ""))
                for what in {**before, **self.state} if before.get(what) != self.state.get(what)]

    # Things that are wrong for a while.

    @contextmanager
    def without_direct_dnskey(self) -> Iterator[None]:
        path = self.settings.path / "red1" / "pdns.conf"
        text = path.read_text()
        self.restart_red(path, text.replace("direct-dnskey=yes", "direct-dnskey=no"))
        try:
            yield
        finally:
            self.restart_red(path, text)

    def restart_red(self, path: Path, text: str) -> None:
        path.write_text(text)
        self.lab.call("stop", name="red1")
        self.lab.call("start", name="red1")
        for zone in (FREE, PLAIN):
            self.lab.wait_served(SIGNERS["red"][0], zone)

    @contextmanager
    def parent_stopped(self) -> Iterator[None]:
        for server in PARENTS:
            self.lab.call("stop", name=server.name)
        try:
            yield
        finally:
            for server in PARENTS:
                self.lab.call("start", name=server.name)
            for server in PARENTS:
                self.lab.wait_served(server, "lab.")

    # One case.

    def judge(self, case: Case) -> list[str]:
        done = self.execute(case)
        said = done.stderr + done.stdout
        problems = []
        if done.returncode != case.code:
            problems.append(f"exit {done.returncode}, not {case.code}")
        if done.stdout.strip():
            problems.append("something on stdout")
        errors = [line for line in done.stderr.splitlines() if line.startswith("error")]
        if len(errors) != 1:
            problems.append(f"{len(errors)} errors, not one")
        plain = " ".join(done.stderr.split())      # as one line: where it is broken does not matter
        problems += [f"it does not say /{pattern}/" for pattern in case.says if not re.search(pattern, plain)]
        wide = [line for line in said.splitlines() if len(line) > COLUMNS]
        if wide:
            problems.append(f"a line of {len(wide[0])} columns")
        for secret in ("QUFBQUFB", self.lab.secret(UPDATE_KEY)):
            if secret in said:
                problems.append("it shows a secret")
        if problems:
            problems.append("it said:\n" + said.rstrip())
        return problems

    def execute(self, case: Case) -> subprocess.CompletedProcess[str]:
        path = self.settings.path / "case.toml"
        if case.config:
            path.write_text(case.config)
        command = [str(self.binary), *(word.replace("{config}", str(path)) for word in case.command)]
        if case.clock:
            command = [*shifted(case.clock), *command]
        environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {
            "TUTTI_SOCKET": str(self.tutti.socket)} | case.environment
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 999, "", "no end within 60 s")


def algorithms(address: str, zone: str) -> set[int]:
    keys = [r for found in ask(address, zone, "DNSKEY").answer if found.rdtype == dns.rdatatype.DNSKEY for r in found]
    return {key.algorithm for key in keys}


def content(address: str, zone: str, rdtype: str) -> str:
    """The records in an answer without their signatures, which some servers make anew for each answer."""
    try:
        answer = ask(address, zone, rdtype, 2.0)
    except OSError as error:
        return str(error)
    sections = answer.answer if rdtype != "NS" else [*answer.answer, *answer.authority]
    return " ".join(sorted(f"{found.ttl} {record}" for found in sections
                           if found.rdtype == dns.rdatatype.from_text(rdtype) for record in found))


def difference(before: str, now: str, most: int = 6) -> str:
    lines = difflib.unified_diff(before.splitlines(), now.splitlines(), lineterm="", n=0)
    return "\n".join([line[:300] for line in lines if not line.startswith(("---", "+++", "@@"))][:most])


def lasting(shown: str) -> str:
    """Without what passes by itself: when it was looked at, and what a look saw of a server that is stopped for a case."""
    def strip(value: Any) -> Any:
        if isinstance(value, list):
            return [strip(v) for v in value]
        if not isinstance(value, dict):
            return value
        passing = {"since", "answered", "revision"} | ({"problem", "silent_since"} if "address" in value else set())
        return {k: strip(v) for k, v in value.items() if k not in passing}
    return json.dumps(strip(json.loads(shown)), indent=1)


def minimal(path: Path, **changed: str) -> str:
    """A configuration that is right, but for what a case changes: a line, or a name of the daemon's."""
    lines = {"socket": f'socket = "{path}/case.sock"', "database": f'database = "{path}/case.db"',
             "signer": "[signer.blue]", "driver": 'driver = "rfc2136"', "servers": 'servers = ["127.0.1.1"]',
             "ns": 'ns = ["ns1.blue.lab."]',
             "tsig": 'tsig = { name = "ctl.", algorithm = "hmac-sha256", secret = { file = "ctl.secret" } }'}
    return "[daemon]\n" + "\n".join((lines | changed).values()) + "\n"


def cases(bench: Bench) -> list[Case]:
    path = bench.settings.path
    check = ["serve", "--check-config", "--config", "{config}"]
    serve = ["serve", "--config", "{config}"]

    def configured(name: str, says: list[str], command: list[str] = check, **changed: str) -> Case:
        return Case(name, command, says, config=minimal(path, **changed))

    def add(name: str, signer: str, says: list[str], zone: str = FREE, parent: str = "lab", **more: Any) -> Case:
        return Case(name, ["zone", "add", zone, "--signers", signer, "--parent", parent], says, **more)

    def apply(name: str, zone: str, signers: str, says: list[str], *options: str, **more: Any) -> Case:
        return Case(name, ["apply", zone, "--signers", signers, *options], says, **more)

    garbage = path / "garbage.db"
    garbage.write_bytes(hashlib.shake_256(b"no database").digest(5000))
    in_use = path / "tutti.db"
    return [
        # The configuration file.
        configured("configuration: not TOML", [r"case\.toml:2:\d+: not TOML"], socket='socket = "no end'),
        configured("configuration: an unknown setting", [r":6:1: signer\.blue\.serverz: unknown setting",
                                                         'did you mean "servers"'], servers='serverz = ["127.0.1.1"]'),
        configured("configuration: a wrong type", [r":6:11: signer\.blue\.servers: expected", "found a whole number"],
                   servers="servers = 5"),
        configured("configuration: an unknown driver", [r":5:10: .*\"route53\" is not a driver", "rfc2136, powerdns"],
                   driver='driver = "route53"'),
        configured("configuration: no IP address", [r":6:\d+: .*127\.0\.1\.300", "neither an IPv4 nor an IPv6"],
                   servers='servers = ["127.0.1.300"]'),
        configured("configuration: a weak TSIG algorithm", [r":8:\d+: .*hmac-md5", "hmac-sha256"],
                   tsig='tsig = { name = "ctl.", algorithm = "hmac-md5", secret = { file = "ctl.secret" } }'),
        configured("configuration: a secret in it", [r':8:\d+: signer\.blue\.tsig\.secret: .*file = "PATH"'],
                   tsig='tsig = { name = "ctl.", algorithm = "hmac-sha256", secret = "abcd" }'),
        Case("configuration: no such file", ["serve", "--config", str(path / "none.toml")],
             [r"none\.toml: cannot read", "--config FILE"]),
        # The daemon.
        Case("no daemon is running", ["zone", "list", "--socket", str(path / "none.sock")],
             [r"none\.sock: the daemon does not answer", "tutti serve"]),
        configured("a second daemon: the same database", [r"tutti\.db.*another tutti \(process \d+\)", "stop it"], serve,
                   database=f'database = "{in_use}"'),
        configured("a second daemon: the same socket", [r"tutti\.sock: another daemon", "stop it"], serve,
                   socket=f'socket = "{path}/tutti.sock"'),
        configured("the database cannot be written", ["/proc/tutti.db", "writable"], serve,
                   database='database = "/proc/tutti.db"'),
        configured("the database is corrupt", [r"garbage\.db.*not a database", "backup"], serve,
                   database=f'database = "{garbage}"'),
        configured("the socket's folder is missing", [r"/nowhere/s\.sock", "folder"], serve,
                   socket=f'socket = "{path}/nowhere/s.sock"'),
        configured("the address for NOTIFY is in use", [r"127\.0\.0\.5: cannot listen for NOTIFY", "in use", "free"], serve,
                   database=f'database = "{path}/case.db"\nnotify = ["127.0.0.5:53"]'),
        # The command line.
        Case("an unknown command", ["appply", PLAIN], ["appply", "--help"], USAGE),
        Case("a wrong -o format", ["explain", PLAIN, "-o", "xml"], ["xml", "text,json", "explain --help"], USAGE),
        Case("an option is missing", ["apply", PLAIN], ["--signers", "apply --help"], USAGE),
        Case("a duration in unknown units", ["wait", PLAIN, "--timeout", "10x"], ['"10x"', "90s"], USAGE),
        Case("an unknown state to wait for", ["wait", PLAIN, "--for", "luck"], ["luck", "done"], USAGE),
        # Names.
        Case("an unknown zone", ["explain", "nozone.lab."], [r"no zone nozone\.lab\.", "tutti zone list"]),
        add("a malformed zone name", "blue", ["label is empty"], "zone2..lab."),
        add("a zone name without its dot", "blue", [r"end it with a dot: \"zone2\.lab\.\""], "zone2.lab"),
        add("a label that is too long", "blue", ["63"], "x" * 64 + ".lab."),
        add("an unknown signer", "blu", ['no signer "blu"', 'did you mean "blue"']),
        add("an unknown parent", "blue", ['no parent "lub"', 'did you mean "lab"'], parent="lub"),
        add("a zone that is here already", "blue", [r"zone1\.lab\. is here already", "tutti apply"], PLAIN),
        apply("an unknown signer in apply", PLAIN, "blue,pink", ['no signer "pink"']),
        apply("an empty set of signers", PLAIN, "", ["signer"]),
        apply("a signer named twice", PLAIN, "blue,green,green", ["green", "twice"]),
        apply("a signer both dead and member", PLAIN, "blue,green", ["green", "dead"], "--dead", "green"),
        Case("a step in automatic mode", ["step", PLAIN], ["automatic", "mode zone1.lab. manual"]),
        Case("a signer is removed that is in use", ["signer", "remove", "blue"], [r"zone1\.lab\.", "blue"]),
        Case("a parent is removed that is in use", ["parent", "remove", "lab"], [r"zone1\.lab\.", "lab"]),
        # Credentials.
        add("a wrong TSIG secret", "badsecret", [r"127\.0\.1\.1", "BADSIG|secret", "cannot take part: badsecret"]),
        add("a TSIG secret that is no base64", "garbled", [r"garbled\.secret", "base64"]),
        add("a secret that everybody can read", "opensecret", [r"open\.secret", "everybody", "chmod 600"]),
        add("an unknown TSIG key", "badkey", [r"nobody\.", "BADKEY|does not (know|accept)", "cannot take part: badkey"]),
        add("a secret file that is missing", "nosecret", [r"missing\.secret", "No such file|cannot read"]),
        add("a wrong API key", "badapi", [r"127\.0\.3\.1:8081", "401|API key", "cannot take part: badapi"]),
        # Signers that cannot take part.
        add("a zone that nobody has", "blue", [r"127\.0\.1\.1 answers REFUSED", "set up the zone"], "nozone.lab."),
        apply("a signer without the zone", ABSENT, "blue,red", [r"zone6\.lab\.", "cannot take part: red"]),
        apply("an unsigned signer", UNSIGNED, "blue,red", ["serves no DNSKEY|no keys", "cannot take part: red"]),
        apply("a signer that cannot be reached", PLAIN, "blue,gone", [re.escape(EMPTY), "cannot take part: gone"]),
        add("updates sent to a secondary", "secondary", [r"127\.0\.1\.2", "primary", "cannot take part: secondary"]),
        apply("another algorithm", RSA, "blue,red", ["ECDSAP256SHA256", "RSASHA256", "strict_algorithms|same algorithm"]),
        apply("a CSK beside a signer without foreign SEP keys", CSK, "nosep,red", ["nosep", "SEP|KSK"]),
        apply("PowerDNS without direct-dnskey", PLAIN, "blue,red", ["direct-dnskey", "cannot take part: red"],
              around=bench.without_direct_dnskey),
        # Parents.
        add("a parent with another TSIG secret", "blue", [r"127\.0\.0\.20", "BADSIG|secret", "parent strict"],
            parent="strict"),
        add("a parent's server that takes no updates", "blue", [r"127\.0\.0\.21", "parent follower"], parent="follower"),
        add("a parent that cannot be reached", "blue", [re.escape(EMPTY), "parent nowhere"], parent="nowhere"),
        add("the parent is down", "blue", [r"127\.0\.0\.20", "parent lab"], around=bench.parent_stopped),
    ]


def clock_case(bench: Bench) -> list[str]:
    """A daemon of its own whose clock is an hour late: the signers refuse its updates, and it says so."""
    path = bench.settings.path
    text = config.text(bench.settings).replace("tutti.sock", "late.sock").replace("tutti.db", "late.db")
    (path / "late.toml").write_text("\n".join(line for line in text.splitlines() if not line.startswith("notify")))
    bench.lab.call("spawn", name="late", argv=[*shifted("-1h"), str(bench.binary), "serve", "--config",
                                               str(path / "late.toml")])
    late = Controller(bench.lab, bench.binary)
    late.socket = path / "late.sock"
    late.wait_ready()
    case = Case("", ["zone", "add", FREE, "--signers", "blue", "--parent", "lab"],
                ["BADTIME", "clock", "NTP", "cannot take part"], environment={"TUTTI_SOCKET": str(late.socket)})
    problems = bench.judge(case)
    if late.run("zone", "list", "-o", "json").count("zone2"):
        problems.append("the zone was added all the same")
    bench.lab.call("stop", name="late")
    return problems


def run(bench: Bench) -> int:
    bench.state = bench.everything()
    bad = 0

    def report(name: str, problems: list[str], seconds: float) -> None:
        nonlocal bad
        bad += bool(problems)
        print(f"{'ok  ' if not problems else 'FAIL'} {name}  ({seconds:.1f} s)", flush=True)
        for problem in problems:
            print("     " + problem.replace("\n", "\n       "), flush=True)

    all_cases = cases(bench)
    for case in all_cases:
        began = time.monotonic()
        if case.around:
            with case.around():
                problems = bench.judge(case)
        else:
            problems = bench.judge(case)
        report(case.name, problems + bench.changes(), time.monotonic() - began)
    began = time.monotonic()
    report("a clock that is an hour late", clock_case(bench) + bench.changes(), time.monotonic() - began)
    print(f"{len(all_cases) + 1 - bad} of {len(all_cases) + 1} kinds of wrong input: one clear error, nothing changed")
    return 1 if bad else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, default=REPOSITORY / "build" / "lab" / "bad-input")
    parser.add_argument("--tutti", type=Path, default=BINARY)
    arguments = parser.parse_args()
    settings = Settings(str(arguments.dir.resolve()), zones=6, observers=("default",))
    bench = Bench(settings, arguments.tutti.resolve())
    try:
        bench.prepare()
        return run(bench)
    except (MoverError, NotReady, OSError) as error:
        print(f"FAIL {error}")
        return 1
    finally:
        bench.lease.close()


if __name__ == "__main__":
    sys.exit(main())
