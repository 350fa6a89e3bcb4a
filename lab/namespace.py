"""The lab's network namespace: made by `unshare`, entered by setns(2).

Root gets a network and a PID namespace. Anybody else gets a user namespace around them, where
they are root too; so the lab needs no privileges where user namespaces are on. The PID namespace
is what guarantees that nothing is left running: when its first process ends, for whatever reason,
the kernel kills all others in it.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000


def unshare_command() -> list[str]:
    """The prefix that runs a command as the first process of a new lab namespace."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--net", "--pid", "--fork", "--kill-child"]


def outer_pid() -> int:
    """Our PID as the rest of the machine sees it (/proc is not remounted, so it knows)."""
    return int(os.readlink("/proc/self"))


def enter(pid: int) -> None:
    """Moves this process (which must have a single thread) into the namespace that `pid` lives in."""
    libc = ctypes.CDLL(None, use_errno=True)
    for kind, flag in (("user", CLONE_NEWUSER), ("net", CLONE_NEWNET)):
        theirs = Path(f"/proc/{pid}/ns/{kind}")
        if os.readlink(theirs) == os.readlink(f"/proc/self/ns/{kind}"):
            continue
        fd = os.open(theirs, os.O_RDONLY)
        try:
            if libc.setns(fd, flag) != 0:
                number = ctypes.get_errno()
                raise OSError(number, f"cannot enter the lab's {kind} namespace: {os.strerror(number)}")
        finally:
            os.close(fd)


def ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def configure(addresses: list[str]) -> None:
    """Brings lo up with the lab's addresses: named listens only on addresses that an interface has."""
    ip("link", "set", "lo", "up")
    for address in addresses:
        ip("address", "add", f"{address}/32", "dev", "lo")
    # The rule for local delivery moves back, so that cut() can put a rule before it.
    ip("rule", "add", "pref", "100", "lookup", "local")
    ip("rule", "del", "pref", "0", "lookup", "local")


def cut(source: str, destination: str) -> None:
    """Drops everything sent from one address to another: that is how a secondary stops following."""
    ip("rule", "add", "pref", "10", "from", source, "to", destination, "blackhole")


def mend(source: str, destination: str) -> None:
    ip("rule", "del", "pref", "10", "from", source, "to", destination, "blackhole")
