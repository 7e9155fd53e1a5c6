"""What the stand-in emergency centre remembers: its trunks' ports and moods, and its calls.

Kept in DATA/run/centre.json for its owner only, so that it survives a restart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

from switchboard.refusals import Refusal

Mode = Literal["answering", "busy", "silent", "ringing", "dead", "unavailable"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
TRUNKS: Final = (1, 2)
KEPT_CALLS: Final = 500
_VERSION: Final = 1


class BadCentreMessage(Refusal):
    """One sentence: what is wrong with what the centre was told."""


@dataclass(slots=True)
class Trunk:
    """One trunk as it is set: its UDP port, its mood, and how long it rings before it answers."""

    number: int
    port: int
    mode: Mode = "answering"
    ring_for: float = 0.5


@dataclass(slots=True)
class CentreCall:
    """A call as the centre itself saw it. Times are ISO 8601 in UTC, None while they lie ahead.

    `call` is the hotline's own id when it came along, `ended` one of hung-up, cancelled, refused,
    no-ack, closed; `ended_by` us (the centre) or them.
    """

    id: str
    trunk: int
    dialled: str
    caller: str
    at: str
    call: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    answered_at: str | None = None
    ended_at: str | None = None
    ended_by: str | None = None
    ended: str | None = None
    recording: str | None = None


@dataclass(slots=True)
class CentreBook:
    """The centre's memory, written after each change."""

    path: Path
    trunks: dict[int, Trunk]
    calls: list[CentreCall] = field(default_factory=list)

    def add(self, call: CentreCall) -> None:
        """One more call; the oldest are forgotten."""
        self.calls.append(call)
        del self.calls[:-KEPT_CALLS]
        self.save()

    def set(self, message: Mapping[str, Any]) -> Trunk:
        """Change a trunk's mood; BadCentreMessage."""
        trunk = self.trunks.get(message.get("trunk", 0))
        if trunk is None:
            raise BadCentreMessage("没有这条中继：trunk 写 1 或 2")
        mode = message.get("mode", trunk.mode)
        if mode not in MODES:
            raise BadCentreMessage(f"没有这种状态：mode 写 {'、'.join(MODES)} 之一")
        ring_for = message.get("ring_for", trunk.ring_for)
        if not isinstance(ring_for, int | float) or not 0 <= ring_for <= 3600:
            raise BadCentreMessage("ring_for 是接听前振铃的秒数，写 0 到 3600")
        trunk.mode, trunk.ring_for = mode, float(ring_for)
        self.save()
        return trunk

    def save(self) -> None:
        """Write it down, whole or not at all."""
        draft = self.path.with_suffix(".new")
        content = {
            "version": _VERSION,
            "trunks": [asdict(trunk) for trunk in self.trunks.values()],
            "calls": [asdict(call) for call in self.calls],
        }
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(content, ensure_ascii=False) + "\n", "utf-8")
        draft.replace(self.path)


def open_book(path: Path, ports: Mapping[int, int]) -> CentreBook:
    """The book as it was left; `ports` that are not 0 replace the old ones.

    A book that cannot be read is begun afresh: a stand-in must never fail to start over its diary.
    """
    trunks, calls = _read(path)
    for number in TRUNKS:
        trunk = trunks.setdefault(number, Trunk(number, 0))
        trunk.port = ports.get(number, 0) or trunk.port
    return CentreBook(path, trunks, calls)


def _read(path: Path) -> tuple[dict[int, Trunk], list[CentreCall]]:
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["version"] != _VERSION:
            return {}, []
        trunks = [Trunk(**one) for one in content["trunks"]]
        calls = [CentreCall(**one) for one in content["calls"]]
    except (OSError, ValueError, KeyError, TypeError):
        return {}, []
    good = {
        trunk.number: trunk for trunk in trunks if trunk.number in TRUNKS and trunk.mode in MODES
    }
    return good, calls
