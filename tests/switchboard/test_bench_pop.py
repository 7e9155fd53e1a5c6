"""The bench of the pop, with a few calls only."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from switchboard.bench import rank
from switchboard.bench.pop import Ring, _result, as_text, run
from switchboard.emergency_trunks import EmergencyRefused
from switchboard.settings import ROOT


@pytest.mark.telephony
@pytest.mark.browser
@pytest.mark.walk
def test_pops_are_painted_and_measured_beside_a_listener_that_only_reads(
    capsys: pytest.CaptureFixture[str],
) -> None:
    result = run(as_json=True, calls=3)
    assert json.loads(capsys.readouterr().out) == result
    assert result["calls"] == 3
    bare, painted = result["sides"]["bare"], result["sides"]["painted"]
    assert 0 < bare["p50_ms"] < painted["p50_ms"]
    assert result["ratio_p50"] > 0.3
    assert {"processor", "cores", "python", "load"} <= set(result["machine"])


def test_the_ratio_is_that_of_the_99th_percentiles_with_one_frame_given_to_the_bare_side() -> None:
    result = _result([Ring(bare=1.0, painted=17.7)] * 49 + [Ring(bare=3.3, painted=40.0)])
    assert (result["ratio_p50"], result["ratio_p99"]) == (1.002, 2.003)
    assert result["reached"] is True
    shown = as_text(result)
    assert "p99 2.00" in shown
    assert "50 个来电" in shown


def test_a_rank_is_a_value_that_was_measured() -> None:
    values = [float(value) for value in range(1, 101)]
    assert (rank(values, 0.5), rank(values, 0.99), rank([7.0], 0.99)) == (50.0, 99.0, 7.0)


def test_nothing_is_dialled_where_a_real_centre_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("switchboard.bench.pop.bring", lambda *_: None)
    (tmp_path / "site.toml").write_text(LIVE, "utf-8")
    with pytest.raises(EmergencyRefused, match="bench pop不能启动"):
        run(as_json=True, calls=1, data=tmp_path)


LIVE = """
[emergency]
live = true
[[emergency.trunk]]
address = "10.1.2.3"
[[emergency.trunk]]
address = "10.1.2.4"
"""


def test_the_bare_listener_tells_every_ring_with_both_times() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        listener = subprocess.Popen(
            [sys.executable, "-m", "switchboard.bench.pop_bare", port, "jiesu"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert listener.stdin is not None
        listener.stdin.write("secret\n")
        listener.stdin.flush()
        server.settimeout(20)
        wire, _ = server.accept()
        with wire:
            assert b"Secret: secret\r\n" in wire.recv(4096)
            sent = time.time()
            wire.sendall(b"Asterisk Call Manager\r\nResponse: Success\r\n\r\n")
            ring = f"Event: AgentCalled\r\nTimestamp: {sent:.6f}\r\nMemberName: 1012\r\n"
            wire.sendall(b"Event: FullyBooted\r\n\r\nEvent: Hangup\r\n\r\n" + ring.encode())
            wire.sendall(b"CallerIDNum: 13900001000\r\n\r\n")
        told, _ = listener.communicate(timeout=20)
    ready, row = (json.loads(line) for line in told.splitlines())
    assert ready == {"ready": True}
    assert (row["member"], row["caller"]) == ("1012", "13900001000")
    assert -0.001 < row["received"] - row["sent"] < 10
