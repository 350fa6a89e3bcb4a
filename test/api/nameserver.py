"""One Knot DNS with the parent's zone and a signed child, so that there is something to be seen."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from daemon import PATIENCE_S

PORT = 5391            # daemon.py names it, too
SECRET = "c2VjcmV0IHNlY3JldCBzZWNyZXQ="
CONFIG = f"""
server:
    rundir: "."
    listen: [127.0.9.1@{PORT}, 127.0.9.3@{PORT}]
database:
    storage: "."
key:
  - id: ctl
    algorithm: hmac-sha256
    secret: {SECRET}
acl:
  - id: control
    key: ctl
    action: [update, transfer]
policy:
  - id: short
    algorithm: ecdsap256sha256
    manual: on
    dnskey-ttl: 5
    zone-max-ttl: 10
template:
  - id: default
    storage: "."
    acl: control
zone:
  - domain: lab.
  - domain: a.lab.
    dnssec-signing: on
    dnssec-policy: short
"""
PARENT = """$TTL 5
@ SOA ns.lab. hostmaster.lab. 1 3600 600 86400 5
@ NS ns.lab.
ns A 127.0.9.3
a NS ns.blue.lab.
ns.blue A 127.0.9.1
"""
CHILD = """$TTL 5
@ SOA ns.blue.lab. hostmaster.lab. 1 3600 600 86400 5
@ NS ns.blue.lab.
www A 192.0.2.1
"""


class NameServer:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "knot.conf").write_text(CONFIG)
        (folder / "lab.zone").write_text(PARENT)
        (folder / "a.lab.zone").write_text(CHILD)
        self.keys(folder)
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen(["knotd", "-c", "knot.conf"], cwd=folder, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self.process.poll() is None:
            asked = subprocess.run(["kdig", f"@127.0.9.1", "-p", str(PORT), "+time=1", "+retry=0", "a.lab.", "DNSKEY", "+short"],
                                   capture_output=True, text=True, check=False)
            if asked.stdout.strip().startswith("25"):
                return
            time.sleep(0.1)
        raise SystemExit(f"the name server does not start: {(folder / 'log').read_text()[-2000:]}")

    @staticmethod
    def keys(folder: Path) -> None:
        """The child's, and the DS at the parent."""
        def keymgr(*words: str) -> str:
            return subprocess.run(["keymgr", "-c", "knot.conf", "a.lab.", *words], cwd=folder, check=True, capture_output=True, text=True).stdout
        ksk = keymgr("generate", "algorithm=13", "ksk=yes", "zsk=no").split()[0]
        keymgr("generate", "algorithm=13", "ksk=no", "zsk=yes")
        digest = next(line for line in keymgr("ds", ksk).splitlines() if line.split()[4] == "2")
        with open(folder / "lab.zone", "a") as parent:
            parent.write("a DS " + digest.split("DS ", 1)[1] + "\n")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE_S)
