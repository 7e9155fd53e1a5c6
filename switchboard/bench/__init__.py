"""Measurements beside a named peer, in one run on one machine: ratios first, then both sides."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Sequence
from pathlib import Path


def machine() -> dict[str, str | int | float]:
    """What the figures were made on."""
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text("utf-8", "replace").splitlines()
        model = next((line.partition(": ")[2] for line in lines if line.startswith("model")), "")
        model = next(
            (line.partition(": ")[2] for line in lines if line.startswith("model name")), model
        )
    return {
        "processor": model or platform.machine(),
        "cores": os.cpu_count() or 1,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "load": round(os.getloadavg()[0], 1),
    }


def machine_line(on: dict[str, str | int | float]) -> str:
    """The machine as the last line of a result."""
    return (
        f"  {on['processor']}，{on['cores']} 核，Python {on['python']}，{on['system']}，"
        f"测完时的负载 {on['load']}"
    )


def rank(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of all do not exceed (nearest rank: one that was measured)."""
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]
