"""A name server that misbehaves where no real one can: liar.py ADDRESS FILE... Each file is a pickle of zones with how
each of them is served. UDP and TCP on port 53."""

from __future__ import annotations

import asyncio
import pickle
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path

SOA, OPT, CDS = 6, 41, 59
CLASS_IN = 1
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, REFUSED = 0, 1, 2, 3, 5
RRSIG = 46


@dataclass
class Served:
    """One zone at one liar. `lies`: type number (or 0: every type) -> name of what it does; see Liar.answer()."""

    origin: str
    records: list[tuple[str, int, int, bytes]]
    lies: dict[int, str] = field(default_factory=dict)
    asked: dict[int, int] = field(default_factory=dict)
    other: list[tuple[str, int, int, bytes]] = field(default_factory=list)   # for "changing" and "by source"


def wire(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".") if label) + b"\0"


def read_name(message: bytes, at: int) -> tuple[str, int]:
    labels = []
    while message[at]:
        length = message[at]
        labels.append(message[at + 1:at + 1 + length].decode("ascii", "replace"))
        at += 1 + length
    return ".".join([*labels, ""]), at + 1


def record(owner: bytes, kind: int, ttl: int, rdata: bytes) -> bytes:
    return owner + struct.pack("!HHIH", kind, CLASS_IN, ttl, len(rdata)) + rdata


class Liar:
    def __init__(self, zones: list[Served]) -> None:
        self.zones = {z.origin: z for z in zones}

    def zone_of(self, name: str) -> Served | None:
        labels = name.lower().split(".")
        for i in range(len(labels)):
            if zone := self.zones.get(".".join(labels[i:])):
                return zone
        return None

    def answer(self, message: bytes, tcp: bool, source: str) -> tuple[bytes | None, float]:
        """The reply (none: silence), and seconds between its octets."""
        if len(message) < 12 or message[2] & 0x80:
            return None, 0
        name, end = read_name(message, 12)
        kind = struct.unpack("!H", message[end:end + 2])[0]
        question = message[12:end + 4]
        zone = self.zone_of(name)
        if zone is None:
            return self.reply(message, question, REFUSED), 0
        zone.asked[kind] = zone.asked.get(kind, 0) + 1
        lie = zone.lies.get(kind) or zone.lies.get(0, "")
        if lie == "timeout" or lie == "timeout udp" and not tcp or lie == "timeout tcp" and tcp:
            return None, 0
        if lie == "drip" and tcp:
            return self.honest(message, question, zone, zone.records, name, kind), 1.0
        return self.lie(lie, message, question, zone, name, kind, tcp, source), 0

    def lie(self, lie: str, message: bytes, question: bytes, zone: Served, name: str, kind: int, tcp: bool,
            source: str) -> bytes:
        honest = self.honest(message, question, zone, zone.records, name, kind)
        flags = {"refused": REFUSED, "servfail": SERVFAIL, "nxdomain": NXDOMAIN, "formerr": FORMERR}
        if lie in flags:
            return self.reply(message, question, flags[lie])
        if lie == "no edns" and message[11]:     # anything in the additional section
            return self.reply(message, question, FORMERR)
        if lie == "lame":
            return bytes([honest[0], honest[1], honest[2] & ~0x04]) + honest[3:]
        if lie == "wrong id":
            return bytes([honest[0] ^ 1]) + honest[1:]
        if lie == "wrong question":
            return self.reply(message, wire("else." + name) + question[-4:], NOERROR)
        if lie == "truncated" and not tcp or lie == "drip":
            return bytes([honest[0], honest[1], honest[2] | 0x02]) + honest[3:]
        if lie == "loop":                        # a name that points to itself
            return self.reply(message, question, NOERROR, [b"\xc0" + bytes([12 + len(question)]) + b"\0" * 10])
        if lie == "garbage":
            return honest[:12] + b"\xff" * 40
        if lie == "cut":
            return honest[:-7]
        if lie == "other owner":
            return self.honest(message, question, zone, zone.records, name, kind, owner=wire("x." + zone.origin))
        if lie == "upper case":
            return self.honest(message, question, zone, zone.records, name, kind, owner=wire(zone.origin.upper()))
        if lie == "changing" and zone.asked[kind] > 1 or lie == "by source" and source.endswith(".2"):
            return self.honest(message, question, zone, zone.other, name, kind)
        return honest

    def honest(self, message: bytes, question: bytes, zone: Served, records: list[tuple[str, int, int, bytes]],
               name: str, kind: int, owner: bytes | None = None) -> bytes:
        name = name.lower()
        owner = owner or wire(name)
        found = [record(owner, k, ttl, r) for o, k, ttl, r in records
                 if o == name and (k == kind or k == RRSIG and r[:2] == struct.pack("!H", kind))]
        if any(k == kind for o, k, _, _ in records if o == name):
            return self.reply(message, question, NOERROR, found)
        soa = [record(wire(o), k, ttl, r) for o, k, ttl, r in records
               if o == zone.origin and (k == SOA or k == RRSIG and r[:2] == struct.pack("!H", SOA))]
        exists = any(o == name for o, _, _, _ in records)
        return self.reply(message, question, NOERROR if exists else NXDOMAIN, [], soa)

    @staticmethod
    def reply(message: bytes, question: bytes, rcode: int, answer: list[bytes] | None = None,
              authority: list[bytes] | None = None) -> bytes:
        answer, authority = answer or [], authority or []
        edns = b"\0" + struct.pack("!HHIH", OPT, 1232, 0x8000, 0) if message[11] else b""
        head = message[:2] + bytes([0x84 | message[2] & 0x01, rcode])
        counts = struct.pack("!HHHH", 1, len(answer), len(authority), 1 if edns else 0)
        return head + counts + question + b"".join(answer) + b"".join(authority) + edns


class Udp(asyncio.DatagramProtocol):
    def __init__(self, liar: Liar) -> None:
        self.liar = liar

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        reply, _ = self.liar.answer(data, False, source[0])
        if reply is not None and len(reply) > 1232:      # as any server does
            end = read_name(reply, 12)[1] + 4
            reply = reply[:2] + bytes([reply[2] | 0x02, reply[3], 0, 1, 0, 0, 0, 0, 0, 0]) + reply[12:end]
        if reply is not None:
            self.transport.sendto(reply, source)         # type: ignore[attr-defined]


async def serve_tcp(liar: Liar, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            size = struct.unpack("!H", await reader.readexactly(2))[0]
            reply, pause = liar.answer(await reader.readexactly(size), True, writer.get_extra_info("peername")[0])
            if reply is None:
                continue
            framed = struct.pack("!H", len(reply)) + reply
            for octet in framed if pause else []:
                writer.write(bytes([octet]))
                await writer.drain()
                await asyncio.sleep(pause)
            if not pause:
                writer.write(framed)
                await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(address: str, files: list[str]) -> None:
    liar = Liar([zone for file in files for zone in pickle.loads(Path(file).read_bytes())])
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: Udp(liar), local_addr=(address, 53))
    server = await asyncio.start_server(lambda r, w: serve_tcp(liar, r, w), address, 53)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
