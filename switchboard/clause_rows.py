"""Writes docs/requirements.md: each row of the five regulations with the tests that serve it.

A test says which rows it serves by its mark, ``@pytest.mark.clause("ZQ-9(二)", "HB-24(二)")``, a
case of tests/cases by its key ``clause``; both are read from the source, no test is imported. What
no test serves names the page or command that does, or says why nothing does yet, in
docs/requirements.toml.
``python -m switchboard.clauses`` rewrites the page; a test fails while it is out of date.
"""

from __future__ import annotations

import ast
import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hotline.errors import BadInput

ROOT: Final = Path(__file__).parent.parent
ROWS: Final = ROOT / "docs" / "requirements.tsv"
NOTES: Final = ROOT / "docs" / "requirements.toml"
ROWS_PAGE: Final = ROOT / "docs" / "requirements.md"
REMEDY: Final = "run .venv/bin/python -m switchboard.clauses"
_BOOKS: Final = {
    "ZQ": "肇庆高新区12345政务服务便民热线运行管理办法",
    "GY": "《广元市12345政务服务便民热线运行管理办法》政策解读",
    "ZS": "中山市接诉即办工作办法（市政府令第24号）",
    "HB": "河北省市级961890群众服务热线工作细则",
    "GZ": "贵州省12345政务服务便民热线管理办法（省政府令第214号）",
}
_PARTS: Final = {
    "tickets": "工单",
    "agent_desk": "坐席台",
    "ivr": "电话",
    "kb_search": "知识库",
    "supervision": "督办考核",
    "data": "数据",
    "security": "安全",
}
_HEAD: Final = """\
# 条款与证据

本页自动生成，请不要手改。五地办法的每一条要求，由哪些自动测试守着；没有测试的，由哪个页面或命令做到；都没有的，
写明为什么。改测试上的 `@pytest.mark.clause(…)` 或 `docs/requirements.toml`，再运行
`python -m switchboard.clauses`。各项参数的五地对照见 [clauses.md](clauses.md)。
"""
_CASE: Final = "："
"""Between the file of a case and its name."""
_TOTALS: Final = "| 归属 | 条数 | 有测试 | 只有页面或命令 | 写明没有 | 未标注 |"


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement of one regulation; ``parts`` are the rooms of the system it falls to."""

    id: str
    book: str
    article: str
    requirement: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """What is said of a row beside its tests: ``served`` are pages (``/tickets``) and commands
    (``./jiesu city due``), ``reason`` is why nothing serves it, ``lacking`` what of it is not there
    yet although something serves it."""

    served: tuple[str, ...] = ()
    reason: str = ""
    lacking: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A test that serves rows; ``test`` is its path, ``::`` and its name, or a case as data."""

    test: str
    rows: tuple[str, ...]


def rows() -> tuple[Row, ...]:
    """The matrix of requirements, in the order of the articles."""
    with ROWS.open(encoding="utf-8", newline="") as file:
        return tuple(
            Row(
                line["id"],
                line["regulation"],
                line["article"],
                line["requirement"],
                tuple(part.strip() for part in line["parts"].split(",")),
            )
            for line in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        )


def notes() -> dict[str, Note]:
    """What docs/requirements.toml says, by row."""
    table = tomllib.loads(NOTES.read_text(encoding="utf-8"))
    return {
        row: Note(tuple(entry.get("served", ())), entry.get("reason", ""), entry.get("lacking", ""))
        for row, entry in table.items()
    }


def marks(folder: Path = ROOT / "tests") -> tuple[Mark, ...]:
    """Every mark in the tests and cases below ``folder``. Raises BadInput for one that cannot be
    read."""
    found: list[Mark] = []
    for path in sorted(folder.glob("cases/**/*.toml")):
        name = path.relative_to(folder.parent).as_posix()
        cases = tomllib.loads(path.read_text(encoding="utf-8")).get("case", [])
        found += [
            Mark(f"{name}{_CASE}{one['name']}", tuple(one.get("clause", ()))) for one in cases
        ]
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "mark.clause(" in text:
            name = path.relative_to(folder.parent).as_posix()
            found.extend(_in_module(name, ast.parse(text)))
    return tuple(found)


def _in_module(name: str, module: ast.Module) -> Iterator[Mark]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            served = _named(name, node.decorator_list)
            if served:
                yield Mark(f"{name}::{node.name}", served)
        elif isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
        ):
            value = node.value
            served = _named(name, value.elts if isinstance(value, ast.List) else [value])
            if served:
                yield Mark(name, served)


def _named(name: str, expressions: Iterable[ast.expr]) -> tuple[str, ...]:
    """The rows that the clause marks among these expressions name."""
    found: list[str] = []
    for one in expressions:
        if not isinstance(one, ast.Call) or ast.unparse(one.func) != "pytest.mark.clause":
            continue
        for arg in one.args:
            if not isinstance(arg, ast.Constant) or not isinstance(arg.value, str):
                raise BadInput("clause", f"{name} 第{one.lineno}行的条款要写成文字")
            found.append(arg.value)
    return tuple(found)


def rows_page(
    all_rows: Iterable[Row], all_notes: Mapping[str, Note], all_marks: Iterable[Mark]
) -> str:
    """The whole page in Markdown."""
    tests: dict[str, list[str]] = {}
    for mark in all_marks:
        for served in mark.rows:
            tests.setdefault(served, []).append(mark.test)
    listed = list(all_rows)
    lines = [_HEAD, *_totals(listed, all_notes, tests)]
    book = ""
    for row in listed:
        if row.book != book:
            book = row.book
            lines += ["", f"## {_BOOKS[book]}", "", "| 条 | 要求 | 归属 | 凭什么 |"]
            lines += ["|---|---|---|---|"]
        lines.append(
            f"| {row.id} | {_cell(row.requirement)} | {_owners(row.parts)} "
            f"| {_cell(_proof(all_notes.get(row.id, Note()), tests.get(row.id, [])))} |"
        )
    return "\n".join(lines) + "\n"


def made() -> str:
    """The page as the tests, the cases and the notes say it now."""
    return rows_page(rows(), notes(), marks())


def write() -> None:
    """Put the page where it belongs."""
    ROWS_PAGE.write_text(made(), encoding="utf-8")


def _totals(
    listed: list[Row], all_notes: Mapping[str, Note], tests: Mapping[str, list[str]]
) -> list[str]:
    """How many rows of each part are served, and by what."""
    lines = [_TOTALS, "|---|---|---|---|---|---|"]
    for part, title in _PARTS.items():
        mine = [row.id for row in listed if part in row.parts]
        tested = sum(row in tests for row in mine)
        shown = sum(row not in tests and bool(_of(all_notes, row).served) for row in mine)
        told = sum(
            row not in tests and not _of(all_notes, row).served and bool(_of(all_notes, row).reason)
            for row in mine
        )
        left = len(mine) - tested - shown - told
        lines.append(f"| {title} | {len(mine)} | {tested} | {shown} | {told} | {left} |")
    return lines


def _of(all_notes: Mapping[str, Note], row: str) -> Note:
    return all_notes.get(row, Note())


def _owners(parts: tuple[str, ...]) -> str:
    return "、".join(_PARTS[part] for part in parts)


def _proof(note: Note, tests: list[str]) -> str:
    lines = [f"`{test}`" for test in sorted(tests) if _CASE not in test]
    files: dict[str, list[str]] = {}
    for test in sorted(tests):
        if _CASE in test:
            file, _, name = test.partition(_CASE)
            files.setdefault(file, []).append(name)
    for file, names in files.items():
        more = f"等{len(names)}例" if len(names) > 1 else ""
        lines.append(f"`{file}`：{names[0]}{more}")
    lines += [f"做到它的：`{one}`" for one in note.served]
    if not lines:
        lines = [f"没有：{note.reason}" if note.reason else "未标注"]
    if note.lacking:
        lines.append(f"还差：{note.lacking}")
    return "<br>".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
