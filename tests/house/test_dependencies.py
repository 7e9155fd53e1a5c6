"""What is used is declared, what is declared is used, and each licence is written down."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement

from tests.house.tree import ROOMS, ROOT, room_modules, shown, texts

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# Names on the package index that are imported by another name.
IMPORTED_AS = {
    "fpdf2": "fpdf",
    "argon2-cffi": "argon2",
    "import-linter": "importlinter",
    "python-multipart": "multipart",
    "chinesecalendar": "chinese_calendar",
    "scikit-learn": "sklearn",
}
# Used without an import statement of ours: by name in a URL, by FastAPI, or run as a program.
USED_BY_NAME = {
    "aiosqlite",
    "asyncpg",
    "python-multipart",
    "import-linter",
    "mypy",
    "pytest-xdist",
    "ruff",
}


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~ ]", item)[0].lower() for item in requirements}


RUNTIME = names(PROJECT["project"]["dependencies"])
DEVELOPERS = names(PROJECT["dependency-groups"]["dev"])
LEARNING = names(PROJECT["project"]["optional-dependencies"]["learn"])


def module_of(package: str) -> str:
    return IMPORTED_AS.get(package, package.replace("-", "_"))


def imports(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {*ROOMS, "tests"}


def test_every_room_imports_declared_packages_only() -> None:
    # What a declared package brings and shows in its own interface may be imported beside it.
    allowed = {module_of(name) for name in RUNTIME} | {"starlette", "pydantic", "click"}
    # The measuring and testing commands run with the developers' lock.
    for_developers = {module_of(name) for name in DEVELOPERS}
    for_learning = {module_of(name) for name in LEARNING}
    strangers = {}
    for path, tree in room_modules().items():
        mine = allowed | for_developers if "bench" in shown(path) else allowed
        # Training is an extra: no lock has it, nothing that runs imports it.
        mine = mine | for_learning if shown(path) == "switchboard/learn.py" else mine
        unknown = imports(tree) - mine
        if unknown:
            strangers[shown(path)] = unknown
    assert not strangers


@pytest.mark.parametrize("package", sorted(RUNTIME | DEVELOPERS))
def test_every_declared_package_is_used(package: str) -> None:
    if package in USED_BY_NAME:
        return
    pattern = re.compile(rf"^\s*(import|from) {re.escape(module_of(package))}\b", re.MULTILINE)
    assert any(
        pattern.search(content) for path, content in texts().items() if path.suffix == ".py"
    ), f"{package} is declared and imported nowhere"


def locked(name: str) -> dict[str, str]:
    lines = (ROOT / "locks" / f"{name}.txt").read_text().splitlines()
    wanted = [Requirement(line.rstrip(" \\")) for line in lines if line[:1].isalnum()]
    here = [one for one in wanted if one.marker is None or one.marker.evaluate()]
    return {one.name: str(one.specifier).removeprefix("==") for one in here}


def test_the_tests_run_on_the_locked_versions() -> None:
    wrong = {}
    for name, version in locked("dev").items():
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # for another platform
        if installed != version:
            wrong[name] = (installed, version)
    assert not wrong


def test_third_party_lists_every_package_that_runs_with_its_licence() -> None:
    content = (ROOT / "THIRD-PARTY.md").read_text()
    rows = set(re.findall(r"^\| ([A-Za-z0-9_.@/-]+) \|", content, re.MULTILINE))
    bundled = json.loads((ROOT / "agent_desk" / "package.json").read_text())["dependencies"]
    missing = (set(locked("run")) | set(bundled)) - rows
    assert not missing


def test_npm_lock_names_no_address_and_pins_everything() -> None:
    lock = json.loads((ROOT / "agent_desk" / "package-lock.json").read_text())
    for name, package in lock["packages"].items():
        if name:
            assert "resolved" not in package, name
            assert package.get("integrity", "").startswith("sha512-"), name
    wanted = json.loads((ROOT / "agent_desk" / "package.json").read_text())
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
