"""What a person sees of a run: a screen that redraws itself, or plain lines where there is no terminal."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from typing import Any, TextIO

from lab.session import Session
from lab.topology import ALL_OBSERVERS, SIGNERS

WIDTH = 100
BRANDS = {"bind": "BIND", "knot": "Knot", "powerdns": "PowerDNS"}
HUES = {"blue": "34;1", "green": "32;1", "red": "31;1", "good": "32", "bad": "31;1", "faint": "2", "bold": "1"}
LINE_EVERY_S = 10


class Paint:
    """Colours on a terminal, nothing elsewhere (nor where NO_COLOR is set)."""

    def __init__(self, out: TextIO) -> None:
        self.on = out.isatty() and "NO_COLOR" not in os.environ

    def __call__(self, text: str, hue: str) -> str:
        return f"\x1b[{HUES[hue]}m{text}\x1b[0m" if self.on and hue in HUES else text

    def signers(self, names: list[str], width: int = 0) -> str:
        text = " ".join(self(n, n.rstrip("*")) for n in names)
        return text + " " * max(0, width - len(" ".join(names)))


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def shown_by(servers: dict[str, Any], what: str) -> list[Any]:
    """What the servers of one party say; from one that lags behind the others, what it adds."""
    return sorted({x for state in servers.values() if state for x in state[what]}, key=str)


class View:
    """Draws a session whenever it ticks."""

    def __init__(self, session: Session, title: str, out: TextIO) -> None:
        self.session, self.title, self.out = session, title, out
        self.paint = Paint(out)
        self.live = out.isatty()
        self.height = 0
        self.last = ""
        self.last_time = 0.0

    def tick(self) -> None:
        if self.live:
            self.draw(self.screen())
        else:
            self.line()

    def draw(self, lines: list[str]) -> None:
        up = f"\x1b[{self.height}A" if self.height else ""
        self.out.write(up + "".join(f"\x1b[2K{line}\n" for line in lines) + "\x1b[J")
        self.out.flush()
        self.height = len(lines)

    def line(self) -> None:
        """One line when something changes, and now and then."""
        now = f"{self.session.phase}|{self.doing()}"
        if now == self.last and time.time() - self.last_time < LINE_EVERY_S:
            return
        self.last, self.last_time = now, time.time()
        totals = self.session.counters()
        counts = f"{totals['queries']:6} answers {totals['failures']:4} failures" if totals else ""
        elapsed = clock(time.time() - self.session.began)
        self.out.write(f"{elapsed:>5}  {counts:30}  {self.session.phase}  {self.doing()}"[:WIDTH].rstrip() + "\n")
        self.out.flush()

    def doing(self) -> str:
        p = self.session.progress
        if not self.session.done or self.session.phase_ends:
            return ""
        return p.because if p.state == "wait" else f"{p.state} {p.because}".strip()

    def screen(self) -> list[str]:
        session, paint = self.session, self.paint
        elapsed = clock(time.time() - session.began)
        lines = [paint(self.title, "bold") + elapsed.rjust(WIDTH - len(self.title)), ""]
        lines += self.published() + [""] + self.moves() + [""] + self.observers()
        return lines

    def published(self) -> list[str]:
        session, paint, zone = self.session, self.paint, self.session.published()
        if not zone:
            return ["  " + session.phase]
        lines = []
        of = lambda tags: sorted({session.owners.get(t, str(t)) for t in tags})  # noqa: E731
        ns, ds = shown_by(zone["parent"], "ns"), shown_by(zone["parent"], "ds")
        lines.append(f"  {'parent':<19} NS {paint.signers(ns, 20)} DS   {paint.signers(of(ds), 20)}")
        for signer, (primary, _) in SIGNERS.items():
            servers = zone["signers"][signer]
            ns, keys = shown_by(servers, "ns"), of(shown_by(servers, "dnskey"))
            who = paint(f"{signer:<6}", signer) + f" {BRANDS[primary.brand]:<12}"
            serving = signer in shown_by(zone["parent"], "ns")
            lines.append(f"  {who} NS {paint.signers(ns, 20)} keys {paint.signers(keys, 20)} "
                         + ("serves and signs" if serving else paint("not delegated", "faint")))
        return lines

    def moves(self) -> list[str]:
        session, lines = self.session, []
        for done in session.done:
            name = f"{'+'.join(done.before)} -> {'+'.join(done.after)}"
            if done.ended:
                bad = sum(done.failures.values())
                took = f"{done.ended - done.began:6.1f} s"
                if done.record and done.record.get("minimum"):
                    took = f"{done.record['elapsed']:6.1f} s, {done.record['minimum']:.1f} s at least"
                lines.append(f"  {name:<36} done in {took}   "
                             + (self.paint(f"{bad} failures", "bad") if bad else self.paint("no failure", "good")))
            else:
                ends = session.phase_ends or session.progress.ends
                left = f"{max(0.0, ends - time.time()):.0f} s left" if ends else ""
                lines.append(f"  {name:<36} {session.phase if session.phase_ends else session.progress.state:<32} {left}")
                lines += textwrap.wrap(session.progress.because, WIDTH - 6, initial_indent="    ",
                                       subsequent_indent="    ", max_lines=3)
        if session.phase_ends and (not session.done or session.done[-1].ended):
            lines.append(f"  {session.phase}, {max(0.0, session.phase_ends - time.time()):.0f} s left")
        return lines

    def observers(self) -> list[str]:
        totals = self.session.counters()
        return table(totals, self.paint) if totals else []


def table(totals: dict[str, Any], paint: Paint) -> list[str]:
    """Queries, secure answers and failures per observer and in all."""
    lines = [paint(f"  {'observer':<12} {'answers':>9} {'secure':>9} {'failures':>9}", "faint")]
    for name, o in [*totals["observers"].items(), ("all", totals)]:
        failures = paint(f"{o['failures']:>9}", "bad" if o["failures"] else "good")
        lines.append(f"  {name:<12} {o['queries']:>9} {o['secure']:>9} {failures}   {explain(name, paint)}".rstrip())
    return lines


def explain(observer: str, paint: Paint) -> str:
    what = {"default": "Unbound as installed", "strict": "Unbound that gives up at once",
            "chain": "strict, behind a cache that does not validate", "stub": "as chain, hardly caching itself",
            "kresd": "Knot Resolver", "named": "BIND as installed", "named-fwd": "BIND behind the cache",
            "kresd-fwd": "Knot Resolver behind the cache", "recursor": "PowerDNS Recursor",
            "hardened": "strict, with all that Unbound can harden"}
    assert set(what) == {s.name for s in ALL_OBSERVERS}
    return paint(what.get(observer, ""), "faint")


def transitions(report: dict[str, Any]) -> list[str]:
    lines = [f"  {'transition':<36} {'elapsed':>9} {'minimum':>9} {'ratio':>7}"]
    for t in report["transitions"]:
        name = f"{'+'.join(t['from'])} -> {'+'.join(t['to'])}"
        ratio = f"{t['ratio']:7.3f}" if t.get("ratio") is not None else f"{'-':>7}"
        lines.append(f"  {name:<36} {t['elapsed']:7.1f} s {t['minimum'] or 0:7.1f} s {ratio}")
    return lines


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
