"""The doors between rooms: the contracts are there, and each catches the breach it names.

Every breach is planted in a copy of the tree and import-linter is asked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import ROOMS, ROOT

CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
}


def test_the_staircase_is_exhaustive() -> None:
    assert CONTRACTS["staircase"]["exhaustive"] is True
    assert CONTRACTS["staircase"]["containers"] == ["hotline"]


def test_every_room_there_is_is_under_contract() -> None:
    roots = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    present = {room for room in ROOMS if (ROOT / room / "__init__.py").exists()}
    assert set(roots["root_packages"]) == present
    assert set(CONTRACTS["no-circles"]["ancestors"]) == present


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("tree")
    for room in ROOMS:
        if (ROOT / room).is_dir():
            shutil.copytree(
                ROOT / room,
                target / room,
                ignore=lambda folder, names: (
                    {
                        one
                        for one in names
                        if not (Path(folder, one).is_dir() or one.endswith(".py"))
                    }
                    | {"node_modules", "__pycache__"}
                ),
            )
    shutil.copy(ROOT / "pyproject.toml", target)
    return target


def judged(tree: Path, contract: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(
        [*command, "--contract", contract],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("contract", "file", "line"),
    [
        ("rooms", "ivr/strayed.py", "import agent_desk"),
        ("rooms", "ledger/strayed.py", "import switchboard"),
        ("rooms", "hotline/words.py", "import ivr"),
        ("staircase", "hotline/utils.py", ""),
        ("staircase", "hotline/words.py", "import hotline.decide"),
        ("quiet", "hotline/errors.py", "import time"),
        ("quiet", "hotline/errors.py", "import asyncio"),
        ("one-door-panoramisk", "ledger/strayed.py", "import panoramisk"),
        ("one-door-vosk", "ivr/strayed.py", "import vosk"),
        ("one-door-sqlalchemy", "switchboard/strayed.py", "import sqlalchemy"),
        ("one-door-web", "switchboard/strayed.py", "import starlette"),
        ("one-door-tantivy", "kb_search/strayed.py", "import tantivy"),
        ("one-door-templates", "ivr/strayed.py", "import jinja2"),
    ],
)
def test_a_breach_is_caught_by_its_contract(
    copy: Path, contract: str, file: str, line: str
) -> None:
    path = copy / file
    before = path.read_text() if path.exists() else None
    path.write_text((before or '"""Strayed."""\n') + f"\n{line}\n")
    try:
        verdict = judged(copy, contract)
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before)
    assert verdict.returncode != 0
    assert "BROKEN" in verdict.stdout, verdict.stdout + verdict.stderr


def test_a_circle_is_caught(copy: Path) -> None:
    (copy / "ivr" / "one.py").write_text("import ivr.other\n")
    (copy / "ivr" / "other.py").write_text("import ivr.one\n")
    try:
        verdict = judged(copy, "no-circles")
    finally:
        (copy / "ivr" / "one.py").unlink()
        (copy / "ivr" / "other.py").unlink()
    assert "BROKEN" in verdict.stdout


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("NOW = dt.datetime.now(dt.UTC)", "TID251"),
        ("NOW = dt.date.today()", "TID251"),
        ("NOW = dt.datetime.now()", "DTZ005"),
        ("print('x')", "T201"),
        ("open('x')", "PTH123"),
    ],
)
def test_what_imports_cannot_show_ruff_does(line: str, rule: str) -> None:
    verdict = subprocess.run(
        [
            *(sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise"),
            *("--stdin-filename", "hotline/planted.py", "-"),
        ],
        input=f'"""Planted."""\n\nimport datetime as dt\n\n{line}\n',
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert rule in verdict.stdout, verdict.stdout
