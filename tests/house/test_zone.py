"""The host's zone changes nothing: what runs under UTC everywhere else runs here under Shanghai."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from switchboard.testing import QUICK
from tests.house.tree import ROOT


@pytest.mark.slow
@pytest.mark.parametrize("room", ["hotline", "ledger", "agent_desk"])
def test_the_quick_tests_pass_where_the_host_lives_in_shanghai(room: str) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-q", "-m", QUICK.marks, f"tests/{room}"],
        cwd=ROOT,
        env={**os.environ, "TZ": "Asia/Shanghai", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-3000:]
