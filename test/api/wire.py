"""What no HTTP library would send."""

from __future__ import annotations

import socket
import ssl
import time

from bench import Bench
from daemon import PATIENCE_S

SLOW_S = 40          # the daemon waits 20 s for a request


def connection(b: Bench) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(b.daemon.folder / "api.pem"))
    return context.wrap_socket(socket.create_connection(("127.0.0.1", b.daemon.port), timeout=PATIENCE_S), server_hostname="127.0.0.1")


def exchange(b: Bench, *parts: bytes, patience: float = PATIENCE_S) -> bytes:
    """Sends, and reads until the other side ends."""
    out = b""
    with connection(b) as s:
        s.settimeout(patience)
        try:
            for part in parts:
                s.sendall(part)
            while more := s.recv(65536):
                out += more
        except (ssl.SSLError, ConnectionError, TimeoutError):
            pass
    status, _, rest = out.partition(b"\r\n")
    if status:
        head, _, body = rest.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n") if ": " in line)
        if b"Transfer-Encoding" not in head and b"event-stream" not in head:
            b.spec.check("GET", "/v1/health", int(status.split()[1]), fields, body)
    return out


def malformed(b: Bench) -> None:
    for octets in (b"nonsense\r\n\r\n", b"GET /v1/health HTTP/9.9\r\n\r\n", b"GET /v1/health HTTP/1.1\r\nbad header\r\n\r\n",
                   b"POST /v1/zones HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"\x00\x01\x02\r\n\r\n",
                   b"POST /v1/zones HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                   b"POST /v1/zones HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"):
        answer = exchange(b, octets)
        b.must(f"{octets!r}: {answer[:200]!r}", b" 400 " in answer[:20] and b"request-invalid" in answer)
    two = b"GET /v1/health HTTP/1.1\r\nConnection: close\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n"
    b.must("two tokens in one request", b"request-invalid" in exchange(b, two))


def large(b: Bench) -> None:
    answer = exchange(b, b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n")
    b.must(f"a long path: {answer[:200]!r}", b" 431 " in answer[:20] and b"headers-too-large" in answer)
    answer = exchange(b, b"GET /v1/health HTTP/1.1\r\n" + b"X-Padding: " + b"y" * 100_000 + b"\r\n\r\n")
    b.must(f"a large header: {answer[:200]!r}", b" 431 " in answer[:20])
    head = b"POST /v1/zones HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    answer = exchange(b, head, *([chunk] * 160), b"0\r\n\r\n")
    b.must(f"10 MB in chunks: {answer[:200]!r}", b" 413 " in answer[:20] and b"body-too-large" in answer)


def slow(b: Bench) -> None:
    """A body that never ends, and a header that does not, side by side; meanwhile others are served."""
    started = time.monotonic()
    body, header = connection(b), connection(b)
    body.sendall(b"POST /v1/zones HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\n{")
    header.sendall(b"GET /v1/health HTTP/1.1\r\nX-Slow: ")
    for what, s in (("body", body), ("header", header)):
        s.settimeout(SLOW_S)
        out = b""
        try:
            while more := s.recv(65536):
                out += more
                if b"}" in out:
                    break
        except (ssl.SSLError, ConnectionError, TimeoutError):
            pass
        b.must(f"a slow {what}: {out[:200]!r} after {time.monotonic() - started:.1f} s", b" 408 " in out[:20] and b"request-timeout" in out)
        if out:
            b.spec.check("GET", "/v1/health", 408, {"content-type": "application/problem+json"}, out.partition(b"\r\n\r\n")[2])
        b.expect(200, "GET", "/v1/health")
        s.close()


def old_tls(b: Bench) -> None:
    context = ssl.create_default_context(cafile=str(b.daemon.folder / "api.pem"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        with socket.create_connection(("127.0.0.1", b.daemon.port), timeout=PATIENCE_S) as s:
            context.wrap_socket(s, server_hostname="127.0.0.1").close()
        b.problems.append("TLS 1.2 is spoken")
    except (ssl.SSLError, ConnectionError):
        pass
    with connection(b) as s:
        b.must(f"TLS 1.3 is not spoken: {s.version()}", s.version() == "TLSv1.3")


def all_of_them(b: Bench) -> None:
    before = b.state()
    for group in (malformed, large, old_tls, slow):
        group(b)
    b.must("something was changed", b.state() == before)
