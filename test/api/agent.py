"""The parent's agent, as the API shows it: first without its data base, then after it has looked at two children."""

from __future__ import annotations

import subprocess

from bench import Bench
from daemon import BINARY

CONFIG = """
[parent.registry]
driver = "zonefile"
directory = "review"
servers = ["127.0.9.3:5391"]
[parent-agent]
zone = "example."
registry = "registry"
database = "parent.db"
list = "delegations"
lookup = false
policy = "strict"
set = ["backoff=1s,2s,4s"]
allow_addresses = ["127.0.0.0/8"]
"""
DELEGATIONS = """c.example. NS ns.c.example. 127.0.9.1
c.example. DS 4711 13 2 0000000000000000000000000000000000000000000000000000000000000000
d.example. NS ns.d.example. 127.0.9.2
"""


def all_of_them(b: Bench) -> None:
    for path in ("/v1/agent", "/v1/agent/log", "/v1/agent/delegations", "/v1/agent/delegations/c.example."):
        b.expect("agent-unreadable", "GET", path)
    folder = b.daemon.folder
    (folder / "agent.toml").write_text(CONFIG)
    (folder / "review").mkdir(exist_ok=True)
    (folder / "delegations").write_text(DELEGATIONS)
    done = subprocess.run([BINARY, "parent", "serve", "--config", "agent.toml", "--once", "--dry-run"], cwd=folder,
                          capture_output=True, text=True, timeout=120, check=False)
    b.must(f"the agent: {done.stderr}", done.returncode == 0)
    shown = b.expect(200, "GET", "/v1/agent").json
    b.must(f"the agent's zone: {shown}", shown["configured"] and shown["zone"] == "example.")
    log = b.expect(200, "GET", "/v1/agent/log").json["entries"]
    page = b.expect(200, "GET", "/v1/agent/delegations?limit=1").json
    b.must(f"something is known of a child: {log} {page}", bool(log) and bool(page["delegations"]))
    while "next" in page:
        page = b.expect(200, "GET", f"/v1/agent/delegations?limit=1&cursor={page['next']}").json
    for entry in log[:3]:
        if entry["child"]:
            b.expect(200, "GET", f"/v1/agent/delegations/{entry['child']}")
    b.expect("child-unknown", "GET", "/v1/agent/delegations/nobody.example.")
    b.expect("child-invalid", "GET", "/v1/agent/delegations/a..b")
