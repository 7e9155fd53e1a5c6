"""Whether emergency calls go to the stand-in or to a real centre, and who confirmed that.

A real centre needs two acts: ``emergency.live = true`` in site.toml, and ``./jiesu emergency
confirm ADDRESS…`` with the very addresses typed again, which writes DATA/emergency-live-confirmed.
When a trunk is changed afterwards the confirmation no longer fits and ``up`` refuses.
Without ``live`` the stand-in serves, whatever trunks are written down.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import pwd
from enum import StrEnum
from pathlib import Path

from switchboard.refusals import Refusal
from switchboard.site import EmergencyTrunk, Site

FILE_NAME = "emergency-live-confirmed"


class Standing(StrEnum):
    """Where 110, 119, 120 and 122 lead."""

    STAND_IN = "stand-in"
    LIVE = "live"
    UNCONFIRMED = "unconfirmed"


class EmergencyRefused(Refusal):
    """One Chinese sentence: why this may not start, and what to do."""


def standing(site: Site, data: Path) -> Standing:
    """What site.toml and the confirmation say together."""
    if not site.emergency.live:
        return Standing.STAND_IN
    if confirmed_trunks(data) == trunk_names(site):
        return Standing.LIVE
    return Standing.UNCONFIRMED


def refuse_unless_stand_in(site: Site, data: Path, what: str) -> None:
    """Raise EmergencyRefused unless every emergency trunk is the stand-in; ``what`` names the
    command (call, seat, bench, the demonstration, tests) in the sentence.
    """
    if standing(site, data) is not Standing.STAND_IN:
        raise EmergencyRefused(
            f"{what}不能启动：site.toml 中 emergency.live = true，电话会打到真实报警中心。"
            "请另用一个演示目录，例如 --data /tmp/jiesu-demo。"
        )


def refuse_unless_confirmed(site: Site, data: Path) -> None:
    """Raise EmergencyRefused when a real centre is set but not confirmed."""
    if standing(site, data) is Standing.UNCONFIRMED:
        raise EmergencyRefused(
            "site.toml 中 emergency.live = true，但这些中继尚未二次确认："
            f"核对后请运行 ./jiesu emergency confirm {' '.join(trunk_names(site))} --data {data}"
        )


def confirm(site: Site, data: Path, typed: list[str]) -> None:
    """Record that ``typed`` are the real trunks; they must equal site.toml's, in order."""
    wanted = trunk_names(site)
    if not site.emergency.live:
        raise EmergencyRefused(
            f"{data / 'site.toml'} 中 emergency.live 不是 true，现在用的是模拟报警中心，无须确认。"
        )
    if typed != wanted:
        raise EmergencyRefused(
            f"确认须逐字写出 site.toml 中的全部中继。核对后请运行："
            f"./jiesu emergency confirm {' '.join(wanted)} --data {data}"
        )
    record = {
        "trunks": wanted,
        "confirmed_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "confirmed_by": pwd.getpwuid(os.getuid()).pw_name,
    }
    path = data / FILE_NAME
    draft = path.with_name(FILE_NAME + ".new")
    draft.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    draft.chmod(0o600)
    draft.replace(path)


def withdraw(data: Path) -> bool:
    """Take the confirmation back; True when there was one."""
    path = data / FILE_NAME
    there = path.exists()
    path.unlink(missing_ok=True)
    return there


def trunk_names(site: Site) -> list[str]:
    """The trunks as a person types them again: ``10.1.2.3:5060``."""
    return [trunk_name(trunk) for trunk in site.emergency.trunks]


def trunk_name(trunk: EmergencyTrunk) -> str:
    shown = f"[{trunk.address}]" if ":" in trunk.address else trunk.address
    return f"{shown}:{trunk.port}"


def confirmed_trunks(data: Path) -> list[str] | None:
    """The trunks of the confirmation, None when there is none that can be read."""
    try:
        trunks = json.loads((data / FILE_NAME).read_text("utf-8"))["trunks"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return [str(name) for name in trunks] if isinstance(trunks, list) else None
