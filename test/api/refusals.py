"""Every route with everything that is wrong: the documented error, and nothing changed."""

from __future__ import annotations

from bench import ZONES, Bench

ORDER = ["none", "read", "plan", "apply", "admin"]
HUGE = b"{" + b" " * (10 * 1024 * 1024) + b"}"


def less(scope: str) -> str | None:
    """A token that has just not enough."""
    if scope == "approve":
        return "apply"
    return {"plan": "read", "apply": "plan", "admin": "apply"}.get(scope)


def tokens(b: Bench) -> None:
    for number, (path, method, operation) in enumerate(b.spec.operations()):
        scope, method, path = operation["x-scope"], method.upper(), b.fill(path)
        if scope == "none":
            continue
        b.expect("token-missing", method, path, token="")
        # Many wrong ones from one address are answered with 429.
        b.expect("token-invalid", method, path, token="tutti_" + "0" * 64, source=f"127.0.2.{1 + number // 10}")
        b.expect("source-forbidden", method, path, token="elsewhere")
        if few := less(scope):
            b.expect("scope-missing", method, path, token=few)


def zones(b: Bench) -> None:
    """A token for a.lab. is for nothing else."""
    for path, method, operation in b.spec.operations():
        if "{zone}" in path:
            b.expect("zone-forbidden", method.upper(), b.fill(path, ZONES[1]), token="limited")
    b.expect("zone-forbidden", "POST", "/v1/zones", {"zone": "c.lab.", "parent": "lab", "signers": ["blue"]}, token="limited")
    b.expect("zone-forbidden", "GET", "/v1/events?zone=" + ZONES[1], token="limited")
    b.expect("zone-forbidden", "DELETE", "/v1/signers/blue", token="limited")
    b.expect("zone-forbidden", "GET", "/v1/audit", token="limited")
    seen = b.expect(200, "GET", "/v1/zones", token="limited").json
    b.must(f"the list keeps to the zones of the token: {seen['zones']}", [z["zone"] for z in seen["zones"]] == [ZONES[0]])


def bodies(b: Bench) -> None:
    for path, method, operation in b.spec.operations():
        if method not in ("post", "put"):
            continue
        path, method = b.fill(path), method.upper()
        token = "approve" if operation["x-scope"] == "approve" else "admin"
        for wrong in (b"{", b"[1]", b'"text"', b'{"zone":"a.","zone":"b."}', b"\xff\xfe", b'{"a":' * 100, b'{"a":1}x', b"nul"):
            b.expect("body-invalid", method, path, wrong, token=token)
        if "requestBody" in operation:
            settings = path in ("/v1/signers", "/v1/parents")
            b.expect("settings-invalid" if settings else "body-invalid", method, path, {"no-such-field": 1}, token=token)
        b.expect("content-type", method, path, b"a=b", token=token, headers={"Content-Type": "application/x-www-form-urlencoded"})
        b.expect("body-too-large", method, path, HUGE, token=token)
        b.expect("idempotency-key-invalid", method, path, token=token, headers={"Idempotency-Key": "x" * 200})


def etags(b: Bench) -> None:
    for path, method, operation in b.spec.operations():
        if not any("IfMatch" in p.get("$ref", "") for p in operation.get("parameters", [])):
            continue
        if "{id}" in path:
            continue                      # in changes.py, with a proposal
        body = {"mode": "manual"} if path.endswith("/mode") else {"signers": ["green"]} if path.endswith("/intent") else None
        filled = b.fill(path)
        if "/v1/tokens/" in path:
            filled = "/v1/tokens/read"
        b.expect("etag-mismatch", method.upper(), filled, body, headers={"If-Match": '"other"'})


def unknown(b: Bench) -> None:
    for path in ("/v1/nothing", "/v1/zones/a.lab./nothing", "/v2/zones", "/v1/zones/a.lab./", "//v1/zones", "/v1/zones/%zz", "/v1/testbed/rounds/7/"):
        b.expect("path-unknown", "GET", path)
    for path, method, operation in b.spec.operations():
        if method in ("get", "delete"):
            b.expect("query-invalid", method.upper(), b.fill(path) + "?no-such-parameter=1", token="" if operation["x-scope"] == "none" else "admin")
    known = {path for path, _, _ in b.spec.operations()}
    for path in known:
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            if method.lower() not in b.spec.document["paths"][path]:
                b.expect("method-not-allowed", method, b.fill(path))
    for method in ("TRACE", "OPTIONS"):
        b.expect("method-not-allowed", method, "/v1/zones")
    for where in ("zone", "explain", "intent", "keys"):
        b.expect("zone-unknown", "GET", "/v1/zones/unknown.lab." + ("" if where == "zone" else "/" + where))
    b.expect("zone-invalid", "GET", "/v1/zones/a..b")


def all_of_them(b: Bench) -> None:
    before = b.state()
    for group in (tokens, zones, bodies, etags, unknown):
        group(b)
        b.must(f"{group.__name__}: something was changed", b.state() == before)
