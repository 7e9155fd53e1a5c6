"""The kinds of value a regulation can rule, and how each is written in a pack.

Packs are written for officials: a limit is ``"15个工作日"``, not a number with a code. Every
reader takes what ``tomllib`` gave and returns the typed value, or raises ValueError with the
reason in Chinese; hotline.packs adds the file and the key.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar, cast

from hotline.errors import NoSuch
from hotline.words import Article, Service, TicketType

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

NUMBERED: Final = re.compile(r"[〔\[]\d{4}[〕\]].*\d+号|第\d+号")
"""A document with its number (文号)."""


class Unit(StrEnum):
    """What a span is counted in. Working days need a calendar; hours run through holidays."""

    WORKING_DAY = "工作日"
    DAY = "天"
    HOUR = "小时"
    MINUTE = "分钟"
    SECOND = "秒"
    YEAR = "年"


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as the law writes it; never converted from one unit to another."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        measure = "个" if self.unit in (Unit.WORKING_DAY, Unit.HOUR) else ""
        return f"{self.amount}{measure}{self.unit}"


@dataclass(frozen=True, slots=True)
class Range:
    """From ``low`` to ``high`` of one unit, both included."""

    low: int
    high: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.low}至{self.high}个{self.unit}"


class Elsewhere(StrEnum):
    """A limit exists but is written in another book than the pack."""

    DIRECTORY = "按派单目录"
    HIGHER_LAW = "按上位规定"


Limit = Span | Elsewhere


class Stance(StrEnum):
    """What a regulation says of urgent matters that reach the hotline."""

    NOT_ACCEPTED = "不受理"
    LINKAGE = "联动"
    TELL_OR_TRANSFER = "告知或即时转接"
    TRANSFER_NOW = "即时转接"


class Start(StrEnum):
    """The event a limit runs from."""

    FORWARDED = "热线机构转办"
    RECEIVED = "承办单位收到"


class Source(StrEnum):
    """On whose word a value stands."""

    REGULATION = "regulation"
    SYSTEM = "system"
    """Jiesu's own default, shown as 系统默认: no document says it."""
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Reason:
    """A coded case of a list, with its own article number and the words of the regulation.

    ``answer`` is what the regulation says to tell the caller, empty where it prescribes nothing.
    """

    code: str
    article: str
    words: str
    answer: str = ""

    def __str__(self) -> str:
        return f"{self.article}：{self.words}"


@dataclass(frozen=True, slots=True)
class TypeLabel:
    """A type of matter under the name this city's regulation prints."""

    type: TicketType
    label: str

    def __str__(self) -> str:
        return self.label


@dataclass(frozen=True, slots=True)
class Ruled(Generic[T]):
    """A parameter as ruled on one day. ``value`` is None when every layer is silent.

    ``layer`` is the pack the value came from. ``searched`` names the articles of the city's own
    document that were read and say nothing. ``check_original`` means the national document was
    cited without its full text at hand (需核对原文). ``under`` is what the parent pack says.
    """

    key: str
    value: T | None
    layer: str
    source: Source
    article: Article | None
    effective_from: dt.date
    searched: tuple[str, ...] = ()
    check_original: bool = False
    note: str = ""
    under: Ruled[T] | None = None

    @property
    def known(self) -> T:
        """The value; NoSuch when silent. For parameters the national pack always fills."""
        if self.value is None:
            raise NoSuch("规定", self.key)
        return self.value


def text(raw: object) -> str:
    """A line of words."""
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError("应是一段文字")
    return raw


def digits(raw: object) -> str:
    """A telephone number."""
    if not isinstance(raw, str) or not re.fullmatch(r"\d{3,8}", raw):
        raise ValueError('应是引号里的三至八位数字，如 "12345"')
    return raw


def flag(raw: object) -> bool:
    """True or false."""
    if not isinstance(raw, bool):
        raise ValueError("应是 true 或 false")
    return raw


def count(raw: object) -> int:
    """A whole number above nought."""
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 1:
        raise ValueError("应是一个正整数")
    return raw


def ratio(raw: object) -> float:
    """A share between 0 and 1."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 < raw <= 1:
        raise ValueError("应是0到1之间的小数，如 0.95")
    return float(raw)


def span(raw: object) -> Span:
    """``15个工作日``, ``2天``, ``24小时``, ``15秒``, ``5年``."""
    found = re.fullmatch(r"([1-9]\d{0,3})个?(工作日|天|小时|分钟|秒|年)", str(raw))
    if not isinstance(raw, str) or found is None:
        raise ValueError("应写成“15个工作日”“2天”“24小时”这样的时长")
    return Span(int(found[1]), Unit(found[2]))


def span_range(raw: object) -> Range:
    """``3至10个工作日``."""
    found = re.fullmatch(r"([1-9]\d?)至([1-9]\d?)个工作日", str(raw))
    if found is None or int(found[1]) > int(found[2]):
        raise ValueError("应写成“3至10个工作日”")
    return Range(int(found[1]), int(found[2]), Unit.WORKING_DAY)


def limit(raw: object) -> Limit:
    """A span, or the name of the book the limit is written in."""
    if raw in list(Elsewhere):
        return Elsewhere(cast("str", raw))
    try:
        return span(raw)
    except ValueError:
        raise ValueError("应写成“15个工作日”这样的时长，或“按派单目录”“按上位规定”") from None


def minute_of_day(raw: object) -> int:
    """``24:00`` or a closing hour such as ``17:30``; minutes since midnight."""
    found = re.fullmatch(r"(\d{2}):(\d{2})", str(raw))
    minutes = int(found[1]) * 60 + int(found[2]) if found and int(found[2]) < 60 else 0
    if not 0 < minutes <= 24 * 60:
        raise ValueError("应写成“24:00”或“17:30”这样的时刻")
    return minutes


def texts(raw: object) -> tuple[str, ...]:
    """A list of words, not empty, nothing twice."""
    if not isinstance(raw, list) or not raw:
        raise ValueError('应是一列文字，如 ["电话", "网站"]')
    found = tuple(text(one) for one in raw)
    if len(set(found)) < len(found):
        raise ValueError("有重复的项")
    return found


def one_of(kind: type[E]) -> Callable[[object], E]:
    """One value of an enumeration, as its packs spell it."""

    def read(raw: object) -> E:
        if raw not in list(kind):
            raise ValueError("应是" + "、".join(f"“{one}”" for one in kind) + "之一")
        return kind(cast("str", raw))

    return read


def each_of(kind: type[E]) -> Callable[[object], tuple[E, ...]]:
    """A list of values of an enumeration; the first is the one that governs."""

    def read(raw: object) -> tuple[E, ...]:
        return tuple(one_of(kind)(one) for one in texts(raw))

    return read


services = each_of(Service)


def type_labels(raw: object) -> tuple[TypeLabel, ...]:
    """Types of matter under the city's own names; 意见建议 is 建议."""
    found = tuple(
        TypeLabel(one_of(TicketType)(one.removeprefix("意见") or one), one) for one in texts(raw)
    )
    if len({one.type for one in found}) < len(found):
        raise ValueError("同一类型写了两次")
    return found


def reasons(raw: object) -> tuple[Reason, ...]:
    """A list of ``{code, article, words, answer?}``; codes are unique."""
    if not isinstance(raw, list) or not raw:
        raise ValueError("应是一列情形，每项写 code、article、words")
    found = []
    for one in raw:
        if not isinstance(one, dict) or not {"code", "article", "words"} <= one.keys():
            raise ValueError("每项情形都要写 code、article、words")
        if extra := one.keys() - {"code", "article", "words", "answer"}:
            raise ValueError(f"情形里有不认识的项 {'、'.join(sorted(extra))}")
        found.append(Reason(**{key: text(value) for key, value in one.items()}))
    if len({one.code for one in found}) < len(found):
        raise ValueError("有重复的 code")
    return tuple(found)
