"""Articles of the knowledge base, and how they are read from TOML. Pure: texts in, articles out.

Fields follow 肇庆高新区办法 第二十二条 as far as an answer needs them: title, how citizens ask
(常见问法), the wording to say (答复口径) and further sections, legal basis (依据), handling unit
(办理单位) with its telephone and hours, external or internal, to whom and when it applies, from
when until when it holds, embargo, version, source.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from hotline.errors import HotlineError
from hotline.policy import ZONE

WORDS: Final = "答复口径"
"""The section an agent says to the caller; every article of a file has it."""


class BadArticle(HotlineError):
    """A file of articles is wrong: which file, which article, and why, in one sentence."""

    def __init__(self, file: str, place: str, why: str) -> None:
        super().__init__(f"{file}：{place}：{why}")
        self.file = file
        self.place = place
        self.why = why


class Visibility(StrEnum):
    """外部 may be told to anybody; 内部 is for the hotline's own people and never leaves."""

    EXTERNAL = "外部"
    INTERNAL = "内部"


class Audience(StrEnum):
    """Who is asking: an agent at the desk, or anybody on a public page."""

    AGENT = "agent"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Basis:
    """Where it stands: a document, and the article of it where it is known."""

    document: str
    clause: str = ""

    def __str__(self) -> str:
        return f"《{self.document}》{self.clause}"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the body under its heading."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Article:
    """One version of one article. Dates are days of the hotline's zone, both ends included."""

    id: str
    title: str
    sections: tuple[Section, ...]
    category: str = ""
    asked: tuple[str, ...] = ()
    basis: tuple[Basis, ...] = ()
    unit: str = ""
    visibility: Visibility = Visibility.EXTERNAL
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    embargo_until: dt.datetime | None = None
    version: int = 1
    source: str = ""
    scope: str = ""
    """适用范围."""
    subjects: str = ""
    """适用主体."""
    conditions: str = ""
    """适用条件."""
    related: tuple[str, ...] = ()
    contact: str = ""
    hours: str = ""

    @property
    def words(self) -> str:
        """What to say; the first section where none is headed 答复口径."""
        for section in self.sections:
            if section.heading == WORDS:
                return section.text
        return self.sections[0].text if self.sections else ""

    def shown_to(self, audience: Audience, at: dt.datetime) -> bool:
        """Whether this audience may see it at this moment: in force, no embargo, not internal
        for outsiders. ``at`` is aware."""
        day = at.astimezone(ZONE).date()
        return (
            (audience is Audience.AGENT or self.visibility is Visibility.EXTERNAL)
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
            and (self.embargo_until is None or self.embargo_until <= at)
        )


_KNOWN: Final = {
    "id", "title", "sections", "asked", "basis", "unit", "visibility",
    "valid_from", "valid_to", "embargo_until", "version", "source",
    "scope", "subjects", "conditions", "related", "contact", "hours",
}  # fmt: skip
_BASIS: Final = re.compile(r"《([^《》]+)》(.*)")


def parse(text: str, file: str) -> tuple[Article, ...]:
    """The articles of one TOML file; the keys are in kb_search/README.md.

    Raises BadArticle with the file, the article and one sentence.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadArticle(file, "全文", f"不是正确的 TOML（{error}）") from None
    rows = data.pop("article", None)
    if not isinstance(rows, list) or not rows:
        raise BadArticle(file, "全文", "至少要有一篇文章，以 [[article]] 开头")
    head = {key: _string(data, key, file, "文件头") for key in ("category", "source")}
    if strange := set(data) - set(head):
        raise BadArticle(file, "文件头", f"不认识的键 {'、'.join(sorted(strange))}")
    articles = tuple(_article(row, file, number, head) for number, row in enumerate(rows, start=1))
    unique(articles, file)
    return articles


def unique(articles: Iterable[Article], file: str) -> None:
    """Raises BadArticle when two articles have one id."""
    seen: set[str] = set()
    for article in articles:
        if article.id in seen:
            raise BadArticle(file, article.id, "这个 id 已经用过，请另取一个")
        seen.add(article.id)


def _article(row: Mapping[str, Any], file: str, number: int, head: Mapping[str, str]) -> Article:
    place = row.get("id") if isinstance(row.get("id"), str) else ""
    place = place or f"第 {number} 篇"
    if strange := set(row) - _KNOWN:
        raise BadArticle(file, place, f"不认识的键 {'、'.join(sorted(strange))}")
    for key in ("id", "title"):
        if not _string(row, key, file, place):
            raise BadArticle(file, place, f"缺少 {key}")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", row["id"]):
        raise BadArticle(file, place, "id 只能用字母、数字、- 和 _")
    valid_from, valid_to = (_day(row, key, file, place) for key in ("valid_from", "valid_to"))
    if valid_from and valid_to and valid_to < valid_from:
        raise BadArticle(file, place, "valid_to 早于 valid_from")
    return Article(
        id=row["id"],
        title=row["title"],
        sections=_sections(row, file, place),
        category=head["category"],
        asked=_strings(row, "asked", file, place),
        basis=tuple(_basis(one, file, place) for one in _strings(row, "basis", file, place)),
        unit=_string(row, "unit", file, place),
        visibility=_visibility(row, file, place),
        valid_from=valid_from,
        valid_to=valid_to,
        embargo_until=_embargo(row, file, place),
        version=_version(row, file, place),
        source=_string(row, "source", file, place) or head["source"],
        scope=_string(row, "scope", file, place),
        subjects=_string(row, "subjects", file, place),
        conditions=_string(row, "conditions", file, place),
        related=_strings(row, "related", file, place),
        contact=_string(row, "contact", file, place),
        hours=_string(row, "hours", file, place),
    )


def _string(row: Mapping[str, Any], key: str, file: str, place: str) -> str:
    value = row.get(key, "")
    if not isinstance(value, str):
        raise BadArticle(file, place, f"{key} 应是文字")
    return value.strip()


def _strings(row: Mapping[str, Any], key: str, file: str, place: str) -> tuple[str, ...]:
    value = row.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise BadArticle(file, place, f"{key} 应是由文字组成的列表")
    return tuple(value)


def _sections(row: Mapping[str, Any], file: str, place: str) -> tuple[Section, ...]:
    value = row.get("sections")
    if not isinstance(value, dict) or not isinstance(value.get(WORDS), str) or not value[WORDS]:
        raise BadArticle(file, place, f"[article.sections] 里要有「{WORDS}」")
    for heading, text in value.items():
        if not isinstance(text, str) or not text.strip():
            raise BadArticle(file, place, f"「{heading}」应是文字，不能为空")
    return tuple(Section(heading, text.strip()) for heading, text in value.items())


def _basis(text: str, file: str, place: str) -> Basis:
    found = _BASIS.fullmatch(text)
    if not found:
        raise BadArticle(file, place, f"依据「{text}」应写成《文件名》第几条")
    return Basis(found[1], found[2].strip())


def _visibility(row: Mapping[str, Any], file: str, place: str) -> Visibility:
    value = row.get("visibility", Visibility.EXTERNAL.value)
    try:
        return Visibility(value)
    except ValueError:
        raise BadArticle(file, place, f"visibility 是外部或内部，不是「{value}」") from None


def _day(row: Mapping[str, Any], key: str, file: str, place: str) -> dt.date | None:
    value = row.get(key)
    if value is not None and (isinstance(value, dt.datetime) or not isinstance(value, dt.date)):
        raise BadArticle(file, place, f"{key} 应是日期，例如 2026-01-01")
    return value


def _embargo(row: Mapping[str, Any], file: str, place: str) -> dt.datetime | None:
    value = row.get("embargo_until")
    if value is None:
        return None
    if not isinstance(value, dt.datetime):
        raise BadArticle(file, place, "embargo_until 应是时刻，例如 2026-01-01T09:00:00+08:00")
    # A time without zone is the hotline's own, as everywhere else.
    return value if value.tzinfo else value.replace(tzinfo=ZONE)


def _version(row: Mapping[str, Any], file: str, place: str) -> int:
    value = row.get("version", 1)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadArticle(file, place, "version 应是从 1 起的整数")
    return value
