"""The bench of the emergency key, with a few calls only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from switchboard.bench.emergency_key import OURS, PLAIN, _result, as_text, run
from switchboard.emergency_trunks import EmergencyRefused


@pytest.mark.telephony
def test_both_sides_reach_the_stand_in_from_the_same_key(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    result = run(as_json=True, calls=3, data=tmp_path)
    assert json.loads(capsys.readouterr().out) == result
    assert result["calls"] == 3
    for side in result["sides"].values():
        assert 0 < side["p50_ms"] < 1000
    assert {"processor", "cores", "python", "load"} <= set(result["machine"])


def test_the_ratio_is_that_of_the_medians() -> None:
    result = _result({OURS: [2.2, 1.0, 50.0], PLAIN: [2.0, 1.0, 3.0]})
    assert (result["ratio"], result["reached"]) == (1.1, True)
    assert "9-2 ÷ 直接 Dial = 1.10" in as_text(result)
    assert _result({OURS: [2.3], PLAIN: [2.0]})["reached"] is False


def test_nothing_is_dialled_where_a_real_centre_is_set(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(
        "[emergency]\nlive = true\n"
        '[[emergency.trunk]]\naddress = "10.1.2.3"\n[[emergency.trunk]]\naddress = "10.1.2.4"\n',
        "utf-8",
    )
    with pytest.raises(EmergencyRefused, match="bench emergency-key不能启动"):
        run(as_json=True, calls=1, data=tmp_path)
