"""Who plays the parent that reads CDS and CSYNC: the small agent of the lab, or `tutti parent serve`.

`tutti` writes into the parent zone by dynamic update, or by EPP into the test registry, which publishes its data
base as the zone.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

from lab.bring_up import Lab
from lab.config import toml_list
from lab.dnsio import ask, eventually, new_secret, rrset
from lab.topology import AGENT, PARENT, PARENTS, SERVERS, SIGNERS, UPDATE_KEY, addresses, name_servers

EPP_PORT = 7000
CLIENT = "agent"
KINDS = ("small", "update", "epp", "notify")      # of Settings.agent


def start(lab: Lab, binary: Path) -> None:
    """The parent's agent, as this lab wants it; it listens when this returns."""
    kind = lab.settings.agent
    if kind == "small":
        script = Path(__file__).with_name("parent_agent.py")
        lab.call("spawn", name="agent", argv=[sys.executable, str(script), str(lab.path)])
        return
    if kind == "epp":
        start_registry(lab)
    (lab.path / "parent.toml").write_text(text(lab, kind))
    lab.call("spawn", name="agent", argv=[str(binary), "parent", "serve", "--config", str(lab.path / "parent.toml")])
    eventually(f"the parent's agent has read its zone (its log: {lab.path}/agent/log)",
               lambda: " children, version " in (lab.path / "agent" / "log").read_text(), 20)


def text(lab: Lab, kind: str) -> str:
    path = lab.path
    tsig = f'{{ name = "{UPDATE_KEY}", algorithm = "hmac-sha256", secret = {{ file = "{path}/ctl.secret" }} }}'
    primary = PARENTS[0].address
    out = f"""\
[parent-agent]
zone = "{PARENT}"
registry = "registry"
database = "parent.db"
transfer = "{primary}"
tsig = {tsig}
resolver = "{SERVERS['default'].address}"
trust_anchor = "root.key"
allow_addresses = ["127.0.0.0/8"]
set = ["backoff=1s,2s,4s,8s"]
interval = "{'1d' if kind == 'notify' else '5s'}"
reload = "1s"
addresses = "20s"
messages = "1s"
[parent-agent.scan]
waits = ["500ms", "1s"]
[parent-agent.notify]
listen = ["{AGENT}:53"]
target = "agent.{PARENT}"
per_zone = 60
[parent.registry]
zone = "{PARENT}"
servers = {toml_list([s.address for s in PARENTS])}
"""
    if kind != "epp":
        return out + f'driver = "rfc2136"\nupdate = "{primary}"\ntsig = {tsig}\n'
    home = path / "registry"
    return out + f"""\
driver = "epp"
[parent.registry.epp]
server = "127.0.0.1:{EPP_PORT}"
client = "{CLIENT}"
password = {{ file = "{path}/epp.secret" }}
ca = "{home}/ca.pem"
certificate = "{home}/client.pem"
key = {{ file = "{home}/client.key" }}
frame_log = "{path}/frames.log"
"""


def start_registry(lab: Lab) -> None:
    """The test registry with what is in the parent zone now; from now on it alone writes there."""
    password = new_secret(lab.path / "epp.secret")[:12]
    (lab.path / "epp.secret").write_text(password + "\n")
    home = lab.path / "registry"
    home.mkdir(exist_ok=True)
    lab.call("spawn", name="registry", argv=[
        "/usr/bin/env", f"PYTHONPATH={Path(__file__).resolve().parents[1]}", sys.executable, "-m", "lab.registry",
        str(home), "--port", str(EPP_PORT), "--account", f"{CLIENT}:{password}", "--zone", PARENT,
        "--ttl", str(lab.settings.ttls.ds), "--publish-to", PARENTS[0].address, "--key", UPDATE_KEY,
        "--key-file", str(lab.path / "ctl.secret"), "--record", str(home / "frames")])
    eventually("the test registry answers", lambda: control(lab, "state") is not None, 20)
    for signer in SIGNERS:
        for name, address in zip(name_servers(signer), addresses(signer), strict=True):
            control(lab, "host", name=name.rstrip("."), client=CLIENT, addresses=[address])
    signers = ["blue", "green"] if lab.settings.insecure else ["blue"]
    for zone in lab.settings.zone_names:
        answer = ask(PARENTS[0].address, zone, "DS")
        sec = [{"ds": [r.key_tag, r.algorithm, r.digest_type, r.digest.hex().upper()], "key": None}
               for r in rrset(answer, zone, "DS") or []]
        control(lab, "domain", name=zone.rstrip("."), client=CLIENT,
                ns={n.rstrip("."): [] for s in signers for n in name_servers(s)}, sec=sec)


def changed_twice(lab: Lab) -> list[str]:
    """What was changed at the parent more than once, by what its servers showed and by the registry's journal."""
    found: list[str] = []
    shown: dict[tuple[str, str], list[Any]] = {}
    for line in (lab.path / "observe" / "states.jsonl").read_text().splitlines():
        for zone, state in json.loads(line)["zones"].items():
            for address, at in state["parent"].items():
                past = shown.setdefault((zone, address), [])
                if at and (not past or past[-1] != at):
                    found += [f"{zone} at {address}: again {at}"] if at in past else []
                    past.append(at)
    if lab.settings.agent == "epp":
        made = [(e["name"], e["verb"], e["change"]) for e in control(lab, "journal") if e["verb"] == "update"]
        found += [f"registry: {name} twice in a row: {change}" for (name, verb, change), after in zip(made, made[1:], strict=False)
                  if after == (name, verb, change)]
    return found


def control(lab: Lab, op: str, **arguments: Any) -> Any:
    """The staff's door of the test registry."""
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(str(lab.path / "registry" / "control.sock"))
        door.sendall(json.dumps({"op": op, **arguments}).encode() + b"\n")
        answer = json.loads(door.makefile().readline())
    if "error" in answer:
        raise OSError(f"test registry: {op}: {answer['error']}")
    return answer["ok"]
