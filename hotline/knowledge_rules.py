"""The life of an article: a table of acts with who may do them, and what the city demands of it.

::

    ─save→ draft ─submit→ review ─publish→ published ─withdraw→ withdrawn (召回)
             │ discard       │ return                 (expiry and embargo hide by date)
             ↓               ↓
         discarded       returned        the next draft is the next version

Nobody reviews what they wrote. Where the pack has 多方校核 (广元 主要内容) two reviewers must have
passed a version before it is published, else one.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hotline.errors import BadInput, ImpossibleMove, NotAllowed, Objected
from hotline.knowledge import (
    STANDING_NAMES,
    Approval,
    Content,
    Ground,
    Passage,
    Reach,
    Reader,
    Standing,
    Version,
)
from hotline.policy import Policy
from hotline.words import Article, Role


class KnowledgeAct(StrEnum):
    """What a person does to a version."""

    SAVE = "save"
    DISCARD = "discard"
    SUBMIT = "submit"
    PASS = "pass"  # noqa: S105 - a verdict, no password
    RETURN = "return"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"


ACT_NAMES: Final = {
    KnowledgeAct.SAVE: "修改",
    KnowledgeAct.DISCARD: "作废草稿",
    KnowledgeAct.SUBMIT: "提交审核",
    KnowledgeAct.PASS: "审核通过",
    KnowledgeAct.RETURN: "退回修改",
    KnowledgeAct.PUBLISH: "发布",
    KnowledgeAct.WITHDRAW: "召回",
}

_A, _S = KnowledgeAct, Standing
MOVES: Final[Mapping[Standing, Mapping[KnowledgeAct, Standing]]] = MappingProxyType(
    {
        _S.DRAFT: {_A.SAVE: _S.DRAFT, _A.DISCARD: _S.DISCARDED, _A.SUBMIT: _S.REVIEW},
        _S.REVIEW: {_A.PASS: _S.REVIEW, _A.RETURN: _S.RETURNED, _A.PUBLISH: _S.PUBLISHED},
        _S.PUBLISHED: {_A.WITHDRAW: _S.WITHDRAWN},
        _S.RETURNED: {},
        _S.WITHDRAWN: {},
        _S.DISCARDED: {},
    }
)
"""From which standing which act leads where."""

_HOTLINE: Final = frozenset({Role.EDITOR, Role.SUPERVISOR})
_CONTRIBUTORS: Final = _HOTLINE | {Role.OFFICER}
BY: Final[Mapping[KnowledgeAct, frozenset[Role]]] = MappingProxyType(
    {
        _A.SAVE: _CONTRIBUTORS,
        _A.DISCARD: _CONTRIBUTORS,
        _A.SUBMIT: _CONTRIBUTORS,
        _A.PASS: _HOTLINE,
        _A.RETURN: _HOTLINE,
        _A.PUBLISH: frozenset({Role.EDITOR}),
        _A.WITHDRAW: _HOTLINE,
    }
)
"""Which roles may do which act. A unit's officer acts on what the unit owns, nothing else."""

SEVERAL_REVIEWERS: Final = "多方校核"
LONGEST: Final = 20_000
"""Characters of one field."""


def reviewers_needed(policy: Policy) -> tuple[int, Article | None]:
    """How many must have passed a version, and the article that says so."""
    rule = policy.knowledge.contributors
    return (2, rule.article) if SEVERAL_REVIEWERS in (rule.value or ()) else (1, None)


@dataclass(frozen=True, slots=True)
class Lack:
    """A field that is missing or wrong, in one sentence. ``blocks`` publication, else it warns."""

    field: str
    why: str
    blocks: bool = True


_NEEDED: Final = (
    ("title", "请填写标题"),
    ("words", "请填写答复口径"),
    ("unit", "请填写办理单位"),
)
_WANTED: Final = (
    ("scope", "没有写适用范围（第二十二条）"),
    ("subjects", "没有写适用主体（第二十二条）"),
    ("conditions", "没有写适用条件（第二十二条）"),
    ("asked", "没有写常见问法，市民的说法可能找不到它（第二十二条）"),
    ("grounds", "没有写依据（第二十二条）"),
    ("contact", "没有写联系方式（第二十一条（一））"),
    ("hours", "没有写服务时间（第二十一条（一））"),
)


_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def tidied(content: Content) -> Content:
    """The same with its blanks in order: nothing before and after, one kind of line end, no
    control characters; one line where a line is meant. What is kept is always tidied, so that it
    comes out of every file format as it went in."""
    return replace(
        content,
        title=_line(content.title),
        words=_text(content.words),
        category=_line(content.category),
        passages=tuple(
            Passage(_line(one.heading) or "说明", _text(one.text))
            for one in content.passages
            if _text(one.text)
        ),
        asked=tuple(dict.fromkeys(line for one in content.asked if (line := _line(one)))),
        scope=_text(content.scope),
        subjects=_text(content.subjects),
        conditions=_text(content.conditions),
        grounds=tuple(
            Ground(document, _line(one.clause))
            for one in content.grounds
            if (document := re.sub("[《》]", "", _line(one.document)).strip())
        ),
        related=tuple(dict.fromkeys(one for raw in content.related if (one := _line(raw)))),
        unit=_line(content.unit),
        contact=_text(content.contact),
        hours=_text(content.hours),
        source=_line(content.source),
    )


def _text(raw: str) -> str:
    text = _CONTROL.sub("", re.sub("\r\n?|[\x85\u2028\u2029\x0b\x0c]", "\n", raw))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def _line(raw: str) -> str:
    return " ".join(_text(raw).split())


def lacks(content: Content) -> tuple[Lack, ...]:
    """What an article lacks, the blocking first. 内部 knowledge needs no unit to be called."""
    found = [
        Lack(name, why)
        for name, why in _NEEDED
        if not str(getattr(content, name)).strip()
        and not (name == "unit" and content.reach is Reach.INTERNAL)
    ]
    texts = (content.title, content.words, *(one.text for one in content.passages))
    if any(len(one) > LONGEST for one in texts):
        found.append(Lack("words", f"一个栏目最多{LONGEST}字"))
    if len(content.title) > 200:
        found.append(Lack("title", "标题最多200字"))
    if content.valid_from and content.valid_to and content.valid_to < content.valid_from:
        found.append(Lack("valid_to", "有效期止早于有效期起"))
    if content.embargo_until and content.embargo_until.tzinfo is None:
        found.append(Lack("embargo_until", "公开时间没有时区"))
    found += [Lack(name, why, blocks=False) for name, why in _WANTED if not getattr(content, name)]
    return tuple(found)


def check_content(content: Content) -> None:
    """Raises BadInput for the first field that blocks."""
    for one in lacks(content):
        if one.blocks:
            raise BadInput(one.field, one.why)


def check_save(version: Version | None, reader: Reader, owner: str | None) -> None:
    """Whether this person may write a version of an article of this owner (None: the hotline).
    ``version`` is the draft that is there, if one is. Raises NotAllowed, ImpossibleMove."""
    _check_role(KnowledgeAct.SAVE, reader, owner)
    if version is not None and version.standing is Standing.REVIEW:
        raise ImpossibleMove("这篇知识", "待审核", "修改，请等审核通过或退回")


def _check_role(act: KnowledgeAct, reader: Reader, owner: str | None) -> None:
    if not reader.roles & BY[act]:
        raise NotAllowed("您的角色", f"{ACT_NAMES[act]}知识")
    if not reader.roles & _HOTLINE and (reader.unit is None or reader.unit != owner):
        raise NotAllowed("承办人员", f"{ACT_NAMES[act]}其他单位的知识")


def acted(
    version: Version,
    act: KnowledgeAct,
    reader: Reader,
    at: dt.datetime,
    policy: Policy,
    note: str = "",
) -> Version:
    """The version after an act of a person (not ``save``, which brings content).

    Raises NotAllowed for a role or the author's own review, ImpossibleMove from a standing that
    has no such act, BadInput for content or a reason that is missing, Objected where the city asks
    for more reviewers.
    """
    _check_role(act, reader, version.owner)
    standing = MOVES[version.standing].get(act)
    if standing is None:
        raise ImpossibleMove("这篇知识", STANDING_NAMES[version.standing], ACT_NAMES[act])
    match act:
        case KnowledgeAct.SUBMIT:
            check_content(version.content)
            return replace(version, standing=standing, submitted_at=at)
        case KnowledgeAct.PASS | KnowledgeAct.RETURN:
            return replace(
                version, standing=standing, reviews=_reviewed(version, act, reader, at, note)
            )
        case KnowledgeAct.PUBLISH:
            _check_publish(version, policy)
            return replace(version, standing=standing, published_at=at)
        case KnowledgeAct.WITHDRAW:
            if not note.strip():
                raise BadInput("reason", "请写明为什么召回")
            return replace(version, standing=standing, withdrawn_at=at, reason=note.strip())
        case _:
            return replace(version, standing=standing)


def _reviewed(
    version: Version, act: KnowledgeAct, reader: Reader, at: dt.datetime, note: str
) -> tuple[Approval, ...]:
    if reader.id is None or reader.id == version.author:
        raise NotAllowed("作者本人", "审核自己写的知识，请由另一人审核")
    if any(one.by == reader.id for one in version.reviews):
        raise ImpossibleMove("这一版", "您已经审核过", "再审一次")
    if act is KnowledgeAct.RETURN and not note.strip():
        raise BadInput("note", "请写明哪里要改")
    passed = act is KnowledgeAct.PASS
    return (*version.reviews, Approval(by=reader.id, at=at, passed=passed, note=note.strip()))


def _check_publish(version: Version, policy: Policy) -> None:
    check_content(version.content)
    needed, article = reviewers_needed(policy)
    if version.approvals >= needed:
        return
    if article is None:
        raise Objected("发布之前须由另一人审核通过（系统默认，办法未规定审核人数）")
    raise Objected(f"发布之前须有{needed}人审核通过，现有{version.approvals}人", article.number)


def choices(version: Version, reader: Reader, policy: Policy) -> tuple[KnowledgeAct, ...]:
    """The acts this person could do now, for the buttons of a page."""
    found = []
    for act in MOVES[version.standing]:
        try:
            _check_role(act, reader, version.owner)
            if act in (KnowledgeAct.PASS, KnowledgeAct.RETURN):
                _reviewed(version, act, reader, version.made_at, "-")
            if act is KnowledgeAct.PUBLISH:
                _check_publish(version, policy)
        except (NotAllowed, ImpossibleMove, Objected, BadInput):
            continue
        found.append(act)
    return tuple(found)
