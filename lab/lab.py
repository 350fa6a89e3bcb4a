#!/usr/bin/python3
"""lab.py: brings the lab up and down, looks into it, and breaks it on purpose. See README.md."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from lab import bring_up, config, faults, namespace, parent_tutti, testbed  # noqa: E402
from lab.dnsio import NotReady  # noqa: E402
from lab.movers import BINARY  # noqa: E402
from lab.supervisor import SupervisorError, call  # noqa: E402
from lab.topology import DEFAULT_DIR, SERVERS, SIGNERS, Settings, Ttls  # noqa: E402


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The options that shape a lab; the scenario runner and the demo know them too."""
    plain = Ttls()
    for name in ("ds", "parent-ns", "child-ns", "data", "negative"):
        parser.add_argument(f"--ttl-{name}", type=int, metavar="S", default=getattr(plain, name.replace("-", "_")))
    parser.add_argument("--ttl-dnskey", type=int, metavar="S", default=20, help="at every signer")
    for signer in SIGNERS:
        parser.add_argument(f"--ttl-dnskey-{signer}", type=int, metavar="S", help=f"at {signer} only")
    parser.add_argument("--parent-mode", choices=("direct", "cds", "epp"), default="direct",
                        help="direct: the controller writes DS and NS; cds: a parent agent polls CDS and CSYNC; "
                             "epp: a registry, which the controller tells by EPP")
    parser.add_argument("--agent", choices=parent_tutti.KINDS, default="small",
                        help="cds: which agent: the lab's small one, or `tutti parent serve` with updates or EPP")
    parser.add_argument("--zones", type=int, default=1, help="zone1.lab. to zoneN.lab.")
    parser.add_argument("--green-csk", action="store_true", help="Knot signs with a single key (CSK)")
    parser.add_argument("--fresh-blue", action="store_true",
                        help="BIND made its keys just now; else as if it had signed and been delegated for long")
    parser.add_argument("--slow-notify", action="store_true", help="leave NOTIFY to the servers alone (see notifier.py)")
    parser.add_argument("--propagation", type=int, default=10, metavar="S",
                        help="propagation delay that BIND's and Knot's own rollovers allow for")


def settings_from(arguments: argparse.Namespace) -> Settings:
    dnskey = {s: getattr(arguments, f"ttl_dnskey_{s}") or arguments.ttl_dnskey for s in SIGNERS}
    ttls = Ttls(arguments.ttl_ds, arguments.ttl_parent_ns, arguments.ttl_child_ns, dnskey, arguments.ttl_data,
                arguments.ttl_negative)
    return Settings(str(arguments.dir.resolve()), arguments.zones, ttls, arguments.parent_mode, arguments.agent,
                    arguments.green_csk, arguments.propagation, arguments.fresh_blue, arguments.slow_notify)


def up(arguments: argparse.Namespace) -> None:
    settings = settings_from(arguments)
    lab, took = bring_up.up(settings)
    (lab.path / "tutti.toml").write_text(config.text(settings))
    if settings.parent_mode == "cds":
        parent_tutti.start(lab, BINARY)
    print(f"The lab is up in {took:.1f} s: {settings.path}")


def down(arguments: argparse.Namespace) -> None:
    call(arguments.dir, "shutdown")
    deadline = time.monotonic() + 10
    while (arguments.dir / "supervisor.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def status(arguments: argparse.Namespace) -> None:
    for name, entry in call(arguments.dir, "status").items():
        server = SERVERS.get(name)
        where = f"{server.brand:9} {server.address}" if server else ""
        state = entry["state"] + (f" ({entry['returncode']})" if entry["state"] == "ended" else "")
        print(f"{name:10} {where:21} {state}{', frozen' if entry['frozen'] else ''}")


def logs(arguments: argparse.Namespace) -> None:
    folders = [arguments.server] if arguments.server else sorted(p.parent.name for p in arguments.dir.glob("*/log"))
    for name in folders:
        if not arguments.server:
            print(f"==> {arguments.dir}/{name}/log")
        lines = (arguments.dir / name / "log").read_text(errors="replace").splitlines()
        print("\n".join(lines if arguments.server else lines[-5:]))


def execute(arguments: argparse.Namespace) -> None:
    namespace.enter(call(arguments.dir, "ping"))
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    os.execvp(command[0], command)


def fault(arguments: argparse.Namespace) -> None:
    lab = bring_up.Lab.open(arguments.dir)
    getattr(faults, arguments.verb)(lab, arguments.server)


def rollover(arguments: argparse.Namespace) -> None:
    lab = bring_up.Lab.open(arguments.dir)
    print(faults.rollover(lab, arguments.signer, arguments.kind, arguments.zone or lab.settings.zone_names[0]))


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="lab.py", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, what: str, run) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=what, description=what)
        sub.add_argument("--dir", type=Path, default=DEFAULT_DIR, help="the folder of the run")
        sub.set_defaults(run=run)
        return sub

    add_settings(command("up", "build and start everything in a new folder", up))
    command("down", "stop everything; the folder stays", down)
    command("status", "who runs", status)
    command("logs", "the last lines of every log, or one whole log", logs).add_argument("server", nargs="?")
    command("exec", "run a command inside the lab's namespace", execute).add_argument(
        "command", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    for verb, what in (("freeze", "a secondary keeps its old zone: it hears nothing from its primary"),
                       ("hang", "a server answers nothing but keeps its port (SIGSTOP)"),
                       ("thaw", "undo freeze and hang"), ("stop", "stop a server"), ("kill", "kill a server"),
                       ("start", "start it again")):
        sub = command(verb, what, fault)
        sub.add_argument("server")
        sub.set_defaults(verb=verb)
    sub = command("rollover", "a signer rolls a key by itself", rollover)
    sub.add_argument("signer", choices=SIGNERS)
    sub.add_argument("kind", choices=("zsk", "ksk"))
    sub.add_argument("--zone")
    sub = commands.add_parser("run", help="the testbed: changes of signers, round after round", description=testbed.__doc__,
                              formatter_class=argparse.RawDescriptionHelpFormatter)
    testbed.add_options(sub)
    sub.set_defaults(run=testbed.run)
    sub = commands.add_parser("stats", help="what came of the testbed's rounds")
    sub.add_argument("--results", type=Path, default=testbed.DEFAULT_RESULTS, metavar="DIR")
    sub.add_argument("--csv", type=Path, metavar="FILE", help="write all rounds to this file, too")
    sub.set_defaults(run=testbed.stats)
    return top


def main() -> None:
    arguments = parser().parse_args()
    if hasattr(arguments, "dir"):
        arguments.dir = arguments.dir.resolve()
    try:
        arguments.run(arguments)
    except (SupervisorError, OSError, NotReady) as error:
        sys.exit(f"lab.py: {error}")


if __name__ == "__main__":
    main()
