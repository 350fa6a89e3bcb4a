#!/usr/bin/python3
"""The page in Debian's Chromium, on a real daemon with real name servers: brings both up, and lets page.mjs look at them.

    run.py [--shots DIR]     screenshots of every view; by default below build/page
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from lab import bring_up, config, parent_tutti  # noqa: E402
from lab.bring_up import Lab  # noqa: E402
from lab.movers import BINARY, Controller  # noqa: E402
from lab.supervisor import lease  # noqa: E402
from lab.topology import PAGE_PORT, Settings  # noqa: E402

PATIENCE_S = 400
ZONES = 4
APPROVED_ZONE = "zone4.lab."
SCOPES = ("read", "plan", "apply", "approve", "admin")


def testbed(folder: Path) -> subprocess.Popen[bytes]:
    """A round that runs from now on, and one after it."""
    folder.mkdir(parents=True)
    log = open(folder / "log", "wb")
    return subprocess.Popen([sys.executable, str(REPOSITORY / "lab" / "lab.py"), "run", "--rounds", "2", "--quick", "--results",
                             str(folder), "--tutti", str(BINARY)], stdout=log, stderr=log)


def need_two_people(lab: Lab, controller: Controller) -> None:
    """For one zone, from now on: it is there already."""
    with open(lab.path / "tutti.toml", "a") as file:
        file.write(f'[approval]\nzones = ["{APPROVED_ZONE}"]\n')
    lab.call("stop", name="tutti")
    lab.call("start", name="tutti")
    controller.wait_ready()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shots", type=Path, default=REPOSITORY / "build" / "page")
    arguments = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="tutti-page-"))
    arguments.shots.mkdir(parents=True, exist_ok=True)
    rounds = None
    settings = Settings(str(home / "lab"), zones=ZONES, parent_mode="cds", agent="update", page=True)
    try:
        lab, _ = bring_up.up(settings)
        held = lease(settings.path)          # no lab outlives this
        (lab.path / "tutti.toml").write_text(config.text(settings) + f"""
[page]
agent = "{lab.path}/parent.toml"
testbed = "{home}/testbed"
""")
        parent_tutti.start(lab, BINARY)
        controller = Controller(lab, BINARY)
        controller.start(["blue"])
        need_two_people(lab, controller)
        rounds = testbed(home / "testbed")
        tokens = {scope: json.loads(controller.run("token", "add", scope, "--scope", scope, "-o", "json"))["token"] for scope in SCOPES}
        environment = os.environ | {"TUTTI_TOKENS": json.dumps(tokens), "TUTTI_BASE": f"http://127.0.0.1:{PAGE_PORT}", "TUTTI_SHOTS": str(arguments.shots),
                                    "TUTTI_LAB": str(lab.path), "TUTTI_LAB_CALL": str(Path(__file__).with_name("lab_call.py"))}
        # This process is inside of the lab's namespace by now, and so is the browser.
        done = subprocess.run(["node", str(Path(__file__).with_name("page.mjs"))], env=environment, timeout=PATIENCE_S)
        code = done.returncode
        held.close()
    finally:
        if rounds:
            rounds.terminate()
            rounds.wait()
    if code == 0:
        shutil.rmtree(home, ignore_errors=True)
    else:
        print(f"kept: {home}")
    return code


if __name__ == "__main__":
    sys.exit(main())
