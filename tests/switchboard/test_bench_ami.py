"""The bench of the AMI client, at a hundredth of its size."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from switchboard.bench.ami import as_text, run
from switchboard.bench.ami_stream import CALL, calls

if TYPE_CHECKING:
    import pytest


def test_both_sides_get_the_same_and_ours_damages_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    result = run(as_json=True, events=2_600, rounds=1)
    assert json.loads(capsys.readouterr().out) == result
    assert result["events"] == 2_600
    assert set(result["sides"]) == {"bare", "ours", "ours-all"}
    assert result["sides"]["ours"]["damaged_characters_of_each_round"] == [0]
    assert result["sides"]["ours-all"]["damaged_characters_of_each_round"] == [0]
    assert result["ratio"] < 1
    assert {"processor", "cores", "python"} <= set(result["machine"])
    shown = as_text(result)
    assert "本系统 ÷ panoramisk 1.4" in shown
    assert "微秒处理器时间" in shown


def test_a_call_of_the_bench_has_the_measure_it_says() -> None:
    ((told, characters),) = calls(1, 1)
    assert len(CALL) == 52
    assert 400 < len(told) / len(CALL) < 520
    assert characters
