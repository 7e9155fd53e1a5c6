"""The drawings are the tables."""

from __future__ import annotations

import pytest

from hotline.calls import MOVES
from switchboard.drawings import DRAWINGS, calls_svg
from switchboard.settings import ROOT


@pytest.mark.parametrize("name", sorted(DRAWINGS))
def test_the_drawing_in_docs_is_the_one_the_table_draws(name: str) -> None:
    kept = (ROOT / "docs" / name).read_text("utf-8")
    assert kept == DRAWINGS[name](), "run: python -m switchboard.drawings"


def test_every_move_of_every_stage_is_a_cell() -> None:
    marked = calls_svg().count("<rect") - 1
    assert marked == sum(len(moves) for moves in MOVES.values())
