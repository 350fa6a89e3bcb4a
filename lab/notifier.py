#!/usr/bin/python3
"""Sends NOTIFY (RFC 1996) the moment a primary's serial changes.

Knot 3.2 waits a second before its NOTIFY and PowerDNS 4.7 up to one; neither can be told to hurry.
With TTLs of 20 s those seconds would be most of what a transition takes above its minimum. The
servers still follow by NOTIFY and AXFR/IXFR; they only hear of it sooner. `lab.py up
--slow-notify` leaves this out.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from lab.topology import CONTROLLER, PARENT, PARENTS, SIGNERS, Server, Settings  # noqa: E402
from lab.wire import SOA, encode_name, encode_query, soa_serial  # noqa: E402

QUERIES_PER_S = 60       # in all: one look at each of three zones every 50 ms
AGAIN_S = 0.15


def notify_message(zone: str) -> bytes:
    """A NOTIFY(SOA): opcode 4, AA."""
    return struct.pack("!6H", int(time.time() * 1000) & 0xFFFF, 0x2400, 1, 0, 0, 0) + encode_name(zone) + \
        struct.pack("!2H", SOA, 1)


class Watch:
    """One zone at one primary: its last serial, and whom to tell."""

    def __init__(self, pair: tuple[Server, Server], zone: str) -> None:
        self.zone = zone
        self.secondary = pair[1].address
        self.serial: int | None = None
        self.query = encode_query(zone, SOA, 0, recursion=False, dnssec=False)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect((pair[0].address, 53))

    def ask(self) -> None:
        try:
            self.socket.send(self.query)
        except OSError:
            pass                      # the primary is down: nothing changes there

    def hear(self, out: socket.socket) -> None:
        try:
            serial = soa_serial(self.socket.recv(4096))
        except OSError:
            return
        if serial is None or serial == self.serial:
            return
        if self.serial is not None:
            self.notify(out, self.secondary, CONTROLLER)
            # Once more to the secondary: one that was busy with the serial before may have missed it.
            asyncio.get_running_loop().call_later(AGAIN_S, self.notify, out, self.secondary)
        self.serial = serial

    def notify(self, out: socket.socket, *addresses: str) -> None:
        for address in addresses:
            try:
                out.sendto(notify_message(self.zone), (address, 53))
            except OSError:
                pass


async def watch(settings: Settings) -> None:
    watches = [Watch(PARENTS, PARENT)] + [Watch(pair, z) for s, pair in SIGNERS.items() if pair[0].brand != "bind"
                                              for z in settings.zones_at(s)]
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for w in watches:
            loop.add_reader(w.socket, w.hear, out)
        while True:
            for w in watches:
                w.ask()
                await asyncio.sleep(1 / QUERIES_PER_S)


if __name__ == "__main__":
    asyncio.run(watch(Settings.load(Path(sys.argv[1]))))
