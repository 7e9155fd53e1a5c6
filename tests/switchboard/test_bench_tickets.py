"""The bench of the lists, at a thousandth of its size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from switchboard.bench.tickets import as_text, run

if TYPE_CHECKING:
    import pytest


def test_lists_and_search_are_measured_beside_sqlite_and_tickets_are_made_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(as_json=True, tickets=100, rounds=1, data=tmp_path, jobs=0)
    assert json.loads(capsys.readouterr().out) == result
    assert result["tickets"] == 100
    assert {"list", "filter", "words", "phone", "phone end"} <= set(result["ours_ms"])
    assert set(result["peers_ms"]) == {"sqlite LIKE", "sqlite FTS5 trigram"}
    again = run(tickets=100, rounds=1, data=tmp_path, jobs=0)
    assert (again["tickets"], again["made_s"]) == (100, 0.0)
    assert "只比找词" in as_text(again)
