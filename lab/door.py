"""A door from this machine into the lab: connections to a port here go on to one inside of the namespace.

The socket that listens is made before this process enters the namespace, and belongs to where it was made; what it
accepts is connected from a thread that is inside.
"""

from __future__ import annotations

import contextlib
import socket
import threading

HERE = "127.0.0.1"
NOT_YET = (b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nRefresh: 1\r\nConnection: close\r\n\r\n"
           b"The daemon is not there yet; this page asks again each second.\n")


class Door:
    def __init__(self, port: int) -> None:
        """At this port, or at any other one when it is taken."""
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self.listener.bind((HERE, port))
        except OSError:
            self.listener.bind((HERE, 0))
        self.listener.listen()
        self.address = "http://{}:{}".format(*self.listener.getsockname())

    def open(self, port: int) -> None:
        """To be called inside of the namespace; `port` is one in there."""
        threading.Thread(target=self.accept, args=(port,), daemon=True).start()

    def accept(self, port: int) -> None:
        while True:
            outer, _ = self.listener.accept()
            try:
                inner = socket.create_connection((HERE, port))
            except OSError:                          # nobody is there yet, or any more
                with contextlib.suppress(OSError):
                    outer.recv(65536)
                    outer.sendall(NOT_YET)
                outer.close()
                continue
            for source, target in ((outer, inner), (inner, outer)):
                threading.Thread(target=pump, args=(source, target), daemon=True).start()


def pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
