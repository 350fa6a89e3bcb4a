"""Knot DNS: the root, the parent, green's primary, and secondaries."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from lab.topology import TRANSFER_KEY, UPDATE_KEY, Server


@dataclass
class Zone:
    name: str
    text: str = ""                       # the unsigned zone; empty at a secondary
    notify: dict[str, str] = field(default_factory=dict)   # remote id -> address


@dataclass
class Policy:
    """How a primary signs. The values are those that let foreign DNSKEYs and CDS in by update."""

    dnskey_ttl: int
    zone_max_ttl: int
    propagation: int = 10
    csk: bool = False
    foreign_keys: bool = False


def configure(server: Server, home: Path, secrets: dict[str, str], zones: list[Zone],
              policy: Policy | None = None, notify: dict[str, str] | None = None) -> list[str]:
    """Writes knot.conf and the zone files; a `policy` makes a signing primary, none a secondary."""
    (home / "db").mkdir(parents=True, exist_ok=True)
    remotes = dict(notify or {})
    text = f"""\
server:
    listen: {server.address}@53
    rundir: {home}
    pidfile: {home}/knot.pid
    udp-workers: 1
    tcp-workers: 2
    background-workers: 2
    tcp-idle-timeout: 10
    tcp-remote-io-timeout: 2000
control:
    listen: {home}/knot.sock
log:
  - target: stderr
    any: info
database:
    storage: {home}/db
    journal-db-max-size: 256M
    kasp-db-max-size: 100M
    timer-db-max-size: 50M
key:
""" + "".join(f"  - id: {name}\n    algorithm: hmac-sha256\n    secret: {secret}\n"
              for name, secret in secrets.items())
    if policy:
        text += _primary(server, home, zones, policy, remotes)
    else:
        text += _secondary(server, home, zones)
    (home / "knot.conf").write_text(text)
    for zone in zones:
        if zone.text:
            (home / f"{zone.name}zone").write_text(zone.text)
    return ["knotd", "-c", str(home / "knot.conf")]


def _primary(server: Server, home: Path, zones: list[Zone], policy: Policy, remotes: dict[str, str]) -> str:
    text = ""
    if remotes:
        text += "remote:\n" + "".join(f"  - id: {name}\n    address: {address}@53\n    via: {server.address}\n"
                                      for name, address in remotes.items())
    text += f"""\
acl:
  - id: update
    key: {UPDATE_KEY}
    action: [update, transfer]
  - id: follow
    key: {TRANSFER_KEY}
    action: transfer
policy:
  - id: sign
    algorithm: ecdsap256sha256
    ksk-lifetime: 0
    zsk-lifetime: 0
    single-type-signing: {'on' if policy.csk else 'off'}
    dnskey-ttl: {policy.dnskey_ttl}
    zone-max-ttl: {policy.zone_max_ttl}
    propagation-delay: {policy.propagation}
    rrsig-lifetime: 14d
    rrsig-refresh: 7d
    cds-cdnskey-publish: {'always' if policy.foreign_keys else 'none'}
"""
    if policy.foreign_keys:
        text += "    dnskey-management: incremental\n    delete-delay: 1d\n"
    text += "zone:\n"
    for zone in zones:
        # `whole` + `changes` keeps what came by update over a restart; other pairs lose it.
        text += f"""\
  - domain: {zone.name}
    file: {home}/{zone.name}zone
    acl: [update, follow]
    dnssec-signing: on
    dnssec-policy: sign
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: changes
    serial-policy: increment
"""
        if remotes:
            text += f"    notify: [{', '.join(remotes)}]\n"
    return text


def _secondary(server: Server, home: Path, zones: list[Zone]) -> str:
    text = f"""\
remote:
  - id: primary
    address: {server.follows}@53
    via: {server.address}
    key: {TRANSFER_KEY}
acl:
  - id: notify
    address: 127.0.0.0/8
    action: notify
  - id: notify-signed            # PowerDNS signs its NOTIFY with the first key that may transfer
    address: 127.0.0.0/8
    key: [{UPDATE_KEY}, {TRANSFER_KEY}]
    action: notify
zone:
"""
    for zone in zones:
        text += f"""\
  - domain: {zone.name}
    file: {home}/{zone.name}zone
    master: primary
    acl: [notify, notify-signed]
    zonefile-load: none
    zonefile-sync: -1
    journal-content: all
"""
    return text


def run_keymgr(home: Path, *arguments: str) -> str:
    done = subprocess.run(["keymgr", "-c", str(home / "knot.conf"), *arguments],
                          capture_output=True, text=True, check=True)
    return done.stdout


def control(home: Path, *arguments: str) -> str:
    done = subprocess.run(["knotc", "-s", str(home / "knot.sock"), *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"knotc {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


