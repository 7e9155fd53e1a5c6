"""docs/calls.svg, docs/return-calls.svg and docs/tickets.svg, drawn from the tables of moves:
``python -m switchboard.drawings``. A test fails when a drawing is older than its table.

A call has nearly every move from nearly every stage, so arrows would be a knot: what is drawn is a
grid, from where (rows) by what (columns) to where (cells).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from hotline import handling
from hotline.calls import MOVES, Move
from hotline.handling_words import Act, Stage
from hotline.return_calls import RETURN_CALL_MOVES, TaskMove
from switchboard.settings import ROOT

CELL: Final = (136, 34)
"""Width and height of a cell, pixels."""
_INK, _SOFT, _LINE, _MARK = "#141C23", "#586570", "#D8DEE2", "#E4EDF6"


def calls_svg() -> str:
    """The stages of a call and their moves."""
    return _grid("来电 call", [str(move) for move in Move], MOVES)


def tickets_svg() -> str:
    """The acts on a ticket (rows), at which stage (columns), and where they lead."""
    by_act: dict[Act, dict[str, str]] = {act: {} for act in Act}
    for stage, acts in handling.MOVES.items():
        for act, move in acts.items():
            by_act[act][str(stage or "—")] = str(move.to)
    return _grid("工单 ticket", ["—", *map(str, Stage)], by_act)


def return_calls_svg() -> str:
    """The states of a task to call somebody back; a dash is: nothing owed yet."""
    return _grid("回拨 return call", [str(move) for move in TaskMove], RETURN_CALL_MOVES)


def _grid(title: str, moves: Sequence[str], table: Mapping[Any, Mapping[Any, Any]]) -> str:
    width, height = CELL
    size = (width * (len(moves) + 1) + 2, height * (len(table) + 1) + 2)
    parts = [_open(size)]
    parts.append(_text(0, 0, title, _INK, bold=True))
    parts += [_text(i + 1, 0, move, _SOFT) for i, move in enumerate(moves)]
    for row, (state, to) in enumerate(table.items(), start=1):
        parts.append(_rule(row, size[0]))
        parts.append(_text(0, row, str(state or "—"), _INK, bold=True))
        known = {str(move): str(end) for move, end in to.items()}
        for column, move in enumerate(moves, start=1):
            if move in known:
                parts.append(_cell(column, row))
                parts.append(_text(column, row, known[move], _INK))
    return "\n".join([*parts, "</svg>", ""])


def _open(size: tuple[int, int]) -> str:
    width, height = size
    frame = f'<rect width="{width}" height="{height}" fill="#fff"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="12">\n{frame}'
    )


def _rule(row: int, width: int) -> str:
    y = row * CELL[1]
    return f'<path d="M0 {y}H{width}" stroke="{_LINE}"/>'


def _cell(column: int, row: int) -> str:
    x, y = column * CELL[0] + 2, row * CELL[1] + 3
    return f'<rect x="{x}" y="{y}" width="{CELL[0] - 4}" height="{CELL[1] - 6}" fill="{_MARK}"/>'


def _text(column: int, row: int, text: str, colour: str, *, bold: bool = False) -> str:
    x, y = column * CELL[0] + 8, row * CELL[1] + 21
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{x}" y="{y}" fill="{colour}"{weight}>{escape(text)}</text>'


DRAWINGS: Final = {
    "calls.svg": calls_svg,
    "return-calls.svg": return_calls_svg,
    "tickets.svg": tickets_svg,
}


def main(folder: Path = ROOT / "docs") -> int:
    """Write every drawing."""
    for name, draw in DRAWINGS.items():
        (folder / name).write_text(draw(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
