"""Statistics of the testbed's rounds: values in, text or CSV out."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

WIDTH = 100
COLUMNS = ("round", "scenario", "seed", "started", "seconds", "minimum_s", "ratio", "answers", "failures", "verdict",
           "trace")
Record = dict[str, Any]


def quantile(values: list[float], share: float) -> float | None:
    """The nearest-rank quantile; none of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def figures(rounds: list[Record]) -> Record:
    ratios = [r["ratio"] for r in rounds if r["ratio"] is not None]
    return {"rounds": len(rounds), "median": quantile(ratios, 0.5), "p90": quantile(ratios, 0.9),
            "max": max(ratios, default=None), "answers": sum(r["answers"] for r in rounds),
            "failures": sum(r["failures"] for r in rounds),
            "not_ok": sum(r["verdict"] not in ("ok", "interrupted") for r in rounds),
            "interrupted": sum(r["verdict"] == "interrupted" for r in rounds),
            "seconds": quantile([r["seconds"] for r in rounds if r["seconds"]], 0.5)}


def observers(rounds: list[Record]) -> dict[str, dict[str, int]]:
    totals: dict[str, dict[str, int]] = {}
    for name, seen in ((n, o) for r in rounds for n, o in r["observers"].items()):
        total = totals.setdefault(name, {"answers": 0, "failures": 0})
        for key in total:
            total[key] += seen[key]
    return totals


def number(value: float | None, form: str = ".3f") -> str:
    return "-" if value is None else format(value, form)


def line(name: str, f: Record) -> str:
    return (f"{name:<13}{f['rounds']:>7}{number(f['median']):>9}{number(f['p90']):>8}{number(f['max']):>8}"
            f"{number(f['seconds'], '.1f'):>10}{f['answers']:>12}{f['failures']:>10}{f['not_ok']:>8}{f['interrupted']:>13}")


def text(rounds: list[Record], trend: int = 10) -> str:
    """By scenario, by observer, and whether the last rounds differ from those before."""
    lines = [f"{'scenario':<13}{'rounds':>7}{'median':>9}{'p90':>8}{'max':>8}{'seconds':>10}{'answers':>12}"
             f"{'failures':>10}{'not ok':>8}{'interrupted':>13}"]
    for kind in sorted({r["scenario"] for r in rounds}):
        lines.append(line(kind, figures([r for r in rounds if r["scenario"] == kind])))
    lines.append(line("all", figures(rounds)))
    if len(rounds) >= 2 * trend:
        lines += ["", line(f"last {trend}", figures(rounds[-trend:])), line("before", figures(rounds[:-trend]))]
    lines += ["", f"{'observer':<13}{'answers':>12}{'failures':>10}"]
    lines += [f"{name:<13}{o['answers']:>12}{o['failures']:>10}" for name, o in observers(rounds).items()]
    return "\n".join(lines)


def as_csv(rounds: list[Record]) -> str:
    out = io.StringIO()
    names = list(observers(rounds))
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *(f"{n}_{key}" for n in names for key in ("answers", "failures"))])
    for r in rounds:
        writer.writerow([*(r[c] for c in COLUMNS),
                         *(r["observers"].get(n, {}).get(key, "") for n in names for key in ("answers", "failures"))])
    return out.getvalue()
