"""What a right frame is: for each kind of element the children that it may have, in which order, and its text.

Written from the text of RFC 5730-5733, 5910, 8590 and 9803, as a table of regular expressions over the names
of the children; it is a check of its own beside that of the client and that of the schemas. Applied to all that
comes, and to all that is sent.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from lab.registry.frames import CHANGE_POLL, DOMAIN, EPP, HOST, SECDNS, TTL, split


class Wrong(Exception):
    """Where a frame is not as it should be; says what and where."""


@dataclass(frozen=True)
class Kind:
    """One kind of element."""

    children: str = ""                 # a regular expression over "name name ", each with a space after it
    kinds: dict[str, str] = field(default_factory=dict)   # kind of a child; the others are plain text
    text: str | None = None            # a regular expression for the text; None: none but white space
    attributes: dict[str, str] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    ns: str = EPP


def seq(*parts: str) -> str:
    """"name", "name?", "name*", "name+", "(a|b)": in this order."""
    out = ""
    for part in parts:
        count = part[-1] if part[-1] in "?*+" else ""
        names = part.rstrip("?*+").strip("()").split("|")
        out += "(?:" + "|".join(f"{n} " for n in names) + ")" + count
    return out


TOKEN, NAME, BOOL, NUMBER = r".+", r"[^\s]{1,255}", r"true|false|0|1", r"\d+"
DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
TRID, CLID, URI = r".{3,64}", r".{3,16}", r"\S+"
STATUS = (r"(client|server)(Delete|Renew|Transfer|Update)Prohibited|(client|server)Hold|inactive|ok|linked|"
          r"pending(Create|Delete|Renew|Transfer|Update)")
B64 = r"([A-Za-z0-9+/] ?)"
BASE64 = rf"({B64}{{4}})*({B64}{{2}}= ?=|{B64}{{3}}=|{B64}{{3}}[A-Za-z0-9+/])"
ANY = "*"     # a child of another namespace, by EXTENSIONS or OBJECTS

KINDS = {
    # RFC 5730
    "epp": Kind(seq("(greeting|hello|command|response)"),
                {"greeting": "greeting", "hello": "empty", "command": "command", "response": "response"}),
    "empty": Kind(),
    "greeting": Kind(seq("svID", "svDate", "svcMenu", "dcp"),
                     {"svID": "server", "svDate": "date", "svcMenu": "menu", "dcp": "dcp"}),
    "menu": Kind(seq("version+", "lang+", "objURI+", "svcExtension?"),
                 {"version": "version", "lang": "lang", "objURI": "uri", "svcExtension": "extURIs"}),
    "extURIs": Kind(seq("extURI+"), {"extURI": "uri"}),
    "dcp": Kind(seq("access", "statement+", "expiry?"), {"access": "one", "statement": "statement"}),
    "one": Kind(seq("(all|none|null|other|personal|personalAndOther)"), {n: "empty" for n in ("all", "none")}),
    "statement": Kind(seq("purpose", "recipient", "retention"),
                      {"purpose": "purpose", "recipient": "recipient", "retention": "retention"}),
    "purpose": Kind(seq("admin?", "contact?", "other?", "prov?"), {"admin": "empty", "prov": "empty"}),
    "recipient": Kind(seq("other?", "ours*", "public?", "same?", "unrelated?"), {"ours": "empty", "public": "empty"}),
    "retention": Kind(seq("(business|indefinite|legal|none|stated)"), {"stated": "empty"}),
    "command": Kind(seq("(check|create|delete|info|login|logout|poll|renew|transfer|update)", "extension?", "clTRID?"),
                    {"login": "login", "logout": "empty", "poll": "poll", "extension": "extension", "clTRID": "trid",
                     **{v: "object-" + v for v in ("check", "create", "delete", "info", "renew", "transfer", "update")}}),
    "login": Kind(seq("clID", "pw", "newPW?", "options", "svcs"),
                  {"clID": "clid", "pw": "pw", "newPW": "pw", "options": "options", "svcs": "services"}),
    "options": Kind(seq("version", "lang"), {"version": "version", "lang": "lang"}),
    "services": Kind(seq("objURI+", "svcExtension?"), {"objURI": "uri", "svcExtension": "extURIs"}),
    "poll": Kind(attributes={"op": "req|ack", "msgID": TOKEN}, needed=("op",)),
    **{"object-" + v: Kind(ANY) for v in ("check", "create", "delete", "info", "renew", "update")},
    "object-transfer": Kind(ANY, attributes={"op": TOKEN}, needed=("op",)),
    "extension": Kind(ANY),
    "response": Kind(seq("result+", "msgQ?", "resData?", "extension?", "trID"),
                     {"result": "result", "msgQ": "queue", "resData": "extension", "extension": "extension",
                      "trID": "trids"}),
    "result": Kind(seq("msg", "(value|extValue)*"), {"msg": "message", "extValue": "reasoned", "value": "anything"},
                   attributes={"code": r"1[0135]0[01]|2[0-5]0[0-8]"}, needed=("code",)),
    "reasoned": Kind(seq("value", "reason"), {"value": "anything", "reason": "message"}),
    "queue": Kind(seq("qDate?", "msg?"), {"qDate": "date", "msg": "message"},
                  attributes={"count": NUMBER, "id": TOKEN}, needed=("count", "id")),
    "trids": Kind(seq("clTRID?", "svTRID"), {"clTRID": "trid", "svTRID": "trid"}),
    # texts
    "server": Kind(text=r".{3,64}"), "why": Kind(text=r".{1,32}", attributes={"lang": TOKEN}),
    "lang": Kind(text=r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*"),
    "text": Kind(text=r".*"), "message": Kind(text=r".*", attributes={"lang": TOKEN}), "uri": Kind(text=URI),
    "version": Kind(text=r"1\.0"), "date": Kind(text=DATE), "trid": Kind(text=TRID), "clid": Kind(text=CLID),
    "pw": Kind(text=r".{6,16}"), "name": Kind(text=NAME), "number": Kind(text=NUMBER), "bool": Kind(text=BOOL),
    "positive": Kind(text=r"0*[1-9]\d{0,9}"),
    "u8": Kind(text=r"\d{1,3}"), "u16": Kind(text=r"\d{1,5}"), "hex": Kind(text=r"([0-9A-Fa-f]{2})*"),
    "base64": Kind(text=BASE64), "roid": Kind(text=r"\w{1,80}-\w{1,8}"),
    "status": Kind(text=r".*", attributes={"s": STATUS, "lang": TOKEN}, needed=("s",)),
    "address": Kind(text=r"[0-9a-fA-F.:]{3,45}", attributes={"ip": "v4|v6"}),
    "contact": Kind(text=CLID, attributes={"type": "admin|billing|tech"}),
    "availability": Kind(text=NAME, attributes={"avail": BOOL}, needed=("avail",)),
    "outcome": Kind(text=NAME, attributes={"paResult": BOOL}, needed=("paResult",)),
    # RFC 5731
    "domain-names": Kind(seq("name+"), {"name": "name"}, ns=DOMAIN),
    "domain-name": Kind(seq("name"), {"name": "name"}, ns=DOMAIN),
    "domain-info": Kind(seq("name", "authInfo?"), {"name": "hosted", "authInfo": "auth"}, ns=DOMAIN),
    "hosted": Kind(text=NAME, attributes={"hosts": "all|del|none|sub"}),
    "auth": Kind(seq("(pw|ext|null)"), {"pw": "text"}, ns=DOMAIN),
    "domain-create": Kind(seq("name", "period?", "ns?", "registrant?", "contact*", "authInfo"),
                          {"name": "name", "period": "period", "ns": "ns", "registrant": "clid", "contact": "contact",
                           "authInfo": "auth"}, ns=DOMAIN),
    "period": Kind(text=NUMBER, attributes={"unit": "y|m"}, needed=("unit",)),
    "ns": Kind("(?:(?:hostObj )+|(?:hostAttr )+)", {"hostObj": "name", "hostAttr": "host-attr"}, ns=DOMAIN),
    "host-attr": Kind(seq("hostName", "hostAddr*"), {"hostName": "name", "hostAddr": "address"}, ns=DOMAIN),
    "domain-update": Kind(seq("name", "add?", "rem?", "chg?"),
                          {"name": "name", "add": "domain-part", "rem": "domain-part", "chg": "domain-change"}, ns=DOMAIN),
    "domain-part": Kind(seq("ns?", "contact*", "status*"), {"ns": "ns", "contact": "contact", "status": "status"}, ns=DOMAIN),
    "domain-change": Kind(seq("registrant?", "authInfo?"), {"registrant": "text", "authInfo": "auth"}, ns=DOMAIN),
    "domain-data": Kind(seq("name", "roid", "status*", "registrant?", "contact*", "ns?", "host*", "clID", "crID?",
                            "crDate?", "upID?", "upDate?", "exDate?", "trDate?", "authInfo?"),
                        {"name": "name", "roid": "roid", "status": "status", "ns": "ns", "host": "name", "clID": "clid",
                         "crID": "clid", "crDate": "date", "upID": "clid", "upDate": "date", "authInfo": "auth",
                         "registrant": "clid", "contact": "contact"}, ns=DOMAIN),
    "domain-checked": Kind(seq("cd+"), {"cd": "domain-cd"}, ns=DOMAIN),
    "domain-cd": Kind(seq("name", "reason?"), {"name": "availability", "reason": "why"}, ns=DOMAIN),
    "domain-created": Kind(seq("name", "crDate", "exDate?"), {"name": "name", "crDate": "date"}, ns=DOMAIN),
    "domain-pending": Kind(seq("name", "paTRID", "paDate"), {"name": "outcome", "paTRID": "trids", "paDate": "date"},
                           ns=DOMAIN),
    # RFC 5732
    "host-names": Kind(seq("name+"), {"name": "name"}, ns=HOST),
    "host-name": Kind(seq("name"), {"name": "name"}, ns=HOST),
    "host-create": Kind(seq("name", "addr*"), {"name": "name", "addr": "address"}, ns=HOST),
    "host-update": Kind(seq("name", "add?", "rem?", "chg?"),
                        {"name": "name", "add": "host-part", "rem": "host-part", "chg": "host-name"}, ns=HOST),
    "host-part": Kind(seq("addr*", "status*"), {"addr": "address", "status": "status"}, ns=HOST),
    "host-data": Kind(seq("name", "roid", "status+", "addr*", "clID", "crID", "crDate", "upID?", "upDate?", "trDate?"),
                      {"name": "name", "roid": "roid", "status": "status", "addr": "address", "clID": "clid",
                       "crID": "clid", "crDate": "date"}, ns=HOST),
    "host-checked": Kind(seq("cd+"), {"cd": "host-cd"}, ns=HOST),
    "host-cd": Kind(seq("name", "reason?"), {"name": "availability", "reason": "why"}, ns=HOST),
    "host-created": Kind(seq("name", "crDate"), {"name": "name", "crDate": "date"}, ns=HOST),
    # RFC 5910
    "sec-data": Kind("(?:maxSigLife )?(?:(?:dsData )+|(?:keyData )+)",
                     {"maxSigLife": "positive", "dsData": "ds", "keyData": "key"}, ns=SECDNS),
    "sec-update": Kind(seq("rem?", "add?", "chg?"), {"rem": "sec-rem", "add": "sec-data", "chg": "sec-chg"},
                       attributes={"urgent": BOOL}, ns=SECDNS),
    "sec-rem": Kind("(?:all |(?:dsData )+|(?:keyData )+)", {"all": "bool", "dsData": "ds", "keyData": "key"}, ns=SECDNS),
    "sec-chg": Kind(seq("maxSigLife?"), {"maxSigLife": "positive"}, ns=SECDNS),
    "ds": Kind(seq("keyTag", "alg", "digestType", "digest", "keyData?"),
               {"keyTag": "u16", "alg": "u8", "digestType": "u8", "digest": "hex", "keyData": "key"}, ns=SECDNS),
    "key": Kind(seq("flags", "protocol", "alg", "pubKey"),
                {"flags": "u16", "protocol": "u8", "alg": "u8", "pubKey": "base64"}, ns=SECDNS),
    # RFC 9803
    "ttl-info": Kind(attributes={"policy": BOOL}, ns=TTL),
    "ttl-update": Kind(seq("ttl+"), {"ttl": "ttl"}, ns=TTL),
    "ttl": Kind(text=r"\d*", attributes={"for": "NS|DS|DNAME|A|AAAA|custom", "custom": TOKEN, "min": NUMBER,
                                         "default": NUMBER, "max": NUMBER}, needed=("for",)),
    # RFC 8590
    "change": Kind(seq("operation", "date", "svTRID", "who", "caseId?", "reason?"),
                   {"operation": "text", "date": "date", "svTRID": "trid", "who": "text", "reason": "message",
                    "caseId": "case"}, attributes={"state": "before|after"}, ns=CHANGE_POLL),
    "case": Kind(text=TOKEN, attributes={"type": TOKEN}, needed=("type",)),
    "anything": Kind("**"),
}

OBJECTS = {   # what may stand in which place, by the namespace and name of the element
    "object-check": {(DOMAIN, "check"): "domain-names", (HOST, "check"): "host-names"},
    "object-create": {(DOMAIN, "create"): "domain-create", (HOST, "create"): "host-create"},
    "object-delete": {(DOMAIN, "delete"): "domain-name", (HOST, "delete"): "host-name"},
    "object-info": {(DOMAIN, "info"): "domain-info", (HOST, "info"): "host-name"},
    "object-update": {(DOMAIN, "update"): "domain-update", (HOST, "update"): "host-update"},
    "object-renew": {}, "object-transfer": {},
    "extension": {(DOMAIN, "infData"): "domain-data", (DOMAIN, "chkData"): "domain-checked",
                  (DOMAIN, "creData"): "domain-created", (DOMAIN, "panData"): "domain-pending",
                  (HOST, "infData"): "host-data", (HOST, "chkData"): "host-checked", (HOST, "creData"): "host-created",
                  (SECDNS, "create"): "sec-data", (SECDNS, "update"): "sec-update", (SECDNS, "infData"): "sec-data",
                  (TTL, "info"): "ttl-info", (TTL, "update"): "ttl-update", (TTL, "create"): "ttl-update",
                  (TTL, "infData"): "ttl-update", (CHANGE_POLL, "changeData"): "change"},
}
LIMITS = {"u8": 255, "u16": 65535}


def check(root: ET.Element) -> None:
    """Raises Wrong with the place of the first thing that is not right."""
    if split(root.tag) != (EPP, "epp"):
        raise Wrong(f"the root is {root.tag}")
    visit(root, "epp", "epp")


def visit(element: ET.Element, kind_name: str, path: str) -> None:
    kind = KINDS[kind_name]
    check_text(element, kind_name, path)
    check_attributes(element, kind, path)
    if kind.children == "**":
        if len(element) != 1:
            raise Wrong(f"{path} has {len(element)} children, not one")
        return
    if kind.children == ANY:
        return visit_objects(element, kind_name, path)
    names = ""
    for child in element:
        ns, name = split(child.tag)
        wanted = EPP if kind_name == "trids" else kind.ns
        if ns != wanted:
            raise Wrong(f"{path}/{name} is in the namespace {ns!r}, not {wanted!r}")
        names += name + " "
    if not re.fullmatch(kind.children, names):
        raise Wrong(f"{path} has the children [{names.strip()}]")
    for child in element:
        name = split(child.tag)[1]
        visit(child, kind.kinds.get(name, "text"), f"{path}/{name}")


def visit_objects(element: ET.Element, kind_name: str, path: str) -> None:
    places = OBJECTS[kind_name]
    if not len(element) or (kind_name != "extension" and len(element) != 1):
        raise Wrong(f"{path} has {len(element)} children")
    seen = set()
    for child in element:
        found = split(child.tag)
        if found not in places or found in seen:
            raise Wrong(f"{path} has {child.tag}")
        seen.add(found)
        visit(child, places[found], f"{path}/{found[1]}")
    types = [t.get("for") for t in element.iter(f"{{{TTL}}}ttl")]
    if len(types) != len(set(types)):
        raise Wrong(f"{path} sets a TTL twice")


def check_text(element: ET.Element, kind_name: str, path: str) -> None:
    kind = KINDS[kind_name]
    text = " ".join((element.text or "").split())
    tails = "".join((child.tail or "") for child in element).strip()
    if kind.children == "**":
        return
    if kind.text is None and (text or tails):
        raise Wrong(f"{path} has the text {text or tails!r}")
    if kind.text is not None and not re.fullmatch(kind.text, text):
        raise Wrong(f"{path} is {text!r}")
    if kind_name in LIMITS and int(text) > LIMITS[kind_name]:
        raise Wrong(f"{path} is {text}, more than {LIMITS[kind_name]}")


def check_attributes(element: ET.Element, kind: Kind, path: str) -> None:
    if kind.children == "**":
        return
    for name, value in element.attrib.items():
        if name not in kind.attributes or not re.fullmatch(kind.attributes[name], value):
            raise Wrong(f"{path} has the attribute {name}={value!r}")
    for name in kind.needed:
        if name not in element.attrib:
            raise Wrong(f"{path} has no attribute {name}")
