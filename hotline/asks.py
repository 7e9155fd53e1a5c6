"""诉求点: what a caller asks for, one by one, so that a reply can be held against each (不得漏答).

Pure: read out of the summary by its own punctuation. Whoever handles the ticket corrects the list;
the rules only see that none is left without an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

MOST: Final = 12
"""More than this is a list somebody pasted; the rest stays in the summary."""
LONGEST: Final = 120

_SENTENCE: Final = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?")
_COUNTED: Final = re.compile(
    r"(?:^|(?<=[：:，,。；;、\s]))"
    r"(?:第?[一二三四五六七八九十]{1,2}[、．.是]|[（(][一二三四五六七八九十\d]{1,2}[）)]|\d{1,2}[、．.](?!\d))"
)
_WISH: Final = re.compile(
    r"(?:要求|请求|希望|恳请|请(?!假|客)|想(?:问|知道|了解|咨询|请)|咨询|询问|建议|诉求(?!人)(?:是|为)?)"
)
_QUESTION: Final = re.compile(
    r"[？?]|(?:吗|呢)[。；;]?$|是否|能否|可否|能不能|可不可以|什么时候|何时|怎么|怎样|如何|多少|为什么|为何|哪些|哪里"
)
_LEAD: Final = re.compile(
    r"^(?:(?:来电人|诉求人|市民|群众|居民|其|现|故|因此|特|并|同时|另外?|此外|还|也)[，,]?)*"
    r"(?:(?:要求|请求|希望|恳请|诉求)(?:是|为)?|想(?:问|咨询|了解|知道)(?:一下)?|咨询|询问)?[：:，,]?"
)
_SPLIT_WISH: Final = re.compile(
    r"[，,、]?(?:并且?|同时|以及)(?=[^，,]{3,})|[，,、](?=(?:还|也|再)?(?:要求|请求|希望|恳请))|[；;]"
)

_FORMULA: Final = re.compile(
    r"^(?:请|要求|希望|恳请|请求)?(?:有关|相关|职能)?(?:单位|部门)?"
    r"(?:尽快|及时|依法|帮忙|予以|给予|进行|协助)*"
    r"(?:处理|解决|告知|答复|回复|反馈|核实|核查|查处|采纳|重视|协调|关注)(?:一下|为盼|解决|处理)*$"
)
"""Says that something be done, not what: what it is stands before it."""


def asks_of(summary: str) -> tuple[str, ...]:
    """What is asked, in the order it is said: counted points, questions, wishes. Where nothing is
    marked as any of these, the whole summary is the one ask; empty for an empty summary."""
    text = summary.strip()
    if not text:
        return ()
    found = _counted(text) or _said(text)
    return tidy(found or (text,))


def _counted(text: str) -> list[str]:
    """Points that the writer counted: 一、……；二、……; at least two."""
    marks = list(_COUNTED.finditer(text))
    if len(marks) < 2:
        return []
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    parts = [text[mark.end() : end] for mark, end in zip(marks, ends, strict=True)]
    # After the last point its own sentence ends the list: what follows is no part of it.
    last = _SENTENCE.match(parts[-1])
    return [*parts[:-1], last[0] if last else parts[-1]]


def _said(text: str) -> list[str]:
    found: list[str] = []
    for sentence in _SENTENCE.findall(text):
        wish = _WISH.search(sentence)
        if wish is None and not _QUESTION.search(sentence):
            continue
        asked = sentence[wish.start() :] if wish else sentence
        if wish and _FORMULA.match(_bare(asked)):
            asked = _what_it_is_about(sentence[: wish.start()], asked)
        if wish is None and "，" in sentence:
            # 现状，问题？ — the clause that asks, with what it asks about when that is all it is.
            clauses = sentence.split("，")
            first = next(i for i, one in enumerate(clauses) if _QUESTION.search(one))
            asked = "，".join(clauses[first:])
            asked = asked if len(asked) >= 5 else sentence
        found += _SPLIT_WISH.split(asked)
    return found


def _what_it_is_about(before: str, formula: str) -> str:
    """垃圾无人清运，要求处理 — what is to be dealt with is the clause before."""
    clauses = [one for one in re.split("[，,]", before) if one.strip()]
    return clauses[-1] if clauses else formula


def tidy(asks: Sequence[str]) -> tuple[str, ...]:
    """A list as it is kept: trimmed, without doubles and empty ones, at most MOST of LONGEST."""
    bare = (_bare(one) for one in asks)
    return tuple(dict.fromkeys(one[:LONGEST] for one in bare if one))[:MOST]


def _bare(text: str) -> str:
    plain = re.sub(r"\s+", " ", text).strip(" ，,、。；;：:")
    return _LEAD.sub("", plain, count=1).strip(" ，,、。；;：:") or plain


def unanswered(
    asks: Sequence[str], answered_in: Mapping[int, str], sections: Mapping[str, str]
) -> tuple[str, ...]:
    """Asks (counted from 1 in ``answered_in``) that name no section, or one with nothing in it."""
    return tuple(
        ask
        for number, ask in enumerate(asks, start=1)
        if not sections.get(answered_in.get(number, ""), "").strip()
    )
