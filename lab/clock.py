"""Programs that see another time."""

from __future__ import annotations

from pathlib import Path


def shifted(by: str) -> list[str]:
    """The beginning of a command line whose program sees the time shifted, for example by "-1h".

    Not by the `faketime` program: that makes shared memory named by its process ID, and every lab counts its processes
    from 1, so that two labs on one machine meet there.
    """
    library = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
    if library is None:
        raise FileNotFoundError("libfaketimeMT.so.1 is missing: install the package faketime (./dev setup does)")
    return ["env", f"LD_PRELOAD={library}", f"FAKETIME={by}"]
