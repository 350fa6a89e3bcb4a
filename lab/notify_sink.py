#!/usr/bin/python3
"""Answers NOTIFY at the controller's address when no controller runs, over UDP and TCP.

Knot 3.2 sends NOTIFY over TCP, and tries again every two seconds where nobody listens; until it got
through, an update sent meanwhile can wait for that second try.
"""

from __future__ import annotations

import asyncio
import struct
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from lab.topology import CONTROLLER  # noqa: E402


def reply(message: bytes) -> bytes:
    """The same message as an answer."""
    return message[:2] + bytes([message[2] | 0x80]) + message[3:] if len(message) >= 12 else b""


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, sender) -> None:
        self.transport.sendto(reply(data), sender)


async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            length = struct.unpack("!H", await reader.readexactly(2))[0]
            answer = reply(await reader.readexactly(length))
            writer.write(struct.pack("!H", len(answer)) + answer)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Datagrams, local_addr=(CONTROLLER, 53))
    server = await asyncio.start_server(connection, CONTROLLER, 53)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
