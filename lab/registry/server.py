"""EPP over TLS (RFC 5730, 5734): connections, sessions, and the faults that a test asks for."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import threading
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

from lab.registry import structure
from lab.registry.frames import (CHANGE_POLL, DOMAIN, EPP, HOST, SECDNS, TTL, Gone, Unreadable, dump, element, find,
                                 find_all, parse, receive, text, with_length)
from lab.registry.objects import Refused
from lab.registry.registry import Answer, Command, Registry, now

MESSAGES = {1000: "Command completed successfully", 1001: "Command completed successfully; action pending",
            1300: "Command completed successfully; no messages",
            1301: "Command completed successfully; ack to dequeue",
            1500: "Command completed successfully; ending session", 2000: "Unknown command", 2001: "Command syntax error",
            2002: "Command use error", 2003: "Required parameter missing", 2004: "Parameter value range error",
            2005: "Parameter value syntax error", 2101: "Unimplemented command", 2102: "Unimplemented option",
            2103: "Unimplemented extension", 2200: "Authentication error", 2201: "Authorization error",
            2302: "Object exists", 2303: "Object does not exist", 2304: "Object status prohibits operation",
            2305: "Object association prohibits operation", 2306: "Parameter value policy error",
            2307: "Unimplemented object service", 2308: "Data management policy violation", 2400: "Command failed",
            2500: "Command failed; server closing connection", 2501: "Authentication error; server closing connection",
            2502: "Session limit exceeded; server closing connection"}
VERBS = ("check", "create", "delete", "info", "login", "logout", "poll", "renew", "transfer", "update")


@dataclass
class Fault:
    """What is to go wrong, with which command ("greeting" and "any" count as such), and how often.

    cut_before: closed, nothing done. cut_after: done, closed without a reply. cut_within: done, closed amid the reply.
    late: closed, and done a moment later. code: answered with `value`, nothing done. code_after: done, answered with
    `value`. pending: 1001. slow: the reply comes after `value` seconds. split: in pieces of one octet. length: the
    header of the reply says `value`. bare: the header does not count itself. garbage: octets that are no XML. other_id:
    the reply names another command. crash: the whole server ends at once, after it is done.
    """

    when: str
    do: str
    times: int = 1
    value: float = 0


@dataclass
class Options:
    host: str = "127.0.0.1"
    port: int = 700
    accounts: dict[str, str] = field(default_factory=dict)     # clID: password
    sessions: int = 4                                          # of one account at a time
    idle_s: float = 300
    extensions: tuple[str, ...] = (SECDNS, TTL, CHANGE_POLL)
    record: Path | None = None                                 # a folder for every frame


class Server:
    def __init__(self, registry: Registry, options: Options, tls: ssl.SSLContext) -> None:
        self.registry = registry
        self.options = options
        self.tls = tls
        self.faults: list[Fault] = []
        self.sessions: list[Session] = []
        self.wrong: list[str] = []          # frames of clients, and of ourselves, that are not as they should be
        self.commands: list[tuple[str, str]] = []     # verb and clTRID of all that came since the last calm
        self.lock = threading.Lock()
        self.frames = self.logins = self.transactions = 0
        self.listener = socket.create_server((options.host, options.port), backlog=50)

    def serve(self) -> None:
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.welcome, args=(connection,), daemon=True).start()

    def welcome(self, connection: socket.socket) -> None:
        connection.settimeout(self.options.idle_s)
        try:
            with self.tls.wrap_socket(connection, server_side=True) as secured:
                Session(self, secured).serve()
        except (OSError, ssl.SSLError) as error:
            print(f"{now()} connection: {error}", flush=True)

    def fault(self, when: str) -> Fault | None:
        with self.lock:
            for f in self.faults:
                if f.when in (when, "any") and f.times > 0:
                    f.times -= 1
                    return f
        return None

    def next_id(self) -> str:
        with self.lock:
            self.transactions += 1
            return f"REG-{time.time_ns():x}-{self.transactions}"

    def seen(self, direction: str, xml: bytes) -> None:
        """Every frame is checked against the structure that it must have, and kept if asked for."""
        problem = ""
        try:
            structure.check(parse(xml))
        except (structure.Wrong, Unreadable) as error:
            problem = str(error)
        with self.lock:
            self.frames += 1
            if problem:
                self.wrong.append(f"{direction}: {problem}")
            if self.options.record:
                self.options.record.mkdir(parents=True, exist_ok=True)
                name = f"{time.time_ns()}-{self.frames:06}-{direction}{'-wrong' if problem else ''}.xml"
                (self.options.record / name).write_bytes(xml)
        if problem:
            raise Unreadable(problem)

    def count(self, client: str) -> int:
        with self.lock:
            return sum(1 for s in self.sessions if s.client == client)


class Session:
    """One connection. Before login `client` is empty."""

    def __init__(self, server: Server, connection: ssl.SSLSocket) -> None:
        self.server = server
        self.connection = connection
        self.client = ""
        self.extensions: frozenset[str] = frozenset()
        self.over = False

    def serve(self) -> None:
        with self.server.lock:
            self.server.sessions.append(self)
        try:
            self.send(self.greeting(), self.server.fault("greeting"))
            while not self.over:
                self.answer(receive(self.connection))
        except Gone:
            pass
        except (Unreadable, OSError, ssl.SSLError) as error:
            print(f"{now()} {self.client or 'not logged in'}: {error}", flush=True)
        finally:
            with self.server.lock:
                self.server.sessions.remove(self)

    def close(self) -> None:
        self.over = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    # --- out ---------------------------------------------------------------------------------------------

    def send(self, root: ET.Element, fault: Fault | None = None) -> None:
        xml = dump(root)
        self.server.seen("out", xml)
        octets = with_length(xml)
        kind = fault.do if fault else ""
        value = int(fault.value) if fault else 0
        if kind == "slow":
            time.sleep(fault.value)
        elif kind == "length":
            octets = struct.pack("!I", value) + xml
        elif kind == "bare":
            octets = struct.pack("!I", len(xml)) + xml
        elif kind == "garbage":
            octets = with_length(b"\x00\xff<epp" + xml[:50])
        elif kind == "cut_within":
            octets = octets[:len(octets) // 2]
        for part in [octets[i:i + 1] for i in range(len(octets))] if kind == "split" else [octets]:
            self.connection.sendall(part)
        if kind in ("length", "bare", "garbage", "cut_within"):
            self.close()

    def greeting(self) -> ET.Element:
        def group(name: str, *children: str) -> ET.Element:
            return element(EPP, name, "", [element(EPP, c) for c in children])

        objects = [DOMAIN] + ([] if self.server.registry.policy.host_attributes else [HOST])
        menu = element(EPP, "svcMenu", "", [element(EPP, "version", "1.0"), element(EPP, "lang", "en"),
                                            *(element(EPP, "objURI", uri) for uri in objects)])
        if self.server.options.extensions:
            menu.append(element(EPP, "svcExtension", "",
                                [element(EPP, "extURI", uri) for uri in self.server.options.extensions]))
        recipient = element(EPP, "recipient", "", [element(EPP, "ours"), element(EPP, "public")])
        dcp = element(EPP, "dcp", "", [group("access", "all"), element(EPP, "statement", "", [
            group("purpose", "admin", "prov"), recipient, group("retention", "stated")])])
        return element(EPP, "epp", "", [element(EPP, "greeting", "", [
            element(EPP, "svID", "Registry of the lab"), element(EPP, "svDate", now()), menu, dcp])])

    def reply(self, answer: Answer, client_id: str, server_id: str, fault: Fault | None = None) -> None:
        result = element(EPP, "result", "", [element(EPP, "msg", MESSAGES[answer.code])], code=str(answer.code))
        if answer.reason:
            result.append(element(EPP, "extValue", "", [element(EPP, "value", "", [element(EPP, "undef")]),
                                                        element(EPP, "reason", answer.reason)]))
        response = element(EPP, "response", "", [result])
        if answer.queue is not None:
            response.append(answer.queue)
        if answer.data:
            response.append(element(EPP, "resData", "", answer.data))
        if answer.extension:
            response.append(element(EPP, "extension", "", answer.extension))
        ids = [element(EPP, "clTRID", client_id)] if client_id else []
        response.append(element(EPP, "trID", "", [*ids, element(EPP, "svTRID", server_id)]))
        self.send(element(EPP, "epp", "", [response]), fault)
        if answer.code >= 2500 or answer.code == 1500:
            self.close()

    # --- in ----------------------------------------------------------------------------------------------

    def answer(self, xml: bytes) -> None:
        server_id = self.server.next_id()
        try:
            self.server.seen("in", xml)
            root = parse(xml)
        except Unreadable as error:
            return self.reply(Answer(2001, reason=str(error)), "", server_id)
        if find(root, EPP, "hello") is not None:
            return self.send(self.greeting(), self.server.fault("hello"))
        command = find(root, EPP, "command")
        if command is None:
            return self.reply(Answer(2000), "", server_id)
        verb = next(v for v in VERBS if find(command, EPP, v) is not None)
        self.obey(command, verb, text(command, EPP, "clTRID"), server_id)

    def obey(self, command: ET.Element, verb: str, client_id: str, server_id: str) -> None:
        self.server.commands.append((verb, client_id))
        fault = self.server.fault(verb)
        kind = fault.do if fault else ""
        if kind == "cut_before":
            return self.close()
        if kind == "code":
            return self.reply(Answer(int(fault.value)), client_id, server_id)
        if kind == "late":
            self.close()
            time.sleep(fault.value)
        answer = self.carry_out(command, verb, client_id, server_id, kind == "pending")
        print(f"{now()} {self.client} {verb} {client_id} {answer.code} {answer.reason} {kind}", flush=True)
        if kind == "crash":
            os._exit(1)
        if kind in ("cut_after", "late"):
            return self.close()
        if kind == "code_after":
            answer = Answer(int(fault.value))
        if kind == "other_id":
            client_id = "SOMEBODY-1"
        self.reply(answer, client_id, server_id, fault)

    def carry_out(self, command: ET.Element, verb: str, client_id: str, server_id: str, wait: bool) -> Answer:
        e = find(command, EPP, verb)
        try:
            if verb == "login":
                return self.login(e)
            if not self.client:
                raise Refused(2002, "not logged in")
            if verb == "logout":
                return Answer(1500)
            return self.server.registry.run(Command(self.client, client_id, server_id, verb, e,
                                                    find(command, EPP, "extension"), self.extensions, wait))
        except Refused as refused:
            return Answer(refused.code, reason=refused.reason)

    def login(self, e: ET.Element) -> Answer:
        client, options = text(e, EPP, "clID"), self.server.options
        if self.client:
            raise Refused(2002, "logged in already")
        if options.accounts.get(client) != text(e, EPP, "pw"):
            raise Refused(2200, client)
        if self.server.count(client) >= options.sessions:
            raise Refused(2502, f"{options.sessions} sessions")
        wanted = {x.text.strip() for x in find_all(e, EPP, "svcs", "svcExtension", "extURI")}
        if not wanted <= set(options.extensions):
            raise Refused(2103, " ".join(wanted))
        self.client, self.extensions = client, frozenset(wanted)
        with self.server.lock:
            self.server.logins += 1
        return Answer()
