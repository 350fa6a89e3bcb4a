"""What a hostile child costs: queries, and CPU time over that of a child that asks for nothing."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from case import Case

MAX_QUERIES, MAX_CPU = 100, 0.050


def spent(command: list[str]) -> tuple[int, float]:
    """Queries and seconds of CPU of one scan."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL) as run:
        assert run.stdout
        text = run.stdout.read().decode()
        _, status, usage = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    queries = re.search(r"(\d+) queries", text)
    if run.returncode != 0 or not queries:
        raise RuntimeError(f"{' '.join(command)}: {text[-500:]}")
    return int(queries[1]), usage.ru_utime + usage.ru_stime


def over(cases: list[Case], quiet: Case, command: Callable[[Case], list[str]]) -> list[str]:
    """The cases that cost too much, in words; the last line is a summary."""
    idle = min(spent(command(quiet))[1] for _ in range(3))
    with ThreadPoolExecutor(4) as pool:
        costs = list(pool.map(lambda case: spent(command(case)), cases))
    out = []
    for case, (queries, cpu) in zip(cases, costs, strict=True):
        # Once more before anything is said: another program may have had the caches.
        if cpu - idle > MAX_CPU:
            cpu = min(cpu, *(spent(command(case))[1] for _ in range(3)))
        if queries > MAX_QUERIES or cpu - idle > MAX_CPU:
            out.append(f"{case.slug}: {queries} queries, {1000 * (cpu - idle):.0f} ms of CPU")
    queries, asked = max((q, case.slug) for case, (q, _) in zip(cases, costs, strict=True))
    cpu, busy = max((t - idle, case.slug) for case, (_, t) in zip(cases, costs, strict=True))
    return [*out, f"hostile children cost at most {queries} queries ({asked}) and {1000 * cpu:.0f} ms of CPU ({busy})"]
