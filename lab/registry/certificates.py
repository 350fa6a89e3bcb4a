"""A CA, a certificate for the server and one for a client, by openssl(1); and certificates that are not right."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path


def openssl(*arguments: object) -> None:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"openssl {' '.join(map(str, arguments))}: {done.stderr}")


def new_ca(folder: Path, name: str) -> None:
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 3650,
            "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem")


def issue(folder: Path, ca: str, name: str, alternative: str) -> None:
    key, request, certificate = (folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-addext", f"subjectAltName={alternative}", "-keyout", key, "-out", request)
    key.chmod(0o600)
    openssl("x509", "-req", "-in", request, "-CA", folder / f"{ca}.pem", "-CAkey", folder / f"{ca}.key",
            "-CAcreateserial", "-days", 3650, "-copy_extensions", "copy", "-out", certificate)


def make(folder: Path) -> None:
    """ca, server (localhost, 127.0.0.1, epp.lab), client; and `stranger`, a client of another CA."""
    if (folder / "stranger.pem").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    new_ca(folder, "ca")
    issue(folder, "ca", "server", "DNS:localhost,DNS:epp.lab,IP:127.0.0.1")
    issue(folder, "ca", "client", "DNS:client.lab")
    new_ca(folder, "other-ca")
    issue(folder, "other-ca", "stranger", "DNS:client.lab")


def context(folder: Path) -> ssl.SSLContext:
    """Only clients with a certificate of our CA are let in (RFC 5734 9)."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.load_cert_chain(folder / "server.pem", folder / "server.key")
    tls.load_verify_locations(folder / "ca.pem")
    tls.verify_mode = ssl.CERT_REQUIRED
    return tls
