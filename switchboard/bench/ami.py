"""``./jiesu bench ami``: what an AMI event costs our client and bare panoramisk, in one run.

Both get the same bytes over loopback, 1,448 at a time as Ethernet cuts them; the processor time is
that of each side's own process. Aim: at most 0.45 of panoramisk's, and no character damaged.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from switchboard.bench import machine, machine_line
from switchboard.bench.ami_stream import CALL, calls
from switchboard.terminal import progress, tell

AIM: Final = 0.45
PIECE: Final = 1_448
BLOCK_OF_CALLS: Final = 40
SEED: Final = 12345
ROOT: Final = Path(__file__).resolve().parents[2]
PATIENCE_S: Final = 600
_NAMES: Final = {
    "bare": "panoramisk 1.4 原样",
    "ours": "本系统",
    "ours-all": "本系统，不先筛掉无用事件",
}


def run(*, as_json: bool = False, events: int = 200_000, rounds: int = 3) -> dict[str, Any]:
    """Measure and tell; ``events`` a side and round, the round with the least processor time of
    each side counts. The result as plain data."""
    block = list(calls(SEED, BLOCK_OF_CALLS))
    whole_calls = max(events // len(CALL), 1)
    measured: dict[str, list[dict[str, Any]]] = {side: [] for side in _NAMES}
    for number in range(rounds):
        for side, figures in measured.items():
            if not as_json:
                progress(f"第 {number + 1} 轮，{_NAMES[side]}：{whole_calls * len(CALL)} 个事件……")
            figures.append(_measure(side, block, whole_calls))
    result = _result(measured, whole_calls * len(CALL))
    tell(json.dumps(result, ensure_ascii=False, indent=2) if as_json else as_text(result))
    return result


def _measure(side: str, block: list[tuple[bytes, int]], whole_calls: int) -> dict[str, Any]:
    sent = sum(block[number % len(block)][1] for number in range(whole_calls))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        port = server.getsockname()[1]
        client = subprocess.Popen(
            [sys.executable, "-m", "switchboard.bench.ami_side", side, str(port)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            wire, _ = server.accept()
            with wire:
                _send(wire, block, whole_calls)
                told, _ = client.communicate(timeout=PATIENCE_S)
        finally:
            client.kill()
            client.wait()
    figures: dict[str, Any] = json.loads(told)
    figures["cpu_us_per_event"] = figures["cpu_s"] * 1e6 / (whole_calls * len(CALL))
    figures["damaged_characters"] = sent - figures["characters"]
    figures["sent_characters"] = sent
    return figures


def _send(wire: socket.socket, block: list[tuple[bytes, int]], whole_calls: int) -> None:
    """Greet, let in, send it all. The login is the only action that is answered."""
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wire.settimeout(PATIENCE_S)
    wire.sendall(b"Asterisk Call Manager/11.0.0\r\n")
    login = b""
    while b"\r\n\r\n" not in login:
        login += wire.recv(4096)
    mark = next(line for line in login.split(b"\r\n") if line.startswith(b"ActionID"))
    wire.sendall(b"Response: Success\r\n" + mark + b"\r\nMessage: Authentication accepted\r\n\r\n")
    wire.sendall(b"Event: FullyBooted\r\n\r\n")
    rest = b""
    for number in range(whole_calls):
        rest += block[number % len(block)][0]
        while len(rest) >= PIECE:
            wire.sendall(rest[:PIECE])
            rest = rest[PIECE:]
    wire.sendall(rest + b"Event: BenchOver\r\nCallerIDName: \r\n\r\n")


def _result(measured: dict[str, list[dict[str, Any]]], events: int) -> dict[str, Any]:
    best = {side: min(runs, key=lambda one: one["cpu_s"]) for side, runs in measured.items()}
    damaged = {side: [one["damaged_characters"] for one in runs] for side, runs in measured.items()}
    ratio = best["ours"]["cpu_us_per_event"] / best["bare"]["cpu_us_per_event"]
    return {
        "bench": "ami",
        "events": events,
        "ratio": round(ratio, 3),
        "ratio_without_list": round(
            best["ours-all"]["cpu_us_per_event"] / best["bare"]["cpu_us_per_event"], 3
        ),
        "aim": AIM,
        "reached": ratio <= AIM and not any(damaged["ours"] + damaged["ours-all"]),
        "sides": {
            side: {
                "cpu_us_per_event": round(best[side]["cpu_us_per_event"], 2),
                "cpu_us_per_event_of_each_round": [
                    round(one["cpu_us_per_event"], 2) for one in measured[side]
                ],
                "rss_mb": round(best[side]["rss_mb"], 1),
                "characters_sent": best[side]["sent_characters"],
                "damaged_characters_of_each_round": damaged[side],
            }
            for side in measured
        },
        "machine": machine(),
    }


def as_text(result: dict[str, Any]) -> str:
    """The result in Chinese lines, the ratio first."""
    reached = "达到" if result["reached"] else "未达到"
    ratios = f"{result['ratio']:.3f}（目标不高于 {AIM}，{reached}），"
    ratios += f"不先筛掉无用事件时为 {result['ratio_without_list']:.3f}"
    lines = [f"AMI 事件处理，处理器时间：本系统 ÷ panoramisk 1.4 = {ratios}"]
    for side, figures in result["sides"].items():
        damaged = "、".join(map(str, figures["damaged_characters_of_each_round"]))
        lines.append(
            f"  {_NAMES[side]}：每事件 {figures['cpu_us_per_event']:.2f} 微秒处理器时间，"
            f"内存 {figures['rss_mb']:.0f} MB，"
            f"{figures['characters_sent']} 个汉字中各轮损坏 {damaged} 个"
        )
    lines.append(machine_line(result["machine"]))
    return "\n".join(lines)
