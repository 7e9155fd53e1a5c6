"""docs/clauses.md is what the packs say."""

from __future__ import annotations

from switchboard.clauses import PAGE, page
from switchboard.policies import load


def test_the_page_of_clauses_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(load()), (
        "docs/clauses.md is old: run python -m switchboard.clauses"
    )


def test_the_page_of_clauses_never_shows_an_empty_cell() -> None:
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| ") and not line.startswith("| 代码"):
            assert all(cell.strip() for cell in line.strip("|").split("|")), line
