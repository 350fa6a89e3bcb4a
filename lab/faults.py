"""What goes wrong on purpose, and the key rollovers that signers do by themselves."""

from __future__ import annotations

import re

from lab.bring_up import Lab
from lab.servers import bind, knot, nsd
from lab.topology import SERVERS, SIGNERS, Server


def server_called(name: str) -> Server:
    if name not in SERVERS:
        raise OSError(f"no server is called {name}; there are: {' '.join(SERVERS)}")
    return SERVERS[name]


def freeze(lab: Lab, name: str) -> None:
    """A secondary goes on answering with the zone it has, and does not hear of any change."""
    server = server_called(name)
    if not server.follows:
        raise OSError(f"{name} follows no primary, so there is nothing to cut it off from (use hang or stop)")
    lab.call("freeze", name=name, source=server.address, destination=server.follows)


def hang(lab: Lab, name: str) -> None:
    lab.call("hang", name=name)


def thaw(lab: Lab, name: str) -> None:
    """Undoes freeze and hang; a secondary then looks at its primary at once."""
    lab.call("thaw", name=name)
    if name in SERVERS and SERVERS[name].follows:
        refresh(lab, SERVERS[name])


def stop(lab: Lab, name: str) -> None:
    lab.call("stop", name=name)


def kill(lab: Lab, name: str) -> None:
    lab.call("kill", name=name)


def start(lab: Lab, name: str) -> None:
    lab.call("start", name=name)
    if name in SERVERS:
        lab.wait_again(SERVERS[name])


def refresh(lab: Lab, server: Server) -> None:
    home = lab.home(server)
    if server.brand == "knot":
        knot.control(home, "zone-refresh")
    elif server.brand == "nsd":
        nsd.control(home, "transfer")
    elif server.brand == "bind":
        for zone in lab.settings.zone_names:
            bind.control(home, "refresh", zone)


def rollover(lab: Lab, signer: str, kind: str, zone: str) -> str:
    """Tells a signer to roll one of its keys by its own timing, which knows nothing of the others."""
    primary = SIGNERS[signer][0]
    home = lab.home(primary)
    if primary.brand == "knot":
        return knot.control(home, "zone-key-rollover", zone, kind)
    if primary.brand == "bind":
        tag = active_key(bind.control(home, "dnssec", "-status", zone), kind)
        return bind.control(home, "dnssec", "-rollover", "-key", str(tag), zone)
    raise OSError("PowerDNS rolls no key by itself: its keys are driven through the API")


def active_key(status: str, kind: str) -> int:
    """The tag of the key in use, from `rndc dnssec -status`."""
    for tag, role, text in re.findall(r"^key: (\d+) \(\w+\), (\w+)\n((?:  .*\n|\n)*)", status, re.MULTILINE):
        in_use = re.search(r"(zone|key) signing: +yes", text)
        if role.lower() in (kind, "csk") and in_use:
            return int(tag)
    raise OSError(f"no {kind} in use:\n{status}")
