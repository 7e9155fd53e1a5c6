"""Fills the templates. The one file of the desk that knows Jinja2.

A template gets what its route gives, and on every page: ``visitor`` (None at the log-in),
``nav``, ``csrf``, ``look``, ``now``, ``settings``. Autoescape is on, undefined names are faults.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi.responses import HTMLResponse
from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from starlette.requests import HTTPConnection

from agent_desk import chinese, masks, shield
from agent_desk.desk_settings import DeskSettings
from agent_desk.login import Visitor
from hotline.handling_words import LIMIT_OVER
from hotline.words import Role

if TYPE_CHECKING:
    from jinja2.bccache import Bucket

STATIC = Path(__file__).parent / "static"

THEMES = ("light", "dark", "auto")
SIZES = ("", "size-l", "size-xl")


@dataclass(frozen=True, slots=True)
class Look:
    """What a person chose: theme and size, kept in cookies."""

    theme: str
    size: str


_NAV: tuple[tuple[str, str, tuple[Role, ...]], ...] = (
    ("/desk", "坐席台", shield.DESK),
    ("/board", "班长台", shield.BOARD),
    ("/return-calls", "回拨", shield.DESK),
    ("/follow-ups", "回访", shield.DESK),
    ("/portal", "本单位", (Role.OFFICER,)),
    ("/tickets", "工单", shield.TICKETS),
    ("/knowledge", "知识库", shield.EVERYBODY),
    ("/supervision", "督办", shield.SUPERVISION),
    ("/directory", "派单目录", shield.DIRECTORY),
    ("/emergency", "紧急联动", shield.EMERGENCY),
    ("/status", "系统状态", shield.STATUS),
    ("/units", "单位", (Role.ADMINISTRATOR,)),
    ("/users", "人员", (Role.ADMINISTRATOR,)),
)


def nav_of(visitor: Visitor | None) -> list[tuple[str, str]]:
    """The pages this role is served, and no dead ends."""
    if visitor is None:
        return []
    person = visitor.person
    return [
        (path, name)
        for path, name, roles in _NAV
        if person.roles & set(roles) and (path != "/desk" or person.agent is not None)
    ]


def home_of(visitor: Visitor) -> str:
    """Where a role's work is."""
    return next((path for path, _ in nav_of(visitor)), "/me")


def look_of(conn: HTTPConnection) -> Look:
    """The chosen look; anything odd in the cookies counts as not chosen."""
    theme, size = conn.cookies.get("jiesu-theme", ""), conn.cookies.get("jiesu-size", "")
    return Look(theme if theme in THEMES else "light", size if size in SIZES else "")


class _Compiled(BytecodeCache):
    """Templates as Python, kept in memory: to compile one takes longer than to fill it, and every
    desk of a process fills the same ones. Jinja2 asks by name and compares the source."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED: Final = _Compiled()


class Pages:
    """Renders pages."""

    def __init__(self, settings: DeskSettings, now: Callable[[], dt.datetime]) -> None:
        self._settings = settings
        self._now = now
        self.almanac = chinese.Almanac(settings.zone)
        self._env = Environment(
            loader=PackageLoader("agent_desk"),
            bytecode_cache=_COMPILED,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._env.filters.update(self._filters())
        self._env.globals.update(
            settings=settings,
            static=_static,
            role_names=shield.ROLE_NAMES,
            roles_in_words=shield.roles_in_words,
            outcomes=chinese.OUTCOMES,
            states=chinese.STATES,
            services=chinese.SERVICES,
            phases=chinese.PHASES,
            dialled=chinese.DIALLED,
            limit_over=LIMIT_OVER,
            reasons=chinese.REASONS,
            weekdays=chinese.WEEKDAYS,
            no_limit=chinese.NO_LIMIT,
        )

    def _filters(self) -> dict[str, Callable[..., object]]:
        a = self.almanac
        return {
            "day": a.day,
            "full_day": a.full_day,
            "weekday": a.weekday,
            "time": a.time,
            "clock": a.clock,
            "exact": a.exact,
            "when": lambda at: a.when(at, self._now()),
            "since": lambda at: chinese.since(at, self._now()),
            "due_day": lambda due: a.due_day(due, self._now()),
            "instant": a.instant,
            "file_size": chinese.file_size,
            "headline": chinese.headline,
            "left": lambda due: a.left(due, self._now()),
            "urgency": lambda due: a.urgency(due, self._now()),
            "duration": chinese.duration,
            "percent": chinese.percent,
            "ms": chinese.milliseconds,
            "count": chinese.count,
            "type_name": chinese.type_name,
            "phone": masks.masked_number,
            "masked_name": masks.masked_name,
            "iso": lambda at: at.isoformat(timespec="seconds"),
        }

    def render(
        self,
        conn: HTTPConnection,
        template: str,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        **context: Any,  # a template takes what its route gives
    ) -> HTMLResponse:
        """The page as a response."""
        visitor: Visitor | None = getattr(conn.state, "visitor", None)
        text = self._env.get_template(template).render(
            visitor=visitor,
            nav=nav_of(visitor),
            here=conn.url.path,
            csrf=visitor.session.csrf if visitor else "",
            look=look_of(conn),
            now=self._now(),
            **context,
        )
        return HTMLResponse(text, status_code=status, headers=headers)


@cache
def _static(path: str) -> str:
    """The address of a static file, with its content's mark so that a new release is fetched."""
    mark = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:10]
    return f"/static/{path}?v={mark}"
