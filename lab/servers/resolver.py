"""The resolvers that observe: Unbound in several tempers, and BIND, Knot Resolver, PowerDNS Recursor as other brands."""

from __future__ import annotations

from pathlib import Path

from lab.topology import CACHE, FORWARDED, ROOT, Server
from lab.zones import ROOT_SERVER

STRICT = "    val-max-restart: 0\n    val-bogus-ttl: 1\n    aggressive-nsec: no\n"
# More patient with its cache than that is with name servers: otherwise it gives up (after 0.8 s here, where every answer
# comes within a millisecond) while the cache goes from a server that has just stopped to another one.
PATIENT = "    infra-cache-min-rtt: 500\n"
FORWARD = f'forward-zone:\n    name: "."\n    forward-addr: {CACHE.address}\n'

# What sets each Unbound apart: additions to its server clause, and clauses after it.
TEMPERS: dict[str, tuple[str, str]] = {
    # As a newcomer installs it. It asks other servers again and fetches keys again before it gives up.
    "default": ("", ""),
    # Gives up at once: what is bogus once is bogus.
    "strict": (STRICT, ""),
    # Strict, behind a cache that does not validate: keys and data can have different ages.
    "chain": (STRICT + PATIENT, FORWARD),
    # As chain, and hardly caching: like a fleet of freshly started stubs behind one shared cache.
    "stub": (STRICT + PATIENT + "    cache-max-ttl: 1\n    cache-max-negative-ttl: 1\n", FORWARD),
    # What RFC 6840 and RFC 9156 leave to choice, as strict as it goes: every algorithm of the DS must sign, the
    # NS of a delegation are validated on the way, no more of the name is shown than needed.
    "hardened": (STRICT + "    harden-algo-downgrade: yes\n    harden-referral-path: yes\n    harden-below-nxdomain: yes\n"
                 "    qname-minimisation: yes\n    qname-minimisation-strict: yes\n", ""),
    # The cache behind those that forward.
    "cache": ('    module-config: "iterator"\n', ""),
}


def configure(server: Server, home: Path, root_key: Path) -> list[str]:
    """Writes the resolver's configuration; the command that runs it."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "root.hints").write_text(f". 300 IN NS {ROOT_SERVER}\n{ROOT_SERVER} 300 IN A {ROOT.address}\n")
    brands = {"kresd": configure_kresd, "named": configure_named, "recursor": configure_recursor}
    return brands.get(server.brand, configure_unbound)(server, home, root_key)


def configure_unbound(server: Server, home: Path, root_key: Path) -> list[str]:
    inside, after = TEMPERS[server.name]
    (home / "unbound.conf").write_text(f"""\
server:
    interface: {server.address}
    port: 53
    do-ip6: no
    access-control: 127.0.0.0/8 allow
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "{home}"
    pidfile: "{home}/unbound.pid"
    use-syslog: no
    logfile: ""
    log-time-ascii: yes
    verbosity: 1
    val-log-level: 2
    log-servfail: yes
    ede: yes
    num-threads: 1
    msg-cache-size: 16m
    rrset-cache-size: 16m
    max-udp-size: 4096
    do-not-query-localhost: no
    root-hints: "{home}/root.hints"
    trust-anchor-file: "{root_key}"
{inside}remote-control:
    control-enable: no
{after}""")
    return ["unbound", "-d", "-c", str(home / "unbound.conf")]


def configure_kresd(server: Server, home: Path, root_key: Path) -> list[str]:
    forward = f"policy.add(policy.all(policy.FORWARD('{CACHE.address}')))\n" if server.name in FORWARDED else ""
    (home / "kresd.conf").write_text(f"""\
net.ipv6 = false
net.listen('{server.address}', 53, {{ kind = 'dns' }})
cache.open(20 * MB, 'lmdb://{home}/cache')
modules.unload('priming')
modules.unload('ta_signal_query')
modules.unload('detect_time_jump')
modules.unload('detect_time_skew')
modules.load('hints > iterate')
hints.root({{ ['{ROOT_SERVER}'] = '{ROOT.address}' }})
option('ALLOW_LOCAL', true)
trust_anchors.remove('.')
trust_anchors.add_file('{root_key}', true)
log_level('notice')
{forward}""")
    return ["kresd", "-n", "-c", str(home / "kresd.conf"), str(home)]


def configure_named(server: Server, home: Path, root_key: Path) -> list[str]:
    """BIND as a resolver that validates, with its defaults; or one that forwards."""
    words = root_key.read_text().split()
    flags, protocol, algorithm, key = *words[3:6], "".join(words[6:])
    forward = f"    forward only;\n    forwarders {{ {CACHE.address}; }};\n" if server.name in FORWARDED else ""
    (home / "named.conf").write_text(f"""\
options {{
    directory "{home}";
    pid-file "{home}/named.pid";
    session-keyfile "{home}/session.key";
    managed-keys-directory "{home}";
    listen-on port 53 {{ {server.address}; }};
    listen-on-v6 {{ none; }};
    query-source address {server.address};
    recursion yes;
    allow-recursion {{ 127.0.0.0/8; }};
    allow-query {{ 127.0.0.0/8; }};
    dnssec-validation yes;
    empty-zones-enable no;
    max-cache-size 16m;
{forward}}};
controls {{ }};
trust-anchors {{ "." static-key {flags} {protocol} {algorithm} "{key}"; }};
zone "." {{ type hint; file "root.hints"; }};
logging {{
    channel out {{ stderr; severity info; print-time yes; print-category yes; }};
    category default {{ out; }};
    category lame-servers {{ null; }};
}};
""")
    return ["named", "-f", "-g", "-4", "-n", "1", "-c", str(home / "named.conf")]


def configure_recursor(server: Server, home: Path, root_key: Path) -> list[str]:
    (home / "anchors.lua").write_text(f'clearTA()\nreadTrustAnchorsFromFile("{root_key}", 0)\n')
    (home / "recursor.conf").write_text(f"""\
daemon=no
disable-syslog=yes
loglevel=4
socket-dir={home}
local-address={server.address}
local-port=53
query-local-address={server.address}
dont-query=
hint-file={home}/root.hints
lua-config-file={home}/anchors.lua
dnssec=validate
dnssec-log-bogus=yes
extended-resolution-errors=yes
security-poll-suffix=
threads=1
pdns-distributes-queries=no
max-cache-entries=20000
max-packetcache-entries=20000
""")
    return ["pdns_recursor", f"--config-dir={home}"]
