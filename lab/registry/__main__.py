"""A test registry on its own: /usr/bin/python3 -m lab.registry DIR [options]; see doc/registry.md.

Everything is in DIR: the data base, the certificates (made if there are none), control.sock for whoever wants to
add domains, set locks or have something go wrong.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from lab.registry import certificates  # noqa: E402
from lab.registry.control import Control  # noqa: E402
from lab.registry.database import Database  # noqa: E402
from lab.registry.frames import CHANGE_POLL, SECDNS, TTL  # noqa: E402
from lab.registry.objects import Policy  # noqa: E402
from lab.registry.publish import Publisher  # noqa: E402
from lab.registry.registry import Registry  # noqa: E402
from lab.registry.server import Options, Server  # noqa: E402


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m lab.registry", description="A test registry: EPP over TLS.")
    parser.add_argument("dir", type=Path, help="where everything is")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (127.0.0.1)")
    parser.add_argument("--port", type=int, default=7000, help="port (7000; EPP's own is 700)")
    parser.add_argument("--account", action="append", default=[], metavar="ID:PASSWORD", help="who may log in")
    parser.add_argument("--account-file", type=Path, help="the same from a file, one a line")
    parser.add_argument("--sessions", type=int, default=4, help="most sessions of one account (4)")
    parser.add_argument("--idle", type=float, default=300, help="seconds until an idle session is closed (300)")
    parser.add_argument("--interface", choices=("ds", "key"), default="ds", help="form of secDNS (ds)")
    parser.add_argument("--host-attributes", action="store_true", help="name servers as attributes, not as objects")
    parser.add_argument("--no-ttl", action="store_true", help="without RFC 9803")
    parser.add_argument("--ttl", type=int, default=3600, help="TTL of NS and DS (3600)")
    parser.add_argument("--options", action="store_true", help="takes maxSigLife and urgent (RFC 5910)")
    parser.add_argument("--record", type=Path, help="folder to write every frame to")
    parser.add_argument("--zone", default="lab.", help="the zone that is published (lab.)")
    parser.add_argument("--publish-file", type=Path, help="publish as lines of a zone file")
    parser.add_argument("--publish-to", metavar="ADDRESS", help="publish by DNS UPDATE to this primary")
    parser.add_argument("--key", default="ctl.", help="name of the TSIG key (ctl.)")
    parser.add_argument("--key-file", type=Path, help="its secret, base64")
    parser.add_argument("--delay", type=float, default=0.5, help="seconds from a change to its publication (0.5)")
    return parser.parse_args()


def publisher(a: argparse.Namespace, registry: Registry) -> Publisher | None:
    if not a.publish_to and not a.publish_file:
        return None
    made = Publisher(registry, a.zone, a.delay)
    if a.publish_to:
        made.by_update(a.publish_to, a.key, a.key_file.read_text().strip())
    else:
        made.by_file(a.publish_file)
    registry.changed.set()
    return made


def main() -> None:
    a = arguments()
    a.dir.mkdir(parents=True, exist_ok=True)
    certificates.make(a.dir)
    policy = Policy(interface=a.interface, host_attributes=a.host_attributes, ttl=a.ttl, max_sig_life=a.options,
                    urgent=a.options)
    accounts = a.account + (a.account_file.read_text().split() if a.account_file else [])
    registry = Registry(Database(a.dir / "registry.db"), policy)
    extensions = (SECDNS, CHANGE_POLL) if a.no_ttl else (SECDNS, TTL, CHANGE_POLL)
    options = Options(host=a.host, port=a.port, accounts=dict(x.split(":", 1) for x in accounts), sessions=a.sessions,
                      idle_s=a.idle, extensions=extensions, record=a.record)
    server = Server(registry, options, certificates.context(a.dir))
    Control(server, publisher(a, registry)).serve(a.dir / "control.sock")
    print(f"EPP at {a.host}:{a.port}", flush=True)
    server.serve()


if __name__ == "__main__":
    main()
