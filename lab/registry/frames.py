"""Octets and XML: frames with their length (RFC 5734 4), elements by namespace."""

from __future__ import annotations

import ssl
import struct
import xml.etree.ElementTree as ET

EPP = "urn:ietf:params:xml:ns:epp-1.0"
DOMAIN = "urn:ietf:params:xml:ns:domain-1.0"
HOST = "urn:ietf:params:xml:ns:host-1.0"
SECDNS = "urn:ietf:params:xml:ns:secDNS-1.1"
TTL = "urn:ietf:params:xml:ns:epp:ttl-1.0"
CHANGE_POLL = "urn:ietf:params:xml:ns:changePoll-1.0"
PREFIXES = {"": EPP, "domain": DOMAIN, "host": HOST, "secDNS": SECDNS, "ttl": TTL, "changePoll": CHANGE_POLL}
LONGEST = 1 << 16        # of a command

for _prefix, _uri in PREFIXES.items():
    ET.register_namespace(_prefix, _uri)


class Gone(Exception):
    """The other side closed the connection."""


class Unreadable(Exception):
    """What came is no frame, or no XML of EPP."""


def read_exactly(connection: ssl.SSLSocket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise Gone(f"closed after {len(data)} of {size} octets")
        data += part
    return data


def receive(connection: ssl.SSLSocket) -> bytes:
    (length,) = struct.unpack("!I", read_exactly(connection, 4))
    if not 5 <= length <= LONGEST:
        raise Unreadable(f"a frame of {length} octets")
    return read_exactly(connection, length - 4)


def with_length(xml: bytes) -> bytes:
    return struct.pack("!I", 4 + len(xml)) + xml


def parse(xml: bytes) -> ET.Element:
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise Unreadable("a document type")
    try:
        return ET.fromstring(xml)
    except ET.ParseError as error:
        raise Unreadable(str(error)) from None


def dump(root: ET.Element) -> bytes:
    # Names without prefix cannot stand beside prefixed ones in ElementTree's own default_namespace.
    return b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n' + ET.tostring(root, encoding="utf-8")


def split(tag: str) -> tuple[str, str]:
    """{uri}local -> (uri, local)."""
    if tag.startswith("{"):
        uri, local = tag[1:].split("}", 1)
        return uri, local
    return "", tag


def element(ns: str, name: str, text: str = "", children: list[ET.Element] | None = None,
            **attributes: str) -> ET.Element:
    made = ET.Element(f"{{{ns}}}{name}", {key.rstrip("_"): value for key, value in attributes.items()})
    made.text = text or None
    made.extend(children or [])
    return made


def find(parent: ET.Element, ns: str, *path: str) -> ET.Element | None:
    return parent.find("/".join(f"{{{ns}}}{name}" for name in path))


def find_all(parent: ET.Element | None, ns: str, *path: str) -> list[ET.Element]:
    return [] if parent is None else parent.findall("/".join(f"{{{ns}}}{name}" for name in path))


def text(parent: ET.Element, ns: str, *path: str) -> str:
    found = find(parent, ns, *path)
    return "" if found is None or found.text is None else " ".join(found.text.split())
