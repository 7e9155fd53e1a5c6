"""Two texts side by side as one: what was taken out and what was put in. Pure.

Chinese has no blanks between words: texts are compared by sentences first, and sentences that
differ by single characters, Latin words and figures being one piece each. Equal scraps between two
changes are counted to the change, or nobody could read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from types import MappingProxyType
from typing import Final, Literal

from hotline.knowledge import Content

Kind = Literal["same", "out", "in"]

_PIECE: Final = re.compile(r"[A-Za-z]+|[0-9]+(?:[.:：,][0-9]+)*|\s+|.", re.DOTALL)
_SENTENCE: Final = re.compile(r"[^。；！？\n]*[。；！？\n]?")
_SCRAP: Final = 2
"""So many equal characters between two changes are no help to a reader."""
_MOST: Final = 4_000_000
"""Above so many pairs of pieces two passages count as wholly different: comparing takes longer
than reading."""
_KEPT: Final = 40
"""Characters of an unchanged stretch that are shown at each of its ends."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that stayed, went or came."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs, by its label."""

    label: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions: the fields that differ, and the labels of those that do not."""

    changed: tuple[FieldChange, ...]
    same: tuple[str, ...]


def compared(
    before: Content, after: Content, titles: Mapping[str, str] = MappingProxyType({})
) -> Comparison:
    """From one version to another; related articles by their titles, those not known by id."""
    old, new = dict(_fields(before, titles)), dict(_fields(after, titles))
    changed: list[FieldChange] = []
    same: list[str] = []
    for label in (*old, *(one for one in new if one not in old)):
        pair = old.get(label, ""), new.get(label, "")
        if pair[0] == pair[1]:
            if pair[0]:
                same.append(label)
            continue
        changed.append(FieldChange(label, tuple(folded(differences(*pair)))))
    return Comparison(tuple(changed), tuple(same))


def _fields(content: Content, titles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "标题", content.title
    yield "答复口径", content.words
    for one in content.passages:
        yield f"栏目“{one.heading}”", one.text
    yield "常见问法", "\n".join(content.asked)
    yield "适用范围", content.scope
    yield "适用主体", content.subjects
    yield "适用条件", content.conditions
    yield "依据", "\n".join(str(one) for one in content.grounds)
    yield "关联知识", "\n".join(titles.get(one, one) for one in content.related)
    yield "分类", content.category
    yield "办理单位", content.unit
    yield "联系方式", content.contact
    yield "服务时间", content.hours
    yield "内部或外部", content.reach.value
    yield "有效期起", content.valid_from.isoformat() if content.valid_from else ""
    yield "有效期止", content.valid_to.isoformat() if content.valid_to else ""
    embargo = content.embargo_until
    yield "公开时间", embargo.isoformat(timespec="minutes") if embargo else ""
    yield "来源", content.source


def differences(before: str, after: str) -> tuple[Piece, ...]:
    """Put together again, ``same`` and ``out`` are the one, ``same`` and ``in`` the other."""
    old, new = _SENTENCE.findall(before), _SENTENCE.findall(after)
    found: list[Piece] = []
    for kind, one, other in _steps(old, new):
        if kind == "equal":
            found.append(Piece("same", "".join(one)))
        else:
            found += _within("".join(one), "".join(other))
    return tuple(_joined(found))


def _within(before: str, after: str) -> list[Piece]:
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    if len(old) * len(new) > _MOST:
        return _changed(before, after)
    found: list[Piece] = []
    gone, come = "", ""
    steps = list(_steps(old, new))
    for place, (kind, one, other) in enumerate(steps):
        stayed, last = "".join(one), place == len(steps) - 1
        scrap = len(stayed) <= _SCRAP and (gone or come) and not last and not _stop(stayed)
        if kind == "equal" and not scrap:
            found += [*_changed(gone, come), Piece("same", stayed)]
            gone, come = "", ""
        else:
            gone, come = gone + stayed, come + "".join(other)
    return [*found, *_changed(gone, come)]


def _stop(text: str) -> bool:
    """Whether a reader's eye stops here, so that it separates two changes well."""
    return bool(re.search(r"[，。；：、！？\n]", text))


def _changed(gone: str, come: str) -> list[Piece]:
    return [Piece("out", gone)] * bool(gone) + [Piece("in", come)] * bool(come)


def _steps(
    old: Sequence[str], new: Sequence[str]
) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        yield kind, old[a:b], new[c:d]


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind as one; empty ones left out."""
    before: Piece | None = None
    for one in pieces:
        if not one.text:
            continue
        if before is not None and before.kind == one.kind:
            before = Piece(one.kind, before.text + one.text)
            continue
        if before is not None:
            yield before
        before = one
    if before is not None:
        yield before


def folded(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Long stretches that stayed, cut in their middle: ``…（略 N 字）…``."""
    for place, one in enumerate(pieces):
        head = _KEPT if place else 0
        tail = _KEPT if place < len(pieces) - 1 else 0
        skipped = len(one.text) - head - tail
        if one.kind != "same" or skipped < _KEPT:
            yield one
            continue
        ends = one.text[:head], one.text[len(one.text) - tail :] if tail else ""
        yield Piece("same", f"{ends[0]}……（略 {skipped} 字）……{ends[1]}")
