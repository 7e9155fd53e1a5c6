"""Faults planted on purpose, each of which must turn a named test red.

`faults/*.toml` lists them, each with the one test that must notice it. They are planted in a copy
of the tree; a fault that its test does not notice is a fault of the tests.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
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


def as_parameter(number: int, fault: Fault) -> Any:
    """With the marks of the test it runs: a fault of the exchange needs the exchange."""
    assert fault.mark in {"", "browser", "telephony"}
    marks = [getattr(pytest.mark, name) for name in ("slow", fault.mark) if name]
    return pytest.param(number, fault, id=fault.what.replace(" ", "-"), marks=marks)


def test_there_are_at_least_ten_and_each_is_told_apart() -> None:
    assert len(FAULTS) >= 10
    assert len({fault.what for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what.replace(" ", "-"))
def test_each_can_still_be_planted(fault: Fault) -> None:
    content = (ROOT / fault.file).read_text()
    assert content.count(fault.search) == 1, "the code has changed: plant the fault anew"
    assert fault.replace != fault.search
    file, _, test = fault.test.partition("::")
    name = test.split("[")[0]
    assert re.search(rf"\bdef {name}", (ROOT / file).read_text()), "name the test that notices it"


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the tree, and the process whose children run tests in it."""

    tree: Path
    told: Path
    nursery: subprocess.Popen[str]

    def run(self, *arguments: str) -> int:
        """pytest's exit code; what it said is in ``told``."""
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        with tempfile.TemporaryDirectory(prefix="jiesu-planted-") as folder:
            self.nursery.stdin.write(json.dumps([f"--basetemp={folder}/t", *arguments]) + "\n")
            self.nursery.stdin.flush()
            return int(self.nursery.stdout.readline())

    @contextmanager
    def planted(self, fault: Fault, number: int) -> Iterator[None]:
        path = self.tree / fault.file
        before, stat = path.read_text(), path.stat()
        path.write_text(before.replace(fault.search, fault.replace))
        # Python knows compiled code by its source's size and second: each fault has its own.
        os.utime(path, (stat.st_atime, stat.st_mtime + 1 + number))
        try:
            yield
        finally:
            path.write_text(before)
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    target = tmp_path_factory.mktemp("planted")
    for path in shipped_files():
        compiled = Path(importlib.util.cache_from_source(str(path)))
        for one in (path, compiled) if path.suffix == ".py" and compiled.exists() else (path,):
            place = target / one.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(one, place)
    told = tmp_path_factory.mktemp("told") / "pytest.txt"
    # A test that skips itself has noticed nothing.
    environment = {name: text for name, text in os.environ.items() if name != "JIESU_NO_SKIPS"}
    with subprocess.Popen(
        [sys.executable, "-P", str(target / "tests/house/nursery.py"), str(told)],
        cwd=target,
        env={**environment, "PYTHONPATH": str(target)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as nursery:
        yield Copy(target, told, nursery)


@pytest.mark.parametrize(
    ("number", "fault"), [as_parameter(number, fault) for number, fault in enumerate(FAULTS)]
)
def test_a_planted_fault_turns_its_test_red(copy: Copy, number: int, fault: Fault) -> None:
    with copy.planted(fault, number):
        code = copy.run(fault.test)
    # 1 means that a test failed; 2 to 5 that none could be run.
    assert code == 1, f"not noticed:\n{copy.told.read_text('utf-8')[-3000:]}"
