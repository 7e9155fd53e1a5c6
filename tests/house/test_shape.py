"""The shape of the house: small files, small functions, plain names, nothing private."""

from __future__ import annotations

import ast
import re
import stat

import pytest

from tests.house.tree import ROOMS, ROOT, room_modules, shipped_files, shown, texts

LONGEST_MODULE = 400
LONGEST_FUNCTION = 50


def test_no_module_is_longer_than_400_lines() -> None:
    long = {
        shown(path): count
        for path in room_modules()
        if (count := len(texts()[path].splitlines())) > LONGEST_MODULE
    }
    assert not long


def test_no_function_is_longer_than_50_lines() -> None:
    long = []
    for path, tree in room_modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long.append(f"{shown(path)}:{node.lineno} {node.name} {lines}")
    assert not long


def test_every_module_says_what_it_is_for() -> None:
    silent = [shown(path) for path, tree in room_modules().items() if not ast.get_docstring(tree)]
    assert not silent


def test_no_class_or_file_is_named_for_nothing() -> None:
    bad = re.compile(r"(Manager|Helper|Utils?|Base)$")
    named = [
        f"{shown(path)} {node.name}"
        for path, tree in room_modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and bad.search(node.name)
        # Who fences a stranger's Manager says so in the name it inherits.
        and not any(bad.search(ast.unparse(base)) for base in node.bases)
    ]
    files = [
        shown(path)
        for path in room_modules()
        if path.stem in {"utils", "util", "helpers", "helper", "common", "misc", "base"}
    ]
    assert not named + files


def class_bases() -> dict[str, set[str]]:
    """Our classes with the plain names of what they inherit."""
    found: dict[str, set[str]] = {}
    for tree in room_modules().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found[node.name] = {
                    base.id if isinstance(base, ast.Name) else getattr(base, "attr", "")
                    for base in node.bases
                }
    return found


def test_our_classes_inherit_nothing_of_ours_but_errors() -> None:
    bases = class_bases()

    def is_error(name: str) -> bool:
        if name in {"Exception", "BaseException", "ValueError", "RuntimeError", "OSError"}:
            return True
        return any(is_error(base) for base in bases.get(name, ()))

    # The declarative class of the tables is SQLAlchemy's own way of naming a set of tables.
    declarative = {name for name, of in bases.items() if "DeclarativeBase" in of}
    heirs = [
        f"{name}({base})"
        for name, of in bases.items()
        for base in of
        if base in bases and base not in declarative and not is_error(base) and not is_error(name)
    ]
    assert not heirs


def joined(*parts: str) -> str:
    """A forbidden word, put together so that this file does not hold it."""
    return "".join(parts)


FORBIDDEN = (
    joined("pypi.", "org"),
    joined("python", "hosted.org"),
    joined("registry", ".npmjs.org"),
    joined("deb", ".debian.org"),
    joined("security.debian", ".org"),
    joined("/work", "/"),
    joined("/ro", "ot/"),
    joined("/opt/", "wheels"),
    joined("/opt/", "pypi"),
)


def test_no_file_names_a_registry_or_a_place_of_one_machine() -> None:
    found = [
        f"{shown(path)}: {word}"
        for path, content in texts().items()
        for word in FORBIDDEN
        if word in content
    ]
    assert not found


def test_every_file_of_rules_has_a_reason_for_each_ignored_lint() -> None:
    unexplained = [
        f"{shown(path)}:{number}"
        for path, content in texts().items()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ROOMS
        for number, line in enumerate(content.splitlines(), start=1)
        if re.search(r"#\s*(noqa|type: ignore)", line)
        and not re.search(r"(noqa: [A-Z0-9, ]+|ignore\[[a-z-, ]+\])\s+(-|#|–)\s*\S+", line)
    ]
    assert not unexplained


@pytest.mark.parametrize("name", ["jiesu", ".ci/run"])
def test_the_doors_can_be_run(name: str) -> None:
    path = ROOT / name
    assert stat.S_IMODE(path.stat().st_mode) & 0o111
    assert path.read_text().startswith("#!/bin/sh\n")


def test_ci_runs_what_people_run_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    commands = [line for line in lines if line and not line.startswith("#")]
    assert commands == ['cd "$(dirname -- "$0")/.." && exec ./jiesu test']


def test_nothing_that_runs_starts_docker() -> None:
    starts = re.compile(r"""["']docker["']|\bdocker (run|build|compose|ps|info)\b""")
    found = [
        shown(path)
        for path, content in texts().items()
        if path.suffix in {".py", ".sh", ".mjs"} and path != ROOT / "tests/house/test_shape.py"
        if starts.search(content)
    ]
    assert not found


def test_no_file_is_huge() -> None:
    huge = [shown(path) for path in shipped_files() if path.stat().st_size > 8 * 1024 * 1024]
    assert not huge
