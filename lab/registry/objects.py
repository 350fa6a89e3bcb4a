"""Domains and hosts: reading a command into a plain change, making the change, showing what there is."""

from __future__ import annotations

import base64
import copy
import ipaddress
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from lab.registry.frames import DOMAIN, HOST, SECDNS, TTL, element, find, find_all, text


class Refused(Exception):
    """A command that is not carried out: the result code, and a reason for people."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class Policy:
    """What kind of registry this is."""

    interface: str = "ds"             # or "key": which form of secDNS it takes
    host_attributes: bool = False     # name servers with their addresses, not objects
    digest_types: tuple[int, ...] = (2, 4)
    most_ds: int = 6
    ttl: int = 3600                   # of DS and NS, where nobody asks for another
    max_sig_life: bool = False        # takes maxSigLife (else 2102)
    urgent: bool = False              # takes urgent (else 2102)


def is_under(name: str, domain: str) -> bool:
    return name == domain or name.endswith("." + domain)


# --- secDNS ----------------------------------------------------------------------------------------------

def read_key(e: ET.Element) -> list:
    public = text(e, SECDNS, "pubKey").replace(" ", "")
    base64.b64decode(public, validate=True)
    return [int(text(e, SECDNS, "flags")), int(text(e, SECDNS, "protocol")), int(text(e, SECDNS, "alg")), public]


def read_records(e: ET.Element | None) -> list[dict]:
    out = []
    for ds in find_all(e, SECDNS, "dsData"):
        key = find(ds, SECDNS, "keyData")
        out.append({"ds": [int(text(ds, SECDNS, "keyTag")), int(text(ds, SECDNS, "alg")),
                           int(text(ds, SECDNS, "digestType")), text(ds, SECDNS, "digest").upper()],
                    "key": None if key is None else read_key(key)})
    return out + [{"key": read_key(key)} for key in find_all(e, SECDNS, "keyData")]


def write_records(records: list[dict]) -> list[ET.Element]:
    def key_data(key: list) -> ET.Element:
        names = ("flags", "protocol", "alg", "pubKey")
        return element(SECDNS, "keyData", "", [element(SECDNS, n, str(v)) for n, v in zip(names, key)])

    out = []
    for record in records:
        if "ds" not in record:
            out.append(key_data(record["key"]))
            continue
        names = ("keyTag", "alg", "digestType", "digest")
        children = [element(SECDNS, n, str(v)) for n, v in zip(names, record["ds"])]
        if record["key"]:
            children.append(key_data(record["key"]))
        out.append(element(SECDNS, "dsData", "", children))
    return out


def same(one: dict, other: dict) -> bool:
    """RFC 5910 5.2.5: a record is named by all four fields; the key that may come with it says nothing."""
    return one["ds"] == other.get("ds") if "ds" in one else "ds" not in other and one["key"] == other["key"]


def check_records(records: list[dict], policy: Policy) -> None:
    for record in records:
        if ("ds" in record) != (policy.interface == "ds"):
            raise Refused(2306, f"this registry takes {policy.interface} data")
        if "ds" in record and record["ds"][2] not in policy.digest_types:
            raise Refused(2306, f"digest type {record['ds'][2]} is not taken")
        if "ds" not in record and (record["key"][1] != 3 or not record["key"][0] & 0x0100):
            raise Refused(2306, "not a zone key")


# --- domains ---------------------------------------------------------------------------------------------

def read_ns(e: ET.Element | None) -> list[list]:
    servers = [[h.text.strip().lower(), []] for h in find_all(e, DOMAIN, "ns", "hostObj")]
    for h in find_all(e, DOMAIN, "ns", "hostAttr"):
        addresses = [a.text.strip() for a in find_all(h, DOMAIN, "hostAddr")]
        servers.append([text(h, DOMAIN, "hostName").lower(), addresses])
    return servers


def read_domain_update(update: ET.Element, extension: ET.Element | None, policy: Policy) -> dict:
    """The change as plain data, so that it can wait in the data base."""
    add, rem = find(update, DOMAIN, "add"), find(update, DOMAIN, "rem")
    form = "hostObj" if policy.host_attributes else "hostAttr"
    if any(True for _ in update.iter(f"{{{DOMAIN}}}{form}")):
        raise Refused(2306, f"<{form}> is not how this registry has name servers")
    change = {"ns_add": read_ns(add), "ns_rem": [n for n, _ in read_ns(rem)],
              "status_add": [s.get("s") for s in find_all(add, DOMAIN, "status")],
              "status_rem": [s.get("s") for s in find_all(rem, DOMAIN, "status")],
              "sec_add": [], "sec_rem": [], "sec_rem_all": False, "ttl": {}}
    sec = None if extension is None else find(extension, SECDNS, "update")
    if sec is not None:
        read_sec_update(sec, change, policy)
    for t in find_all(extension, TTL, "update", "ttl"):
        change["ttl"][t.get("for")] = int(t.text) if (t.text or "").strip() else None
    if not any(change.values()):
        raise Refused(2003, "the update changes nothing")
    return change


def read_sec_update(sec: ET.Element, change: dict, policy: Policy) -> None:
    if sec.get("urgent") in ("1", "true") and not policy.urgent:
        raise Refused(2102, "urgent")
    if any(True for _ in sec.iter(f"{{{SECDNS}}}maxSigLife")) and not policy.max_sig_life:
        raise Refused(2102, "maxSigLife")
    change["sec_rem_all"] = text(sec, SECDNS, "rem", "all") in ("1", "true")
    change["sec_rem"] = read_records(find(sec, SECDNS, "rem"))
    change["sec_add"] = read_records(find(sec, SECDNS, "add"))
    check_records(change["sec_add"], policy)


def check_locks(domain: dict, change: dict) -> None:
    left = [s for s in domain["statuses"] if s not in change["status_rem"]]
    for status in ("serverUpdateProhibited", "pendingUpdate", "pendingDelete", "pendingTransfer"):
        if status in domain["statuses"]:
            raise Refused(2304, status)
    if "clientUpdateProhibited" in left:
        raise Refused(2304, "clientUpdateProhibited")


def changed_domain(domain: dict, change: dict, hosts: dict[str, dict], policy: Policy) -> dict:
    """The domain after the change; strict: nothing is added twice, nothing removed that is not there."""
    new = copy.deepcopy(domain)
    for name in change["ns_rem"]:
        if name not in new["ns"]:
            raise Refused(2306, f"{name} is not a name server of it")
        del new["ns"][name]
    for name, addresses in change["ns_add"]:
        if name in new["ns"]:
            raise Refused(2302, f"{name} is a name server of it already")
        if not policy.host_attributes and name not in hosts:
            raise Refused(2303, f"there is no host {name}")
        new["ns"][name] = addresses
    if change["sec_rem_all"]:
        new["sec"] = []
    for record in change["sec_rem"]:
        left = [r for r in new["sec"] if not same(record, r)]
        if len(left) == len(new["sec"]):
            raise Refused(2306, "such a record is not there")
        new["sec"] = left
    for record in change["sec_add"]:
        if any(same(record, r) for r in new["sec"]):
            raise Refused(2302, "such a record is there already")
        new["sec"].append(record)
    if len(new["sec"]) > policy.most_ds:
        raise Refused(2308, f"more than {policy.most_ds} records")
    new["ttl"].update(change["ttl"])
    new["ttl"] = {k: v for k, v in new["ttl"].items() if v is not None}
    new["statuses"] = [s for s in new["statuses"] if s not in change["status_rem"]] + change["status_add"]
    return new


def show_domain(name: str, domain: dict, hosts: dict[str, dict], policy: Policy) -> ET.Element:
    e = element(DOMAIN, "infData", "", [element(DOMAIN, "name", name), element(DOMAIN, "roid", domain["roid"])])
    e.extend(element(DOMAIN, "status", s=s) for s in domain["statuses"] or ["ok"])
    if domain["ns"]:
        ns = element(DOMAIN, "ns")
        for host, addresses in domain["ns"].items():
            if policy.host_attributes:
                ns.append(element(DOMAIN, "hostAttr", "", [element(DOMAIN, "hostName", host),
                                                           *(address(DOMAIN, "hostAddr", a) for a in addresses)]))
            else:
                ns.append(element(DOMAIN, "hostObj", host))
        e.append(ns)
    e.extend(element(DOMAIN, "host", h) for h in hosts if is_under(h, name))
    e.append(element(DOMAIN, "clID", domain["client"]))
    e.append(element(DOMAIN, "crID", domain["client"]))
    e.append(element(DOMAIN, "crDate", domain["created"]))
    if domain.get("updated"):
        e.append(element(DOMAIN, "upDate", domain["updated"]))
    return e


def show_sec(domain: dict) -> ET.Element:
    return element(SECDNS, "infData", "", write_records(domain["sec"]))


def show_ttl(domain: dict, with_policy: bool, policy: Policy) -> ET.Element:
    e = element(TTL, "infData")
    for rdtype in ("NS", "DS"):
        t = element(TTL, "ttl", str(domain["ttl"].get(rdtype, policy.ttl)), for_=rdtype)
        if with_policy:
            t.attrib.update({"min": "1", "default": str(policy.ttl), "max": "604800"})
        e.append(t)
    return e


# --- hosts -----------------------------------------------------------------------------------------------

def address(ns: str, name: str, literal: str) -> ET.Element:
    return element(ns, name, literal, ip="v6" if ":" in literal else "v4")


def read_addresses(e: ET.Element | None) -> list[str]:
    out = []
    for a in find_all(e, HOST, "addr"):
        try:
            parsed = ipaddress.ip_address((a.text or "").strip())
        except ValueError as error:
            raise Refused(2005, str(error)) from None
        if parsed.version != (6 if a.get("ip", "v4") == "v6" else 4):
            raise Refused(2005, f"{parsed} is not of the kind that is said")
        out.append(str(parsed))
    return out


def changed_addresses(present: list[str], update: ET.Element) -> list[str]:
    new = list(present)
    for a in read_addresses(find(update, HOST, "rem")):
        if a not in new:
            raise Refused(2306, f"{a} is not an address of it")
        new.remove(a)
    for a in read_addresses(find(update, HOST, "add")):
        if a in new:
            raise Refused(2302, f"{a} is an address of it already")
        new.append(a)
    return new


def show_host(name: str, host: dict, linked: bool) -> ET.Element:
    return element(HOST, "infData", "", [
        element(HOST, "name", name), element(HOST, "roid", host["roid"]),
        element(HOST, "status", s="linked" if linked else "ok"),
        *(address(HOST, "addr", a) for a in host["addresses"]), element(HOST, "clID", host["client"]),
        element(HOST, "crID", host["client"]), element(HOST, "crDate", host["created"])])
