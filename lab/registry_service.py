"""The registry of `lab.` in the lab: parent_mode = "epp". It publishes to parent1, a moment after each change."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lab.dnsio import ask, ds_records, eventually
from lab.registry import control
from lab.topology import PARENT, PARENTS, REGISTRY, SIGNERS, UPDATE_KEY, Settings, name_servers

if TYPE_CHECKING:
    from lab.bring_up import Lab

CLIENT = "Tutti"
DELAY_S = 1.5              # from the registry's data base to the zone


def folder(settings: Settings) -> Path:
    return settings.path / "registry"


def start(lab: Lab) -> None:
    """Starts it, and tells it what is delegated already."""
    settings, path = lab.settings, folder(lab.settings)
    path.mkdir(exist_ok=True)
    password = secrets.token_hex(8)
    for name, text in (("password", password), ("accounts", f"{CLIENT}:{password}")):
        (path / name).touch(mode=0o600)
        (path / name).write_text(text + "\n")
    lab.call("spawn", name="registry", argv=[
        sys.executable, str(Path(__file__).with_name("registry") / "__main__.py"), str(path), "--host", REGISTRY, "--port", "700",
        "--account-file", str(path / "accounts"), "--zone", PARENT, "--publish-to", PARENTS[0].address,
        "--key", UPDATE_KEY, "--key-file", str(settings.path / f"{UPDATE_KEY.rstrip('.')}.secret"),
        "--delay", str(DELAY_S), "--ttl", str(settings.ttls.ds), "--record", str(path / "frames")])
    door = path / "control.sock"
    eventually("the registry is open", lambda: control.call(door, "state"))
    for signer in SIGNERS:
        for host in name_servers(signer):
            control.call(door, "host", name=host.rstrip("."), client=CLIENT, addresses=[])
    for zone in settings.zone_names:
        keys = ask(SIGNERS["blue"][0].address, zone, "DNSKEY")
        sec = [{"ds": [ds.key_tag, ds.algorithm, ds.digest_type, ds.digest.hex().upper()], "key": None}
               for ds in ds_records(zone, keys)]
        control.call(door, "domain", name=zone.rstrip("."), client=CLIENT, sec=sec,
                     ns={host.rstrip("."): [] for host in name_servers("blue")},
                     ttl={"NS": settings.ttls.parent_ns, "DS": settings.ttls.ds})


def client_settings(settings: Settings) -> str:
    """The rest of the section of the parent in tutti.toml."""
    path = folder(settings)
    return f"""\
[parent.{PARENT.rstrip('.')}.epp]
server = "{REGISTRY}:700"
server_name = "epp.lab"
client = "{CLIENT}"
password = {{ file = "{path}/password" }}
ca = "{path}/ca.pem"
certificate = "{path}/client.pem"
key = {{ file = "{path}/client.key" }}
frame_log = "{path}/frames.log"
"""
