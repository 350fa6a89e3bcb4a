"""DNSViz's opinion of a zone: a verdict, its errors and warnings, and a picture."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.topology import ROOT
from lab.zones import ROOT_SERVER

PATIENCE_S = 120
# Debian 12's pygraphviz has no module `release`, which dnsviz looks for before it groks with a trust anchor.
WRAPPER = """\
import runpy, sys, types
import pygraphviz
release = types.ModuleType("pygraphviz.release")
release.version = pygraphviz.__version__
pygraphviz.release = release
sys.modules["pygraphviz.release"] = release
sys.argv[0] = "/usr/bin/dnsviz"
runpy.run_path("/usr/bin/dnsviz", run_name="__main__")
"""


@dataclass
class Opinion:
    verdict: str                 # SECURE, BOGUS, INSECURE, ...; or why there is none
    problems: list[str]          # errors and warnings, as DNSViz names them
    picture: str = ""            # path of the SVG


def look(directory: Path, zone: str, name: str = "") -> Opinion:
    """Probes the zone from within the namespace (the caller has entered it) and judges what was found.

    `name` is that of the files; the zone's if it is empty.
    """
    folder = directory / "dnsviz"
    folder.mkdir(exist_ok=True)
    stem = folder / (name or zone.rstrip("."))
    probe, grok, svg = (Path(f"{stem}{end}") for end in (".probe.json", ".grok.json", ".svg"))
    anchor = str(directory / "root.key")
    try:
        run("probe", "-A", "-4", "-a", ".", "-x", f".+:{ROOT_SERVER}={ROOT.address}", "-o", str(probe), zone)
        run("grok", "-P", "-t", anchor, "-l", "info", "-r", str(probe), "-o", str(grok))
        run("graph", "-P", "-t", anchor, "-r", str(probe), "-Tsvg", "-o", str(svg))
    except (OSError, subprocess.SubprocessError) as error:
        return Opinion(f"none: {error}", [])
    found = json.loads(grok.read_text()).get(zone, {})
    verdict = found.get("delegation", {}).get("status", "unknown")
    return Opinion(verdict, sorted(set(problems(found))), str(svg))


def run(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-c", WRAPPER, *arguments], capture_output=True, text=True,
                          timeout=PATIENCE_S)
    if done.returncode != 0:
        raise OSError(f"dnsviz {arguments[0]}: {done.stderr.strip().splitlines()[-1:] or done.returncode}")


def problems(part: Any) -> list[str]:
    """All error and warning codes, wherever they hang in DNSViz's tree."""
    found = []
    if isinstance(part, dict):
        for level in ("errors", "warnings"):
            found += [f"{level[:-1]} {p['code']}" for p in part.get(level, []) if isinstance(p, dict) and "code" in p]
        for value in part.values():
            found += problems(value)
    elif isinstance(part, list):
        for value in part:
            found += problems(value)
    return found
