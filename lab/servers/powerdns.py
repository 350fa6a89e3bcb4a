"""PowerDNS: red's primary, live signing, changed by its HTTP API."""

from __future__ import annotations

import json
import sqlite3
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from lab.topology import CONTROLLER, POWERDNS_API, TRANSFER_KEY, UPDATE_KEY, Server

SCHEMA = Path("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql")


def configure(server: Server, home: Path, api_key: str) -> list[str]:
    home.mkdir(parents=True, exist_ok=True)
    database = home / "pdns.sqlite"
    with sqlite3.connect(database) as connection:
        connection.executescript(SCHEMA.read_text())
    connection.close()
    (home / "pdns.conf").write_text(f"""\
daemon=no
guardian=no
disable-syslog=yes
loglevel=5
socket-dir={home}
local-address={server.address}
local-port=53
query-local-address={server.address}
receiver-threads=1
distributor-threads=1
signing-threads=1
launch=gsqlite3
gsqlite3-database={database}
gsqlite3-dnssec=yes
gsqlite3-pragma-journal-mode=WAL
direct-dnskey=yes
primary=yes
xfr-cycle-interval=1
only-notify=
allow-axfr-ips=
api=yes
api-key={api_key}
webserver=yes
webserver-address={server.address}
webserver-port=8081
webserver-allow-from=127.0.0.0/8
webserver-loglevel=none
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
zone-metadata-cache-ttl=0
dnssec-key-cache-ttl=0
default-ksk-algorithm=ecdsa256
default-zsk-algorithm=ecdsa256
""")
    return ["pdns_server", f"--config-dir={home}"]


class Api:
    """The part of PowerDNS's HTTP API that the lab uses."""

    def __init__(self, api_key: str) -> None:
        self.api_key = api_key

    def call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(f"{POWERDNS_API}/api/v1/servers/localhost{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"X-API-Key": self.api_key, "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=5) as reply:
                text = reply.read()
        except urllib.error.HTTPError as error:
            raise OSError(f"{method} {path}: {error.code} {error.read().decode()}") from None
        return json.loads(text) if text else None

    def add_tsig_key(self, name: str, secret: str) -> None:
        self.call("POST", "/tsigkeys", {"name": name, "algorithm": "hmac-sha256", "key": secret})

    def add_zone(self, zone: str, text: str, secondary: str) -> None:
        self.call("POST", "/zones", {"name": zone, "kind": "Master", "zone": text, "dnssec": True,
                                     "soa_edit_api": "INCREASE", "nameservers": [],
                                     "master_tsig_key_ids": [UPDATE_KEY, TRANSFER_KEY]})
        self.call("PUT", f"/zones/{zone}/metadata/ALSO-NOTIFY",
                  {"metadata": [f"{secondary}:53", f"{CONTROLLER}:53"]})

    def replace(self, zone: str, name: str, rdtype: str, ttl: int, contents: list[str]) -> None:
        """Sets an RRset (none: deletes it) and tells the secondary, which a PATCH alone does not."""
        change = {"name": name, "type": rdtype, "ttl": ttl, "changetype": "REPLACE" if contents else "DELETE",
                  "records": [{"content": c, "disabled": False} for c in contents]}
        self.call("PATCH", f"/zones/{zone}", {"rrsets": [change]})
        self.call("PUT", f"/zones/{zone}/notify")

    def rrset(self, zone: str, name: str, rdtype: str) -> list[str]:
        for found in self.call("GET", f"/zones/{zone}")["rrsets"]:
            if found["name"] == name and found["type"] == rdtype:
                return [r["content"] for r in found["records"]]
        return []
