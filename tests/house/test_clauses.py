"""docs/requirements.md is what the marks of the tests say, and a mark names rows that there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.errors import BadInput
from switchboard.clause_rows import (
    REMEDY,
    ROWS_PAGE,
    Mark,
    Note,
    Row,
    made,
    marks,
    notes,
    rows,
    rows_page,
)
from switchboard.cli import command_names
from tests.agent_desk.test_shield import MATRIX


def test_no_mark_names_a_row_that_is_not_there() -> None:
    known = {row.id for row in rows()}
    unknown = {(mark.test, row) for mark in marks() for row in mark.rows if row not in known}
    assert not unknown, "ids are those of the first column of docs/requirements.tsv"


def test_the_page_of_requirements_is_up_to_date() -> None:
    assert ROWS_PAGE.read_text(encoding="utf-8") == made(), f"old: {REMEDY}"


def test_every_row_about_tickets_has_a_test_a_page_or_the_reason_why_there_is_none() -> None:
    tested = {row for mark in marks() for row in mark.rows}
    told = {row for row, note in notes().items() if note.served or note.reason}
    open_ = {row.id for row in rows() if "tickets" in row.parts} - tested - told
    assert not open_, f"mark a test, or write to docs/requirements.toml, then {REMEDY}"


def test_notes_are_about_rows_and_name_pages_and_commands_that_there_are() -> None:
    assert notes().keys() <= {row.id for row in rows()}
    pages = set(MATRIX)
    served = {one for note in notes().values() for one in note.served}
    unknown = {
        one
        for one in served
        if one not in pages and one.removeprefix("./jiesu ").split(" ")[0] not in command_names()
    }
    assert not unknown


def test_marks_are_found_on_functions_modules_and_cases(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    (tests / "cases").mkdir(parents=True)
    (tests / "test_one.py").write_text(
        "import pytest\n"
        "pytestmark = [pytest.mark.anyio, pytest.mark.clause('A-1')]\n"
        "@pytest.mark.slow\n@pytest.mark.clause('A-2', 'B-3')\nasync def test_it(): ...\n"
        "def test_nothing(): ...\n"
    )
    (tests / "cases" / "one.toml").write_text('[[case]]\nname = "某例"\nclause = ["C-4"]\n')
    assert [one for one in marks(tests) if one.rows] == [
        Mark("tests/cases/one.toml：某例", ("C-4",)),
        Mark("tests/test_one.py", ("A-1",)),
        Mark("tests/test_one.py::test_it", ("A-2", "B-3")),
    ]


def test_a_mark_that_is_reckoned_at_run_time_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text("@pytest.mark.clause(*ROWS)\ndef test_it(): ...\n")
    with pytest.raises(BadInput, match="条款要写成文字"):
        marks(tmp_path)


def test_a_row_tells_its_tests_its_page_or_why_there_is_none() -> None:
    matrix = [Row(f"ZQ-{n}", "ZQ", str(n), f"要求{n}", ("tickets",)) for n in range(1, 5)]
    told = {"ZQ-2": Note(served=("/tickets",)), "ZQ-3": Note(reason="是开会，不是软件")}
    page = rows_page(matrix, told, [Mark("tests/test_one.py::test_it", ("ZQ-1",))])
    assert "| ZQ-1 | 要求1 | 工单 | `tests/test_one.py::test_it` |" in page
    assert "| ZQ-2 | 要求2 | 工单 | 做到它的：`/tickets` |" in page
    assert "| ZQ-3 | 要求3 | 工单 | 没有：是开会，不是软件 |" in page
    assert "| ZQ-4 | 要求4 | 工单 | 未标注 |" in page
    assert "| 工单 | 4 | 1 | 1 | 1 | 1 |" in page
