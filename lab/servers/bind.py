"""BIND 9: blue's primary, a dynamic zone that it signs by itself without inline signing; and its secondary."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lab.topology import CONTROLLER, TRANSFER_KEY, UPDATE_KEY, Server, Ttls

RNDC_KEY = "rndc"


def configure(server: Server, home: Path, secrets: dict[str, str], rndc_secret: str, zones: dict[str, str],
              ttls: Ttls, propagation: int, secondary: str = "") -> list[str]:
    """Writes named.conf, rndc.conf and zone files. `secondary`: whom a primary notifies."""
    (home / "keys").mkdir(parents=True, exist_ok=True)
    keys = "".join(f'key "{name}" {{ algorithm hmac-sha256; secret "{secret}"; }};\n'
                   for name, secret in {**secrets, RNDC_KEY: rndc_secret}.items())
    text = keys + f"""\
controls {{ inet {server.address} port 953 allow {{ 127.0.0.0/8; }} keys {{ "{RNDC_KEY}"; }}; }};
options {{
    directory "{home}";
    key-directory "{home}/keys";
    pid-file "{home}/named.pid";
    session-keyfile "{home}/session.key";
    managed-keys-directory "{home}";
    listen-on port 53 {{ {server.address}; }};
    listen-on-v6 {{ none; }};
    query-source address {server.address};
    transfer-source {server.address};
    notify-source {server.address};
    use-alt-transfer-source no;
    recursion no;
    dnssec-validation no;
    minimal-responses yes;
    max-udp-size 4096;
    notify-delay 0;
    notify-rate 200;
    startup-notify-rate 200;
    serial-query-rate 200;
    min-refresh-time 1;
    min-retry-time 1;
    allow-transfer {{ key "{UPDATE_KEY}"; key "{TRANSFER_KEY}"; }};
    empty-zones-enable no;
}};
logging {{
    channel out {{ stderr; severity info; print-time yes; print-category yes; }};
    category default {{ out; }};
    category lame-servers {{ null; }};
}};
"""
    text += _primary(zones, ttls, propagation, secondary) if not server.follows else _secondary(server, zones)
    (home / "named.conf").write_text(text)
    (home / "rndc.conf").write_text(keys + f'options {{ default-server {server.address}; default-port 953; '
                                           f'default-key "{RNDC_KEY}"; }};\n')
    if not server.follows:
        for zone, content in zones.items():
            (home / f"{zone}zone").write_text(content)
    return ["named", "-f", "-g", "-n", "1", "-c", str(home / "named.conf")]


def _primary(zones: dict[str, str], ttls: Ttls, propagation: int, secondary: str) -> str:
    text = f"""\
dnssec-policy "sign" {{
    keys {{ ksk lifetime unlimited algorithm ecdsap256sha256; zsk lifetime unlimited algorithm ecdsap256sha256; }};
    dnskey-ttl {ttls.dnskey['blue']};
    max-zone-ttl {ttls.data};
    zone-propagation-delay {propagation};
    publish-safety 1;
    retire-safety 1;
    purge-keys 0;
    parent-ds-ttl {ttls.ds};
    parent-propagation-delay {propagation};
    signatures-refresh 5d;
    signatures-validity 14d;
    signatures-validity-dnskey 14d;
}};
"""
    for zone in zones:
        text += f"""\
zone "{zone}" {{
    type primary;
    file "{zone}zone";
    dnssec-policy "sign";
    inline-signing no;
    sig-signing-nodes 5000;
    sig-signing-signatures 5000;
    update-policy {{ grant {UPDATE_KEY} zonesub ANY; }};
    notify explicit;
    also-notify {{ {secondary}; {CONTROLLER}; }};
}};
"""
    return text


def _secondary(server: Server, zones: dict[str, str]) -> str:
    return "".join(f"""\
zone "{zone}" {{
    type secondary;
    file "{zone}zone";
    primaries {{ {server.follows} key "{TRANSFER_KEY}"; }};
    notify no;
    allow-notify {{ 127.0.0.0/8; }};
}};
""" for zone in zones)


def make_old_keys(home: Path, zone: str, ttl: int) -> None:
    """Keys whose state says that the zone has been signed and delegated for long.

    A BIND that made its keys just now deletes its own CDS at the next key event, also one that came by
    update, and publishes it again only later. A zone that starts in the delegation must be past that.
    """
    ago = "now-30d"
    for role, states in (("KSK", ["-k", "OMNIPRESENT", ago, "-r", "OMNIPRESENT", ago, "-d", "OMNIPRESENT", ago]),
                         ("ZSK", ["-k", "OMNIPRESENT", ago, "-z", "OMNIPRESENT", ago])):
        made = run("dnssec-keygen", "-q", "-K", str(home / "keys"), "-a", "ECDSAP256SHA256", "-L", str(ttl),
                   *(["-f", "KSK"] if role == "KSK" else []), "-P", ago, "-A", ago, zone)
        sync = ["-P", "sync", ago] if role == "KSK" else []
        run("dnssec-settime", "-K", str(home / "keys"), "-s", "-g", "OMNIPRESENT", *states, *sync, made.strip())


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def control(home: Path, *arguments: str) -> str:
    done = subprocess.run(["rndc", "-c", str(home / "rndc.conf"), *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"rndc {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout
