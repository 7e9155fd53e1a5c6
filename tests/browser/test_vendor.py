"""What is vendored is what the lock names: built anew it is the same, byte for byte."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from agent_desk.pages import STATIC
from asterisk_conf.debian import default_cache
from switchboard.prerequisites import node, npm_packages
from switchboard.settings import ROOT

pytestmark = pytest.mark.browser


def test_the_vendored_telephone_library_is_built_from_the_locked_packages(tmp_path: Path) -> None:
    npm_packages(default_cache())
    tool = node(default_cache())
    subprocess.run(
        [*tool.command, "front/vendor.mjs", str(tmp_path)],
        cwd=ROOT / "agent_desk",
        env=tool.full_env(),
        check=True,
        timeout=120,
    )
    for built in tmp_path.iterdir():
        assert built.read_bytes() == (STATIC / "vendor" / built.name).read_bytes(), built.name
