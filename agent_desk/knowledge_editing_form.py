"""The form of an article: what was typed, as content, and content as it stands in the form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Final

from starlette.datastructures import FormData

from hotline.knowledge import Content, Ground, Passage, Reach
from hotline.knowledge_rules import LONGEST, Lack, lacks
from hotline.policy import ZONE

FIELD_NAMES: Final = {
    "title": "标题",
    "category": "分类",
    "words": "答复口径",
    "passages": "其他栏目",
    "asked": "常见问法",
    "scope": "适用范围",
    "subjects": "适用主体",
    "conditions": "适用条件",
    "grounds": "依据",
    "related": "关联知识",
    "unit": "办理单位",
    "contact": "联系方式",
    "hours": "服务时间",
    "reach": "内部或外部",
    "valid_from": "有效期起",
    "valid_to": "有效期止",
    "embargo_until": "公开时间",
    "source": "来源",
}
"""The fields of an article (第二十二条) as pages name them, in their order."""
_MOST_ROWS: Final = 60
_MOMENT: Final = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What stands in the fields, as typed; rows are pairs of their two fields."""

    title: str = ""
    category: str = ""
    words: str = ""
    scope: str = ""
    subjects: str = ""
    conditions: str = ""
    unit: str = ""
    contact: str = ""
    hours: str = ""
    source: str = ""
    asked: str = ""
    """One way of asking a line."""
    related: str = ""
    """Ids of other articles, one a line."""
    reach: str = Reach.EXTERNAL.value
    valid_from: str = ""
    valid_to: str = ""
    embargo_until: str = ""
    grounds: tuple[tuple[str, str], ...] = ()
    passages: tuple[tuple[str, str], ...] = ()


_TEXTS: Final = tuple(one.name for one in fields(Typed) if one.name not in ("grounds", "passages"))


@dataclass(frozen=True, slots=True)
class Read:
    """The content of a form, and what is wrong with it, the blocking first. ``unread`` of it could
    not be read at all: to save would lose it."""

    content: Content
    problems: tuple[Lack, ...]
    unread: tuple[Lack, ...]


def typed_of(form: FormData) -> Typed:
    """What a browser sent; what is longer than any field may be is cut one behind the limit, so
    that the validator still says so."""
    texts = {name: _text(form, name) for name in _TEXTS}
    return Typed(
        **texts,
        grounds=_rows(form, "ground_document", "ground_clause"),
        passages=_rows(form, "passage_heading", "passage_text"),
    )


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.replace("\r\n", "\n")[: LONGEST + 1] if isinstance(value, str) else ""


def _rows(form: FormData, first: str, second: str) -> tuple[tuple[str, str], ...]:
    def texts(name: str) -> list[str]:
        found = [str(one).replace("\r\n", "\n") for one in form.getlist(name)]
        return [one[: LONGEST + 1] for one in found[:_MOST_ROWS]]

    pairs = zip(texts(first), texts(second), strict=False)
    return tuple((one, other) for one, other in pairs if one.strip() or other.strip())


def typed_from(content: Content) -> Typed:
    """The form of what is kept."""
    plain = ("title", "category", "words", "scope", "subjects", "conditions")
    more = ("unit", "contact", "hours", "source")
    embargo = content.embargo_until
    return Typed(
        **{name: getattr(content, name) for name in (*plain, *more)},
        asked="\n".join(content.asked),
        related="\n".join(content.related),
        reach=content.reach.value,
        valid_from=content.valid_from.isoformat() if content.valid_from else "",
        valid_to=content.valid_to.isoformat() if content.valid_to else "",
        embargo_until=embargo.astimezone(ZONE).strftime(_MOMENT) if embargo else "",
        grounds=tuple((one.document, one.clause) for one in content.grounds),
        passages=tuple((one.heading, one.text) for one in content.passages),
    )


def read(typed: Typed) -> Read:
    """The content of what was typed, with everything that is wrong. A date that is none is left
    out and told."""
    unread: list[Lack] = []
    content = Content(
        title=typed.title,
        category=typed.category,
        words=typed.words,
        scope=typed.scope,
        subjects=typed.subjects,
        conditions=typed.conditions,
        unit=typed.unit,
        contact=typed.contact,
        hours=typed.hours,
        source=typed.source,
        asked=tuple(_lines(typed.asked)),
        related=tuple(_lines(typed.related)),
        reach=Reach.INTERNAL if typed.reach == Reach.INTERNAL.value else Reach.EXTERNAL,
        valid_from=_day(typed.valid_from, "valid_from", unread),
        valid_to=_day(typed.valid_to, "valid_to", unread),
        embargo_until=_moment(typed.embargo_until, unread),
        grounds=tuple(Ground(one, other) for one, other in typed.grounds if one.strip()),
        passages=tuple(Passage(one, other) for one, other in typed.passages if other.strip()),
    )
    problems = [
        Lack("grounds", f"“{clause.strip()}”没有写是哪个文件的")
        for document, clause in typed.grounds
        if not document.strip()
    ]
    problems += [
        Lack("passages", f"栏目“{heading.strip()}”没有内容", blocks=False)
        for heading, text in typed.passages
        if not text.strip()
    ]
    stripped = replace(content, title=content.title.strip(), words=content.words.strip())
    found = sorted([*unread, *problems, *lacks(stripped)], key=lambda one: not one.blocks)
    return Read(content, tuple(found), tuple(unread))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _day(text: str, name: str, problems: list[Lack]) -> dt.date | None:
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        problems.append(Lack(name, f"“{text.strip()[:20]}”不是日期（如 2026-10-01），请重新填写"))
        return None


def _moment(text: str, problems: list[Lack]) -> dt.datetime | None:
    if not text.strip():
        return None
    try:
        # A page has no zone: what is typed is the hotline's own time.
        return dt.datetime.strptime(text.strip()[:16], _MOMENT).replace(tzinfo=ZONE)
    except ValueError:
        why = f"“{text.strip()[:20]}”不是时间（如 2026-10-01T09:00），请重新填写"
        problems.append(Lack("embargo_until", why))
        return None


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that two versions have otherwise."""

    name: str
    ours: str
    theirs: str


def differences(
    ours: Content, theirs: Content, titles: Mapping[str, str] = MappingProxyType({})
) -> tuple[Difference, ...]:
    """The fields in which two contents differ, as texts; related articles by their titles."""
    found = []
    for name, label in FIELD_NAMES.items():
        one, other = _shown(getattr(ours, name)), _shown(getattr(theirs, name))
        if name == "related":
            one, other = (
                "\n".join(titles.get(id_, id_) for id_ in content.related)
                for content in (ours, theirs)
            )
        if one.strip() != other.strip():
            found.append(Difference(label, one, other))
    return tuple(found)


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Passage):
        return f"【{value.heading}】{value.text}"
    if isinstance(value, dt.datetime):
        return value.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, tuple):
        rows: Iterable[object] = value
        return "\n".join(_shown(one) for one in rows)
    return str(value)
