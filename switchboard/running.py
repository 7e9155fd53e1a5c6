"""DATA/run/state.json: what runs, where it listens. Written by `up`, read by every other command.

Shape: ``{"version": 1, "foreman": {pid, began}, "children": {name: {pid, began}},
"places": {name: number or address}}``. Written atomically and for its owner only.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from switchboard.processes import Process
from switchboard.refusals import Refusal

VERSION = 1
Place = str | int


class NotRunning(Refusal):
    """One Chinese sentence: nothing runs on this DATA."""


class AlreadyRunning(Refusal):
    """One Chinese sentence: another `up` holds this DATA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the last `up` on this DATA wrote."""

    foreman: Process
    children: Mapping[str, Process] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)


def read_state(run: Path) -> State | None:
    """What stands in state.json, whether it still runs or not; None when it cannot be read."""
    try:
        content = json.loads((run / "state.json").read_text("utf-8"))
        if content["version"] != VERSION:
            return None
        return State(
            foreman=Process(**content["foreman"]),
            children={name: Process(**one) for name, one in content["children"].items()},
            places=dict(content["places"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_state(run: Path, state: State) -> None:
    draft = run / "state.json.new"
    draft.write_text(json.dumps({"version": VERSION, **plain(state)}, indent=1) + "\n", "utf-8")
    draft.chmod(0o600)
    draft.replace(run / "state.json")


def plain(state: State) -> dict[str, Any]:
    return {
        "foreman": as_row(state.foreman),
        "children": {name: as_row(one) for name, one in state.children.items()},
        "places": dict(state.places),
    }


def as_row(one: Process) -> dict[str, int]:
    return {"pid": one.pid, "began": one.began}


def running_system(run: Path) -> State:
    """The system running on this DATA, or NotRunning.

    It runs while any part of it lives, whether the foreman does or not: the exchange stands alone.
    """
    state = read_state(run)
    if state is None or not any(one.alive() for one in (state.foreman, *state.children.values())):
        raise NotRunning(
            f"{run.parent} 没有正在运行的系统：请先在另一个终端运行 ./jiesu up"
            "（若用了 --data，这里也要写同一个目录）。"
        )
    return state


def hold(run: Path) -> IO[str]:
    """Take this DATA for one `up`; the lock goes with the process. Raises AlreadyRunning."""
    lock = (run / "lock").open("a", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        state = read_state(run)
        who = f"（进程号 {state.foreman.pid}）" if state else ""
        where = f"，网页在 {state.places['web']}" if state and "web" in state.places else ""
        raise AlreadyRunning(
            f"{run.parent} 的系统已经在运行{who}{where}：要再开一套，请用 --data 指定另一个目录。"
        ) from None
    return lock


def make_private(folder: Path) -> None:
    """Create a folder that only its owner may enter."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_uid == os.geteuid():
        folder.chmod(0o700)
