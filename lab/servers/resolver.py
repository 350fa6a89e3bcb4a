"""The resolvers that observe: Unbound in several tempers, and Knot Resolver as another brand."""

from __future__ import annotations

from pathlib import Path

from lab.topology import CACHE, ROOT, Server
from lab.zones import ROOT_SERVER

STRICT = "    val-max-restart: 0\n    val-bogus-ttl: 1\n    aggressive-nsec: no\n"
FORWARD = f'forward-zone:\n    name: "."\n    forward-addr: {CACHE.address}\n'

# What sets each Unbound apart: additions to its server clause, and clauses after it.
TEMPERS: dict[str, tuple[str, str]] = {
    # As a newcomer installs it. It asks other servers again and fetches keys again before it gives up.
    "default": ("", ""),
    # Gives up at once: what is bogus once is bogus.
    "strict": (STRICT, ""),
    # Strict, behind a cache that does not validate: keys and data can have different ages.
    "chain": (STRICT, FORWARD),
    # As chain, and hardly caching: like a fleet of freshly started stubs behind one shared cache.
    "stub": (STRICT + "    cache-max-ttl: 1\n    cache-max-negative-ttl: 1\n", FORWARD),
    # The cache behind chain and stub.
    "cache": ('    module-config: "iterator"\n', ""),
}


def configure_unbound(server: Server, home: Path, root_key: Path) -> list[str]:
    home.mkdir(parents=True, exist_ok=True)
    inside, after = TEMPERS[server.name]
    (home / "root.hints").write_text(f". 300 IN NS {ROOT_SERVER}\n{ROOT_SERVER} 300 IN A {ROOT.address}\n")
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
    home.mkdir(parents=True, exist_ok=True)
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
""")
    return ["kresd", "-n", "-c", str(home / "kresd.conf"), str(home)]
