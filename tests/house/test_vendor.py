"""The committed bundle of browser code is what the pinned packages give."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from switchboard.prerequisites import node, npm_packages
from switchboard.settings import find_settings
from tests.house.tree import ROOT

VENDOR = ROOT / "agent_desk" / "static" / "vendor"


@pytest.mark.browser
def test_the_bundle_built_again_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    cache = find_settings().cache
    npm_packages(cache)
    done = subprocess.run(
        [*node(cache).command, "front/vendor.mjs", str(tmp_path)],
        cwd=ROOT / "agent_desk",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    committed = {path.name: path.read_bytes() for path in VENDOR.iterdir()}
    assert built == committed


def test_every_bundled_file_has_its_licence_beside_it() -> None:
    for path in VENDOR.glob("*.js"):
        assert path.with_suffix(".LICENSE.txt").exists()
