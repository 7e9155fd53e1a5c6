"""Measurements beside a named peer, in one run on one machine: ratios first, then both sides."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def machine() -> dict[str, str | int]:
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
    }
