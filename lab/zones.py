"""The text of the zones: the root, the parent `lab.`, and the child zones at each signer."""

from __future__ import annotations

from lab.topology import AGENT, PARENT, PARENTS, ROOT, SIGNERS, Ttls, addresses, host_zone, name_servers

ROOT_SERVER = "a.root-servers."
STEADY_TTL = 300     # of what never changes here

# What the observers ask for; `{zone}` is the child. The last two take sliding labels.
POSITIVE = (("www", "A"), ("www", "AAAA"), ("mail", "A"), ("a.deep.er", "TXT"))
ALIAS = "alias"
WILDCARD = "wild"
NEGATIVE = "nx"
MANY = 500           # names n0 to n499, each with an A record


def soa(mname: str, ttl: int, minimum: int, refresh: int = 10) -> str:
    """A SOA whose secondary asks again soon should a NOTIFY be lost, and that does not expire."""
    return f"@ {ttl} IN SOA {mname} hostmaster.{PARENT} 1 {refresh} 2 1209600 {minimum}\n"


def root(parent_ds: list[str]) -> str:
    text = "$ORIGIN .\n" + soa(ROOT_SERVER, STEADY_TTL, STEADY_TTL)
    text += f". {STEADY_TTL} IN NS {ROOT_SERVER}\n{ROOT_SERVER} {STEADY_TTL} IN A {ROOT.address}\n"
    for i, server in enumerate(PARENTS, 1):
        text += f"{PARENT} {STEADY_TTL} IN NS ns{i}.{PARENT}\n"
        text += f"ns{i}.{PARENT} {STEADY_TTL} IN A {server.address}\n"
    return text + "".join(f"{PARENT} {STEADY_TTL} IN DS {ds}\n" for ds in parent_ds)


def parent(ttls: Ttls, with_agent: bool) -> str:
    """The parent before any delegation: those come by dynamic update."""
    text = f"$ORIGIN {PARENT}\n" + soa(f"ns1.{PARENT}", STEADY_TTL, ttls.negative)
    for i, server in enumerate(PARENTS, 1):
        text += f"@ {STEADY_TTL} IN NS ns{i}.{PARENT}\nns{i} {STEADY_TTL} IN A {server.address}\n"
    for signer in SIGNERS:
        for name, address in zip(name_servers(signer), addresses(signer), strict=True):
            text += f"{name} {STEADY_TTL} IN A {address}\n"
    if with_agent:
        text += f"agent {STEADY_TTL} IN A {AGENT}\n"
        for rdtype in (59, 62):      # NOTIFY(CDS) and NOTIFY(CSYNC), RFC 9859
            text += f"*._dsync {STEADY_TTL} IN TYPE66 {dsync(rdtype, 53, f'agent.{PARENT}')}\n"
    return text


def host(signer: str, ttl: int) -> str:
    """The zone around the names of a signer's name servers. What is not there may be there soon: a signal (RFC 9615)."""
    text = f"$ORIGIN {host_zone(signer)}\n" + soa(name_servers(signer)[0], ttl, 1)
    for name, address in zip(name_servers(signer), addresses(signer), strict=True):
        text += f"@ {ttl} IN NS {name}\n{name} {ttl} IN A {address}\n"
    return text


def dsync(rdtype: int, port: int, target: str) -> str:
    """A DSYNC record with scheme NOTIFY in the form of RFC 3597: no server here knows the type."""
    wire = rdtype.to_bytes(2, "big") + b"\x01" + port.to_bytes(2, "big")
    wire += b"".join(bytes([len(label)]) + label.encode() for label in target.rstrip(".").split(".")) + b"\0"
    return f"\\# {len(wire)} {wire.hex()}"


def child(zone: str, signer: str, ttls: Ttls) -> str:
    """The same content at each signer; apex NS and SOA name only that signer."""
    # PowerDNS serves DNSKEY with the SOA minimum as TTL, whatever the record says.
    minimum = ttls.dnskey[signer] if signer == "red" else ttls.negative
    text = f"$ORIGIN {zone}\n$TTL {ttls.data}\n" + soa(name_servers(signer)[0], ttls.data, minimum)
    text += "".join(f"@ {ttls.child_ns} IN NS {name}\n" for name in name_servers(signer))
    return text + f"""\
@ IN A 192.0.2.1
@ IN AAAA 2001:db8::1
@ IN MX 10 mail
@ IN TXT "v=spf1 mx -all"
www IN A 192.0.2.2
www IN AAAA 2001:db8::2
mail IN A 192.0.2.3
{ALIAS} IN CNAME www
a.deep.er IN TXT "below two empty non-terminals"
*.{WILDCARD} IN A 192.0.2.4
*.{WILDCARD} IN TXT "from a wildcard"
z IN TXT "last"
""" + "".join(f"n{i} IN A 192.0.2.5\n" for i in range(MANY))
