"""Every route when it goes well, and the errors that need something to be there."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from typing import Any

from bench import ZONES, Bench
from daemon import Daemon, tutti

A = "/v1/zones/" + ZONES[0]


def reading(b: Bench) -> None:
    b.wait("the first look at " + ZONES[0], lambda: b.ask("GET", A).json["view"] is not None)
    for path, method, operation in b.spec.operations():
        if method != "get" or operation["operationId"] in ("events", "proposal", "token", "delegations", "delegation", "agentLog", "agent"):
            continue
        token = {"none": ""}.get(operation["x-scope"], operation["x-scope"])
        b.expect(200, "GET", b.fill(path), token=token)
        b.must(f"HEAD {path}", not b.expect(200, "HEAD", b.fill(path), token=token).body)
    b.expect("trace-absent", "GET", f"/v1/zones/{ZONES[1]}/trace")
    line = b.expect(200, "GET", A + "/timeline").json["versions"]
    b.must(f"the timeline has the DNSKEY RRset that is served: {line}",
           any(v["track"] == "dnskey" and v["at"] == "blue" and v["current"] and v["content"] for v in line))
    keys = b.expect(200, "GET", A + "/keys").json["keys"]
    b.must(f"keys: {keys}", bool(keys) and all(k["published_by"] == ["blue"] for k in keys))
    shown = b.expect(200, "GET", "/v1/signers/blue", token="read").json
    b.must(f"a reader is not told of keys: {shown}", "tsig" not in shown)
    b.must("an admin is", "tsig" in b.expect(200, "GET", "/v1/signers/blue").json)
    b.expect(200, "GET", "/v1/zones", unix=True, token="")


def paging(b: Bench) -> None:
    seen: list[str] = []
    target = "/v1/zones?limit=1&sort=alarm"
    while target:
        page = b.expect(200, "GET", target)
        seen += [z["zone"] for z in page.json["zones"]]
        b.must("the total does not change", page.json["total"] == len(ZONES))
        link = page.headers.get("link", "")
        target = link.partition("<")[2].partition(">")[0] if 'rel="next"' in link else ""
        b.must("the link says what `next` says", ("next" in page.json) == bool(target))
    b.must(f"all, each once: {seen}", sorted(seen) == sorted(ZONES))
    first = b.expect(200, "GET", "/v1/testbed/rounds?limit=2").json
    rest = b.expect(200, "GET", f"/v1/testbed/rounds?limit=2&cursor={first['next']}").json
    b.must("rounds, the newest first", [r["round"] for r in first["rounds"] + rest["rounds"]] == [7, 6, 5])
    for path in ("/8", "/x", "/6/end.svg", "/7/lab.tar", "/8/begin.svg"):
        b.expect("round-unknown", "GET", "/v1/testbed/rounds" + path)
    b.expect("testbed-unreadable", "GET", "/v1/testbed/rounds/7/round.json")
    b.expect(200, "GET", "/v1/testbed/rounds/7/trace.json")
    for wrong in ("limit=x", "limit=-1", "limit=10001", "cursor=zz", "sort=size", "limit=1&limit=2"):
        b.expect("query-invalid", "GET", "/v1/zones?" + wrong)


def zones(b: Bench) -> None:
    new = {"zone": "new.lab.", "parent": "lab", "signers": ["blue"], "probe": False}
    b.expect(201, "POST", "/v1/zones", new)
    b.expect("zone-exists", "POST", "/v1/zones", new)
    for code, change in {"parent-unknown": {"parent": "lap"}, "signer-unknown": {"signers": ["bleu"]}, "signers-empty": {"signers": []},
                         "signers-duplicate": {"signers": ["blue", "blue"]}, "mode-invalid": {"mode": "x"}, "zone-invalid": {"zone": "x..y"},
                         "policy-invalid": {"policy": {"x": 1}}, "ksk-holder-invalid": {"ksk_holder": "x"}, "probe-failed": {"probe": True}}.items():
        b.expect(code, "POST", "/v1/zones", {**new, "zone": "other.lab.", **change})
    before = b.expect(200, "GET", "/v1/zones/new.lab.")
    tag = {"If-Match": before.headers["etag"]}
    b.expect(200, "PUT", "/v1/zones/new.lab./mode", {"mode": "manual"}, headers=tag)
    b.expect("etag-mismatch", "PUT", "/v1/zones/new.lab./mode", {"mode": "manual"}, headers=tag)
    b.expect(200, "POST", "/v1/zones/new.lab./step")
    b.expect("mode-automatic", "POST", A + "/step")
    b.expect(200, "POST", "/v1/zones/new.lab./pause")
    b.expect(200, "POST", "/v1/zones/new.lab./resume")
    b.expect(200, "PUT", "/v1/zones/new.lab./intent", {"signers": ["blue", "green"], "probe": False})
    for code, wish in {"signer-dead-and-member": {"dead": ["blue"]}, "algorithm-invalid": {"algorithms": ["x"]},
                       "key-unknown": {"distrust": ["blue/1"]}, "probe-failed": {"signers": ["green"]}}.items():
        b.expect(code, "PUT", "/v1/zones/new.lab./intent", wish)
    plan = b.expect(200, "POST", A + "/plan", {"signers": ["blue", "green"]}, token="plan").json
    b.must(f"it says what would happen: {plan['end']}", plan["present"] == ["blue"])
    b.expect(200, "DELETE", "/v1/zones/new.lab.")
    b.expect("zone-unknown", "DELETE", "/v1/zones/new.lab.")
    for target in (A.replace("a.lab.", "none.lab.") + tail for tail in ("", "/explain", "/intent", "/decision", "/observation", "/keys",
                                                                       "/timeline", "/forecast", "/history", "/trace")):
        b.expect("zone-unknown", "GET", target)
    none = "/v1/zones/none.lab."
    for verb in ("pause", "resume", "step"):
        b.expect("zone-unknown", "POST", f"{none}/{verb}")
    b.expect("zone-unknown", "POST", none + "/plan", {"signers": ["blue"]})
    b.expect("zone-unknown", "PUT", none + "/intent", {"signers": ["blue"]})
    b.expect("zone-unknown", "PUT", none + "/mode", {"mode": "manual"})


def settings(b: Bench) -> None:
    red = {"name": "red", "driver": "rfc2136", "servers": ["127.0.9.9"], "ns": ["ns.red.lab."],
           "tsig": {"name": "ctl.", "secret": f"file:{b.daemon.folder}/tsig.secret"}}
    tld = {"name": "tld", "driver": "manual", "servers": ["127.0.9.9"]}
    for many, one, body in (("signers", "signer", red), ("parents", "parent", tld)):
        name = body["name"]
        here = f"/v1/{many}/{name}"
        made = b.expect(201, "POST", f"/v1/{many}", body)
        b.expect(f"{one}-exists", "POST", f"/v1/{many}", body)
        b.expect("settings-invalid", "POST", f"/v1/{many}", {**body, "name": "x", "driver": "none"})
        b.must("the ETag of the answer is that of what is shown", b.expect(200, "GET", here).headers["etag"] == made.headers["etag"])
        b.expect(f"{one}-unknown", "GET", f"/v1/{many}/nobody")
        b.expect(f"{one}-unknown", "DELETE", f"/v1/{many}/nobody")
        b.expect(f"{one}-unknown", "POST", f"/v1/{many}/nobody/probe", {"zone": ZONES[0]})
        b.expect("zone-invalid", "POST", f"/v1/{many}/{name}/probe", {"zone": "a..b"})
        zone = {"zone": "used.lab.", "parent": "tld" if one == "parent" else "lab", "signers": ["red" if one == "signer" else "blue"], "probe": False}
        b.expect(201, "POST", "/v1/zones", zone)
        b.expect(f"{one}-in-use", "DELETE", here)
        b.expect(200, "DELETE", "/v1/zones/used.lab.")
        b.expect("etag-mismatch", "DELETE", here, headers={"If-Match": '"x"'})
        b.expect(200, "DELETE", here, headers={"If-Match": made.headers["etag"]})
    b.expect("signer-in-file", "DELETE", "/v1/signers/green")
    b.expect("parent-in-file", "DELETE", "/v1/parents/spare")
    b.expect("secret-unreadable", "POST", "/v1/signers", {**red, "tsig": {"name": "ctl.", "secret": "file:/no/such"}})
    b.expect("local-only", "POST", "/v1/signers", {**red, "tsig": {"name": "ctl.", "secret": "command:id"}})
    b.expect("local-only", "POST", "/v1/parents", {"name": "x", "driver": "exec", "servers": ["127.0.9.9"], "command": "/bin/id"})
    b.expect("settings-invalid", "POST", "/v1/signers", {**red, "tsig": {"name": "ctl.", "secret": "c2VjcmV0Cg=="}})
    b.expect(200, "POST", "/v1/signers/blue/probe", {"zone": ZONES[0]})
    b.must("it cannot take part", not b.expect(200, "POST", "/v1/signers/green/probe", {"zone": ZONES[0]}).json["usable"])
    b.expect(200, "POST", "/v1/parents/lab/probe", {"zone": ZONES[0]})


def access(b: Bench) -> None:
    b.expect(201, "POST", "/v1/tokens", {"name": "new", "scopes": ["read"]})
    b.expect("token-exists", "POST", "/v1/tokens", {"name": "new", "scopes": ["read"]})
    b.expect("token-settings-invalid", "POST", "/v1/tokens", {"name": "x", "scopes": ["all"]})
    tag = b.expect(200, "GET", "/v1/tokens/new").headers["etag"]
    b.expect(200, "DELETE", "/v1/tokens/new", headers={"If-Match": tag})
    b.expect("token-unknown", "GET", "/v1/tokens/new")
    b.expect("token-unknown", "DELETE", "/v1/tokens/new")
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    b.daemon.make_token("soon", "read", expires=soon)
    b.wait("a token expires", lambda: b.ask("GET", "/v1/whoami", token="soon").code == "token-expired")
    b.must("who am I?", b.expect(200, "GET", "/v1/whoami", token="limited").json
           == {"name": "token:limited", "scopes": ["admin"], "zones": [ZONES[0]]})
    b.must("what Prometheus reads", b"tutti_zones" in b.expect(200, "GET", "/metrics", token="read").body)


def once(b: Bench) -> None:
    """A POST with a key is carried out once."""
    zone = {"zone": "once.lab.", "parent": "lab", "signers": ["blue"], "probe": False}
    key = {"Idempotency-Key": "1f0c"}
    first, again = (b.expect(201, "POST", "/v1/zones", zone, headers=key) for _ in range(2))
    b.must("the same answer", first.body == again.body and again.headers.get("idempotent-replay") == "true")
    b.expect(201, "POST", "/v1/zones", {**zone, "zone": "once-apply.lab."}, token="apply", headers=key)
    b.expect(200, "DELETE", "/v1/zones/once.lab.")
    b.expect(200, "DELETE", "/v1/zones/once-apply.lab.")
    made = b.expect(201, "POST", "/v1/tokens", {"name": "kept", "scopes": ["read"]}, headers={"Idempotency-Key": "secret"})
    with sqlite3.connect(b.daemon.folder / "tutti.db") as db:
        b.must("the secret of a token is not kept", made.json["token"] not in repr(db.execute("select body from once").fetchall()))
    b.expect(200, "DELETE", "/v1/tokens/kept")
    for number, (path, method, operation) in enumerate(b.spec.operations()):
        if method != "post":
            continue
        path, token = b.fill(path), "approve" if operation["x-scope"] == "approve" else "admin"
        b.expect("idempotency-key-reused", "POST", path, {"other": number}, token=token, headers=other_request(b, token, number))
        b.expect("idempotency-unfinished", "POST", path, {"x": number}, token=token, headers=cut_off(b, token, path, {"x": number}))


def note(b: Bench, token: str, key: str, request: str) -> dict[str, str]:
    """As it stands after a crash in the middle of a request."""
    with sqlite3.connect(b.daemon.folder / "tutti.db", timeout=30) as db:
        db.execute("insert into once values (?, ?, ?, 0, 0, '')", (f"token:{token} {key}", request, int(time.time() * 1e6)))
    return {"Idempotency-Key": key}


def other_request(b: Bench, token: str, number: int) -> dict[str, str]:
    return note(b, token, f"other-{number}", "another")


def cut_off(b: Bench, token: str, path: str, body: Any) -> dict[str, str]:
    name = hashlib.sha256(f"POST {path}\n".encode() + json.dumps(body).encode()).hexdigest()
    return note(b, token, "cut-off-" + hashlib.sha256(path.encode()).hexdigest()[:8], name)


def audit(b: Bench) -> None:
    """What was done is written down, in a chain that shows each change."""
    lines: list[Any] = []
    while more := b.expect(200, "GET", f"/v1/audit?limit=1000&after={len(lines)}").json["lines"]:
        lines += more
    asked = [l["line"] for l in lines if l["line"]["what"] == "asked"]
    b.must("a new zone is in the log", any(l["target"] == "/v1/zones" and l.get("wish", {}).get("zone") == "new.lab." for l in asked))
    b.must("refusals are", any(l["line"]["what"] == "refused" and l["line"]["code"] == "scope-missing" for l in lines))
    text = json.dumps(lines) + (b.daemon.folder / "log").read_text()
    b.must("no secret is in the log or the audit log", not any(secret in text for secret in b.daemon.tokens.values()))
    database = b.daemon.folder / "tutti.db"
    fine = tutti("audit", "verify", "--database", str(database))
    b.must(f"verify: {fine.stdout} {fine.stderr}", fine.returncode == 0 and f"{len(lines)} lines" in fine.stdout)
    with sqlite3.connect(database, timeout=30) as db:
        for wrong in ("update audit set text = '{}' where id = 3", "delete from audit where id = 3"):
            try:
                db.execute(wrong)
                b.problems.append(f"the data base allows: {wrong}")
            except sqlite3.IntegrityError:
                pass
    with sqlite3.connect(database) as db, sqlite3.connect(b.daemon.folder / "copy.db") as copy:
        db.backup(copy)
        copy.execute("drop trigger audit_stays")
        copy.execute("update audit set text = text || ' ' where id = 5")
    found = tutti("audit", "verify", "--database", str(b.daemon.folder / "copy.db"))
    b.must(f"a changed line is found: {found.stdout} {found.stderr}", found.returncode == 1 and "line 5 was changed" in found.stderr)


def second_person(b: Bench) -> None:
    other = Daemon(b.daemon.folder / "approval", spec=b.spec, more="[approval]\nrequired = true\n", api="requests_per_second = 1000")
    other.start()
    b.daemon, first = other, b.daemon
    try:
        for name, scope in (("alice", ["apply", "approve"]), ("bob", ["approve"]), ("admin", ["admin"])):
            other.make_token(name, *scope)
        new = {"zone": "p.lab.", "parent": "lab", "signers": ["blue"], "probe": False}
        added = b.expect(202, "POST", "/v1/zones", new, token="alice")
        here = added.headers["location"]
        b.expect("zone-unknown", "GET", "/v1/zones/p.lab.")
        b.expect("own-proposal", "POST", here + "/approve", token="alice")
        b.expect("etag-mismatch", "POST", here + "/approve", token="bob", headers={"If-Match": '"x"'})
        b.expect("etag-mismatch", "POST", here + "/reject", token="bob", headers={"If-Match": '"x"'})
        b.expect(200, "POST", here + "/approve", token="bob", headers={"If-Match": added.headers["etag"]})
        b.expect(200, "GET", "/v1/zones/p.lab.")
        b.expect("proposal-decided", "POST", here + "/approve", token="bob")
        b.expect("proposal-decided", "POST", here + "/reject", token="bob")
        wish = {"signers": ["blue", "green"], "probe": False}
        change = b.expect(202, "PUT", "/v1/zones/p.lab./intent", wish, token="alice").headers["location"]
        b.must("nothing is changed yet", b.expect(200, "GET", "/v1/zones/p.lab./intent").json["signers"] == ["blue"])
        b.expect("signer-unknown", "PUT", "/v1/zones/p.lab./intent", {"signers": ["red"]}, token="alice")
        stale = b.expect(202, "PUT", "/v1/zones/p.lab./intent", {"secure": False, "probe": False}, token="alice").headers["location"]
        b.expect(200, "POST", change + "/approve", token="bob")
        b.must("now it is", b.expect(200, "GET", "/v1/zones/p.lab./intent").json["signers"] == ["blue", "green"])
        b.expect("proposal-stale", "POST", stale + "/approve", token="bob")
        b.expect(200, "POST", stale + "/reject", token="bob")
        b.expect(200, "GET", stale, token="bob")
        b.must("all are listed", len(b.expect(200, "GET", "/v1/proposals", token="bob").json["proposals"]) == 3)
        for verb in ("approve", "reject"):
            b.expect("proposal-unknown", "POST", f"/v1/proposals/0000/{verb}", token="bob")
        b.expect("proposal-unknown", "GET", "/v1/proposals/0000")
        b.expect("agent-absent", "GET", "/v1/agent/log")
        b.expect("agent-absent", "GET", "/v1/agent/delegations")
        b.expect("testbed-absent", "GET", "/v1/testbed/rounds")
        kinds = [e["kind"] for e in b.expect(200, "GET", "/v1/zones/p.lab./history").json["events"]]
        b.must(f"the history tells of it: {kinds}", {"proposed", "approved", "rejected"} <= set(kinds))
    finally:
        b.daemon = first
        other.stop()


def all_of_them(b: Bench) -> None:
    for group in (reading, paging, zones, settings, access, once, second_person):
        group(b)
