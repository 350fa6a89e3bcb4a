"""api/openapi.yaml as a judge: whether an answer is one that it describes, and what of it was never answered."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
# Any request can be answered with these (info.description says so).
ALWAYS = {404: {"path-unknown"}, 405: {"method-not-allowed"}, 408: {"request-timeout"}, 413: {"body-too-large"},
          431: {"headers-too-large"}, 500: {"internal"}, 400: {"request-invalid", "query-invalid"}}


class Spec:
    def __init__(self) -> None:
        self.document: dict[str, Any] = yaml.safe_load((REPOSITORY / "api/openapi.yaml").read_text())
        self.codes_seen: set[str] = set()
        self.seen: set[tuple[str, str, int]] = set()       # path, method, status
        self.problems: list[str] = []

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            found: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    def operations(self) -> list[tuple[str, str, dict[str, Any]]]:
        return [(path, method, operation) for path, item in self.document["paths"].items()
                for method, operation in item.items()]

    def codes(self) -> set[str]:
        return set(self.document["components"]["schemas"]["Code"]["enum"])

    def find(self, method: str, target: str) -> tuple[str, dict[str, Any]] | None:
        path = target.split("?")[0]
        for pattern, item in self.document["paths"].items():
            if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", pattern), path) and method.lower() in item:
                return pattern, item[method.lower()]
        return None

    def check(self, method: str, target: str, status: int, headers: dict[str, str], body: bytes) -> None:
        """Remembers what is wrong with an answer."""
        what = f"{method} {target} -> {status}"
        kind = headers.get("content-type", "").split(";")[0]
        code = ""
        if status >= 400:
            if kind != "application/problem+json":
                self.problems.append(f"{what}: an error of type {kind}")
                return
            code = self.problem(what, status, body) if method != "HEAD" else ""
        found = self.find("GET" if method == "HEAD" else method, target)
        if found is None:
            if code not in ALWAYS.get(status, set()):
                self.problems.append(f"{what} {code}: an undocumented route is answered")
            return
        pattern, operation = found
        described = operation["responses"].get(str(status))
        if described is None:
            if code not in ALWAYS.get(status, set()):
                self.problems.append(f"{what} {code}: this status is not documented")
            return
        self.seen.add((pattern, method.lower(), status))
        if status < 400 and method != "HEAD":
            self.content(what, self.resolve(described), kind, headers, body)

    def problem(self, what: str, status: int, body: bytes) -> str:
        document = json.loads(body)
        self.codes_seen.add(document["code"])
        self.valid(what, {"$ref": "#/components/schemas/Problem"}, document)
        if document["status"] != status:
            self.problems.append(f"{what}: it says {document['status']}")
        return str(document["code"])

    def content(self, what: str, described: dict[str, Any], kind: str, headers: dict[str, str], body: bytes) -> None:
        form = described["content"].get(kind)
        if form is None:
            self.problems.append(f"{what}: type {kind} is not documented")
        elif kind == "application/json":
            self.valid(what, form["schema"], json.loads(body))
        if "ETag" in described.get("headers", {}) and "etag" not in headers:
            self.problems.append(f"{what}: the ETag is missing")

    def valid(self, what: str, schema: dict[str, Any], value: Any) -> None:
        whole = {**schema, "components": self.document["components"]}
        for error in jsonschema.Draft202012Validator(whole).iter_errors(value):
            best = jsonschema.exceptions.best_match([error])
            self.problems.append(f"{what}: {'/'.join(map(str, best.absolute_path))}: {best.message[:200]}")

    def unanswered(self) -> list[str]:
        """What is documented, and was not seen."""
        out = []
        for path, method, operation in self.operations():
            for status in operation["responses"]:
                if (path, method, int(status)) not in self.seen | UNPROVOKED:
                    out.append(f"{method.upper()} {path}: {status} was never answered")
        return out + [f"the code {c} was never seen" for c in sorted(self.codes() - self.codes_seen - HARD)]


# Today's drivers put into their report what they could not ask.
UNPROVOKED = {(f"/v1/{many}/{{name}}/probe", "post", 502) for many in ("signers", "parents")}
# Of the machine or of servers elsewhere; unit tests have them.
HARD = {"audit-unwritable", "breakage", "cannot-be-reached", "too-many-streams",
        "internal", "invalid", "not-found", "auth", "refused", "unsupported", "conflict", "throttled", "unreachable",
        "transient", "unknown-outcome", "bad-answer"}
