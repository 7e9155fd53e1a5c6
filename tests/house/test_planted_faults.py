"""Faults planted on purpose, each of which must turn a named test red.

`faults/*.toml` lists them. Each is planted in a copy of the tree; a fault that no test notices is a
fault of the tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT, shipped_files

FOLDER = Path(__file__).parent / "faults"


@dataclass(frozen=True, slots=True)
class Fault:
    """One change of one file, and the test that must notice it."""

    what: str
    file: str
    search: str
    replace: str
    test: str
    mark: str = ""


FAULTS = [
    Fault(**entry)
    for path in sorted(FOLDER.glob("*.toml"))
    for entry in tomllib.loads(path.read_text())["fault"]
]


def as_parameter(fault: Fault) -> Any:
    """With the marks of the test it runs: a fault of the exchange needs the exchange."""
    marks = [getattr(pytest.mark, name) for name in ("slow", fault.mark) if name]
    return pytest.param(fault, id=fault.what.replace(" ", "-"), marks=marks)


def test_there_are_at_least_ten_and_each_is_told_apart() -> None:
    assert len(FAULTS) >= 10
    assert len({fault.what for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what.replace(" ", "-"))
def test_each_can_still_be_planted(fault: Fault) -> None:
    content = (ROOT / fault.file).read_text()
    assert content.count(fault.search) == 1, "the code has changed: plant the fault anew"
    assert fault.replace != fault.search
    assert (ROOT / fault.test.split("::")[0]).exists()


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("planted")
    for path in shipped_files():
        place = target / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place)
    return target


@pytest.mark.parametrize("fault", [as_parameter(fault) for fault in FAULTS])
def test_a_planted_fault_turns_its_test_red(copy: Path, fault: Fault) -> None:
    path = copy / fault.file
    before = path.read_text()
    path.write_text(before.replace(fault.search, fault.replace))
    try:
        verdict = subprocess.run(
            [
                sys.executable,
                "-P",
                "-m",
                "pytest",
                "-x",
                "-q",
                "-p",
                "no:cacheprovider",
                fault.test,
            ],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    finally:
        path.write_text(before)
    # 1 means that a test failed; 2 to 5 that none could be run.
    assert verdict.returncode == 1, f"not noticed:\n{verdict.stdout[-3000:]}\n{verdict.stderr}"
