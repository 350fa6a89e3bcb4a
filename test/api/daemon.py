"""A real daemon in a folder of its own, and requests to it: over TLS with a token, or at its Unix socket."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spec import REPOSITORY, Spec

BINARY = REPOSITORY / "build/release/tutti"
PATIENCE_S = 30


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    json: Any = None

    @property
    def code(self) -> str:
        return self.json.get("code", "") if isinstance(self.json, dict) else ""


class LocalConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("tutti", timeout=PATIENCE_S)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect(str(self.path))


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


CONFIG = """
[daemon]
socket = "tutti.sock"
database = "tutti.db"
workers = 2
{daemon}
[api]
listen = ["127.0.0.1:{port}"]
{api}
{more}
[signer.blue]
driver = "rfc2136"
servers = ["127.0.9.1:5391"]
ns = ["ns.blue.lab."]
tsig = {{ name = "ctl.", secret = {{ file = "tsig.secret" }} }}
[signer.green]
driver = "rfc2136"
servers = ["127.0.9.2:5391"]
ns = ["ns.green.lab."]
tsig = {{ name = "ctl.", secret = {{ file = "tsig.secret" }} }}
[parent.lab]
driver = "manual"
servers = ["127.0.9.3:5391"]
zone = "lab."
[parent.spare]
driver = "manual"
servers = ["127.0.9.3:5391"]
"""


@dataclass
class Daemon:
    folder: Path
    api: str = ""                 # more lines for [api]
    more: str = ""                # more sections
    daemon: str = ""              # more lines for [daemon]
    tls: bool = True
    spec: Spec | None = None      # judges every answer
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()
        secret = self.folder / "tsig.secret"
        secret.write_text("c2VjcmV0IHNlY3JldCBzZWNyZXQ=\n")
        secret.chmod(0o600)
        lines = self.api
        if self.tls:
            if not (self.folder / "api.pem").exists():
                subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                                "-nodes", "-keyout", "api.key", "-out", "api.pem", "-days", "30", "-subj", "/CN=127.0.0.1",
                                "-addext", "subjectAltName=IP:127.0.0.1"], cwd=self.folder, check=True, capture_output=True)
            lines = 'certificate = "api.pem"\nkey = "api.key"\n' + lines
        (self.folder / "tutti.toml").write_text(
            CONFIG.format(port=self.port, api=lines, more=self.more, daemon=self.daemon))

    def launch(self) -> None:
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([BINARY, "serve", "--config", "tutti.toml"], cwd=self.folder, stderr=log)

    def start(self) -> None:
        self.prepare()
        self.launch()
        assert self.process
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if self.ask("GET", "/v1/ready", unix=True).status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise SystemExit(f"the daemon does not start: {(self.folder / 'log').read_text()[-2000:]}")

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self.process:
            self.process.send_signal(how)
            self.process.wait(PATIENCE_S)
            self.process = None

    def connect(self, unix: bool = False) -> http.client.HTTPConnection:
        if unix:
            return LocalConnection(self.folder / "tutti.sock")
        if not self.tls:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        context = ssl.create_default_context(cafile=str(self.folder / "api.pem"))
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE_S, context=context)

    def ask(self, method: str, target: str, body: Any = None, token: str = "", unix: bool = False,
            headers: dict[str, str] | None = None, source: str = "") -> Answer:
        """`body`: octets as they are, or a value to be sent as JSON. `token`: the name of one of self.tokens, or a secret."""
        fields = dict(headers or {})
        if token:
            fields["Authorization"] = "Bearer " + self.tokens.get(token, token)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if data is not None:
            fields.setdefault("Content-Type", "application/json")
        connection = self.connect(unix)
        if source:
            connection.source_address = (source, 0)
        try:
            connection.request(method, target, data, fields)
            response = connection.getresponse()
            out = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()
        if out.headers.get("content-type", "").endswith("json") and out.body:
            out.json = json.loads(out.body)
        if self.spec:
            self.spec.check(method, target, out.status, out.headers, out.body)
        return out

    def make_token(self, name: str, *scopes: str, **more: Any) -> None:
        made = self.ask("POST", "/v1/tokens", {"name": name, "scopes": list(scopes), **more}, unix=True)
        assert made.status == 201, made.body
        self.tokens[name] = made.json["token"]

    def cpu_s(self) -> float:
        assert self.process
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        assert self.process
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0


def tutti(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=120, env={**os.environ, **more.pop("env", {})},
                          check=False, **more)
