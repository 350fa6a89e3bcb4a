"""The registry itself: what each command of a registrar does, and what the registry's own staff can do."""

from __future__ import annotations

import json
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from lab.registry import objects
from lab.registry.database import Database
from lab.registry.frames import CHANGE_POLL, DOMAIN, EPP, HOST, SECDNS, TTL, element, find, find_all, split, text
from lab.registry.objects import Policy, Refused


def now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


@dataclass
class Answer:
    code: int = 1000
    data: list[ET.Element] = field(default_factory=list)
    extension: list[ET.Element] = field(default_factory=list)
    queue: ET.Element | None = None
    reason: str = ""


@dataclass
class Command:
    """One command as it came, of a registrar who is logged in."""

    client: str
    client_id: str
    server_id: str
    verb: str
    element: ET.Element                 # <info>, <update> ...
    extension: ET.Element | None
    extensions: frozenset[str]          # of the login
    wait: bool = False                  # answer 1001 and let somebody decide


class Registry:
    def __init__(self, database: Database, policy: Policy) -> None:
        self.database = database
        self.policy = policy
        self.changed = threading.Event()      # for whoever publishes
        self.former: set[str] = set()         # domains that were deleted while this process runs

    # --- commands ----------------------------------------------------------------------------------------

    def run(self, command: Command) -> Answer:
        if command.verb == "poll":
            return self.poll(command)
        ns, what = split(command.element[0].tag)
        table: dict[tuple[str, str], Callable[[Command, ET.Element], Answer]] = {
            (DOMAIN, "check"): self.check, (DOMAIN, "info"): self.domain_info, (DOMAIN, "create"): self.domain_create,
            (DOMAIN, "update"): self.domain_update, (DOMAIN, "delete"): self.domain_delete,
            (HOST, "check"): self.check, (HOST, "info"): self.host_info, (HOST, "create"): self.host_create,
            (HOST, "update"): self.host_update, (HOST, "delete"): self.host_delete}
        if ns == HOST and self.policy.host_attributes:
            raise Refused(2307, "there are no host objects here")
        if (ns, what) not in table:
            raise Refused(2101, what)
        for e in command.extension if command.extension is not None else ():
            if split(e.tag)[0] not in command.extensions:
                raise Refused(2103, split(e.tag)[0])
        with self.database.transaction():
            answer = table[(ns, what)](command, command.element[0])
        self.changed.set()
        return answer

    def owned(self, command: Command, kind: str, name: str) -> dict:
        data = self.database.get(kind, name)
        if data is None:
            raise Refused(2303, name)
        if data["client"] != command.client:
            raise Refused(2201, name)
        return data

    def note(self, command: Command, kind: str, name: str, change: Any) -> None:
        self.database.note(now(), command.client, command.client_id, command.verb, kind, name, change)

    def check(self, command: Command, e: ET.Element) -> Answer:
        ns = split(e.tag)[0]
        kind = "domain" if ns == DOMAIN else "host"
        data = element(ns, "chkData")
        for name in find_all(e, ns, "name"):
            taken = self.database.get(kind, name.text.strip().lower()) is not None
            cd = element(ns, "cd", "", [element(ns, "name", name.text.strip(), avail="0" if taken else "1")])
            if taken:
                cd.append(element(ns, "reason", "In use"))
            data.append(cd)
        return Answer(data=[data])

    def domain_info(self, command: Command, e: ET.Element) -> Answer:
        name = text(e, DOMAIN, "name").lower()
        domain = self.owned(command, "domain", name)
        answer = Answer(data=[objects.show_domain(name, domain, self.database.all("host"), self.policy)])
        if SECDNS in command.extensions and domain["sec"]:
            answer.extension.append(objects.show_sec(domain))
        asked = None if command.extension is None else find(command.extension, TTL, "info")
        if TTL in command.extensions and asked is not None:
            with_policy = asked.get("policy") in ("1", "true")
            answer.extension.append(objects.show_ttl(domain, with_policy, self.policy))
        return answer

    def domain_create(self, command: Command, e: ET.Element) -> Answer:
        name = text(e, DOMAIN, "name").lower()
        sec = None if command.extension is None else find(command.extension, SECDNS, "create")
        records = objects.read_records(sec)
        objects.check_records(records, self.policy)
        self.new_domain(name, command.client, dict(objects.read_ns(e)), records)
        self.note(command, "domain", name, {"sec_add": records})
        created = element(DOMAIN, "creData", "", [element(DOMAIN, "name", name), element(DOMAIN, "crDate", now())])
        return Answer(data=[created])

    def domain_delete(self, command: Command, e: ET.Element) -> Answer:
        name = text(e, DOMAIN, "name").lower()
        domain = self.owned(command, "domain", name)
        if any(s.endswith("DeleteProhibited") or s.startswith("pending") for s in domain["statuses"]):
            raise Refused(2304, " ".join(domain["statuses"]))
        if any(objects.is_under(h, name) for h in self.database.all("host")):
            raise Refused(2305, "there are hosts below it")
        self.database.delete("domain", name)
        self.former.add(name)
        self.note(command, "domain", name, {})
        return Answer()

    def domain_update(self, command: Command, e: ET.Element) -> Answer:
        name = text(e, DOMAIN, "name").lower()
        domain = self.owned(command, "domain", name)
        change = objects.read_domain_update(e, command.extension, self.policy)
        objects.check_locks(domain, change)
        new = objects.changed_domain(domain, change, self.database.all("host"), self.policy)
        if command.wait:
            domain["statuses"].append("pendingUpdate")
            self.database.put("domain", name, domain)
            self.database.rows("INSERT INTO pending VALUES (?, ?, ?, ?, ?)", command.server_id, command.client,
                               command.client_id, name, json.dumps(change))
            return Answer(code=1001)
        self.store_domain(name, new)
        self.note(command, "domain", name, change)
        return Answer()

    def store_domain(self, name: str, domain: dict) -> None:
        domain["updated"] = now()
        self.database.put("domain", name, domain)

    def host_info(self, command: Command, e: ET.Element) -> Answer:
        name = text(e, HOST, "name").lower()
        host = self.database.get("host", name)
        if host is None:
            raise Refused(2303, name)
        return Answer(data=[objects.show_host(name, host, bool(self.linked(name)))])

    def linked(self, host: str) -> list[str]:
        return [n for n, d in self.database.all("domain").items() if host in d["ns"]]

    def host_create(self, command: Command, e: ET.Element) -> Answer:
        name = text(e, HOST, "name").lower()
        if self.database.get("host", name) is not None:
            raise Refused(2302, name)
        addresses = objects.read_addresses(e)
        superior = next((n for n in self.database.all("domain") if objects.is_under(name, n)), None)
        if superior is not None:
            self.owned(command, "domain", superior)
            if not addresses:
                raise Refused(2003, "a host of this registry needs an address")
        elif addresses:
            raise Refused(2306, "a host elsewhere has no addresses here")
        at = self.new_host(name, command.client, addresses)
        self.note(command, "host", name, addresses)
        return Answer(data=[element(HOST, "creData", "", [element(HOST, "name", name), element(HOST, "crDate", at)])])

    def host_update(self, command: Command, e: ET.Element) -> Answer:
        name = text(e, HOST, "name").lower()
        host = self.owned(command, "host", name)
        host["addresses"] = objects.changed_addresses(host["addresses"], e)
        self.database.put("host", name, host)
        self.note(command, "host", name, host["addresses"])
        return Answer()

    def host_delete(self, command: Command, e: ET.Element) -> Answer:
        name = text(e, HOST, "name").lower()
        self.owned(command, "host", name)
        if self.linked(name):
            raise Refused(2305, "linked")
        self.database.delete("host", name)
        self.note(command, "host", name, None)
        return Answer()

    # --- messages ----------------------------------------------------------------------------------------

    def poll(self, command: Command) -> Answer:
        waiting = self.database.messages(command.client)
        if command.element.get("op") == "req":
            return self.first_message(waiting)
        wanted = command.element.get("msgID")
        if not waiting or str(waiting[0][0]) != wanted:
            raise Refused(2303, f"message {wanted}")
        with self.database.transaction():
            self.database.rows("DELETE FROM message WHERE id=?", waiting[0][0])
        count = len(waiting) - 1
        return Answer(queue=element(EPP, "msgQ", count=str(count), id=wanted))

    @staticmethod
    def first_message(waiting: list[tuple[int, str, dict]]) -> Answer:
        if not waiting:
            return Answer(code=1300)
        number, at, message = waiting[0]
        queue = element(EPP, "msgQ", "", [element(EPP, "qDate", at), element(EPP, "msg", message["text"])],
                        count=str(len(waiting)), id=str(number))
        return Answer(code=1301, queue=queue, data=[ET.fromstring(x) for x in message["data"]],
                      extension=[ET.fromstring(x) for x in message["extension"]])

    def post(self, client: str, words: str, data: list[ET.Element], extension: list[ET.Element]) -> None:
        as_text = [[ET.tostring(e, encoding="unicode") for e in part] for part in (data, extension)]
        self.database.post(client, now(), {"text": words, "data": as_text[0], "extension": as_text[1]})

    # --- what the staff does -----------------------------------------------------------------------------

    def new_domain(self, name: str, client: str, ns: dict[str, list[str]], sec: list[dict],
                   ttl: dict[str, int] | None = None) -> None:
        if self.database.get("domain", name) is not None:
            raise Refused(2302, name)
        self.database.put("domain", name, {"roid": f"D{abs(hash(name)) % 10**8}-LAB", "client": client, "created": now(),
                                           "statuses": [], "ns": ns, "sec": sec, "ttl": ttl or {}})

    def new_host(self, name: str, client: str, addresses: list[str]) -> str:
        at = now()
        self.database.put("host", name, {"roid": f"H{abs(hash(name)) % 10**8}-LAB", "client": client, "created": at,
                                         "addresses": addresses})
        return at

    def decide(self, accept: bool, other_id: str = "") -> int:
        """Ends all that is pending; `other_id`: the messages name another transaction (a fault)."""
        waiting = self.database.rows("SELECT server_id, client, client_id, name, data FROM pending")
        for server_id, client, client_id, name, data in waiting:
            with self.database.transaction():
                domain = self.database.get("domain", name)
                domain["statuses"].remove("pendingUpdate")
                if accept:
                    change = json.loads(data)
                    domain = objects.changed_domain(domain, change, self.database.all("host"), self.policy)
                    self.database.note(now(), client, client_id, "update", "domain", name, change)
                self.store_domain(name, domain)
                self.database.rows("DELETE FROM pending WHERE server_id=?", server_id)
                ids = [element(EPP, "clTRID", client_id)] if client_id else []
                ids.append(element(EPP, "svTRID", other_id or server_id))
                pan = element(DOMAIN, "panData", "", [
                    element(DOMAIN, "name", name, paResult="1" if accept else "0"), element(DOMAIN, "paTRID", "", ids),
                    element(DOMAIN, "paDate", now())])
                self.post(client, "Pending action completed" if accept else "Pending action rejected", [pan], [])
        self.changed.set()
        return len(waiting)

    def lock(self, name: str, add: list[str], remove: list[str], say: bool) -> None:
        """The registry changes the statuses of a domain by itself, and tells the registrar if `say` (RFC 8590)."""
        with self.database.transaction():
            domain = self.database.get("domain", name)
            domain["statuses"] = [s for s in domain["statuses"] if s not in remove] + add
            self.store_domain(name, domain)
            if say:
                change = element(CHANGE_POLL, "changeData", "", [
                    element(CHANGE_POLL, "operation", "update"), element(CHANGE_POLL, "date", now()),
                    element(CHANGE_POLL, "svTRID", f"STAFF-{len(self.database.journal())}"),
                    element(CHANGE_POLL, "who", "staff"), element(CHANGE_POLL, "reason", "asked for by telephone")],
                    state="after")
                shown = objects.show_domain(name, domain, self.database.all("host"), self.policy)
                self.post(domain["client"], "Registry initiated update of domain", [shown], [change])
