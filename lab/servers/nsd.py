"""NSD: green's secondary."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lab.topology import TRANSFER_KEY, Server


def configure(server: Server, home: Path, secrets: dict[str, str], zones: list[str]) -> list[str]:
    (home / "zones").mkdir(parents=True, exist_ok=True)
    text = f"""\
server:
    ip-address: {server.address}
    port: 53
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{home}/zones"
    database: ""
    zonelistfile: "{home}/zone.list"
    xfrdfile: "{home}/xfrd.state"
    xfrdir: "{home}"
    pidfile: "{home}/nsd.pid"
    xfrd-reload-timeout: 0
    zonefiles-write: 1
    verbosity: 1
    hide-version: yes
    do-ip6: no
    rrl-ratelimit: 0
remote-control:
    control-enable: yes
    control-interface: {home}/nsd.sock
key:
    name: "{TRANSFER_KEY}"
    algorithm: hmac-sha256
    secret: "{secrets[TRANSFER_KEY]}"
"""
    for zone in zones:
        text += f"""\
zone:
    name: "{zone}"
    zonefile: "{zone}zone"
    allow-notify: 127.0.0.0/8 NOKEY
    request-xfr: {server.follows} {TRANSFER_KEY}
    outgoing-interface: {server.address}
    min-retry-time: 1
    min-refresh-time: 1
"""
    (home / "nsd.conf").write_text(text)
    return ["nsd", "-d", "-c", str(home / "nsd.conf")]


def control(home: Path, *arguments: str) -> str:
    done = subprocess.run(["nsd-control", "-c", str(home / "nsd.conf"), *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"nsd-control {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout
