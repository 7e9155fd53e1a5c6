"""Printed papers (公文): what stands on each, as plain blocks. How it looks is another's business.

Times come as the strings that are printed; names and numbers come masked as the reader may see
them. Nothing is invented: what a person fills in by hand is left blank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """Paragraphs of running text, one a line. ``indent``: two characters, as in letters."""

    text: str
    indent: bool = True


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a paper (一、……)."""

    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a form: labels with what stands beside them, one pair or two. ``tall``: at least so
    many lines. ``sign``: lines for hands and seals at the foot of the last cell."""

    pairs: tuple[tuple[str, str], ...]
    tall: int = 1
    sign: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A ruled form."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A ruled table; its head stands on every page it reaches. ``shares`` are the widths."""

    head: tuple[str, ...]
    shares: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Closing:
    """Who signs, at the right: name, date, where the seal goes."""

    lines: tuple[str, ...]


Block = Words | Heading | Form | Listing | Closing


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One paper. ``left`` and ``right`` stand on one line under the title, ``note`` below all in
    smaller type, with the article it rests on."""

    title: str
    left: str = ""
    right: str = ""
    blocks: tuple[Block, ...]
    note: str = ""


BLANK_DATE: Final = "　　　　年　　月　　日"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A ticket as its papers name it. Everything is a string to be printed."""

    number: str
    type: str
    status: str
    headline: str
    summary: str
    category: str
    address: str
    happened: str
    contact: str
    phone: str
    opened: str
    received: str
    due: str
    why: str
    unit: str
    helpers: str
    line: str
    document: str
    printed: str


@dataclass(frozen=True, slots=True)
class Step:
    """One act as 办理经过 prints it."""

    at: str
    what: str
    who: str
    text: str


NUMERALS: Final = "一二三四五六七八九十"


def ticket_paper(matter: Matter, steps: Sequence[Step], asks: Sequence[str]) -> Paper:
    """工单: everything of a ticket that its page shows to this reader."""
    form = Form(
        (
            Row((("工单编号", matter.number), ("诉求类型", matter.type))),
            Row((("办理环节", matter.status), ("登记时间", matter.opened))),
            Row((("诉求人", matter.contact), ("联系电话", matter.phone))),
            Row((("事由分类", matter.category), ("发生时间", matter.happened))),
            Row((("地　　址", matter.address),)),
            Row((("诉求内容", matter.summary),), tall=4),
            *((Row((("诉 求 点", listed(asks)),)),) if asks else ()),
            Row((("承办单位", matter.unit), ("协办单位", matter.helpers))),
            Row((("到期时间", matter.due), ("收到时间", matter.received))),
            Row((("期限依据", matter.why),)),
        )
    )
    rows = tuple((one.at, one.what, one.who, one.text) for one in steps)
    return Paper(
        title=f"{matter.line}工单",
        left=f"编号：{matter.number}",
        right=f"打印日期：{matter.printed}",
        blocks=(form, Heading("办理经过"), Listing(_STEPS, (36, 25, 29, 66), rows)),
    )


_STEPS: Final = ("时　间", "动　作", "经　办", "内　容")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """An application for more time. ``rule`` is the sentence with the article; ``until`` is empty
    where nothing says how long."""

    title: str
    count: str
    was: str
    until: str
    reason: str
    done: str
    approver: str
    rule: str


def extension_paper(matter: Matter, asked: Extension) -> Paper:
    """12345热线工单延期办理申请表: to be signed by the unit and by who decides."""
    seal = ("签名：　　　　　　　　（单位盖章）", BLANK_DATE)
    form = Form(
        (
            Row((("申请单位", matter.unit),)),
            Row((("工单事项", f"{matter.headline}（{matter.type}）"),)),
            Row((("受理转办时间", matter.received), ("原办理期限", asked.was))),
            Row((("第几次延期", asked.count), ("申请延至", asked.until or BLANK_DATE))),
            Row((("延期理由", asked.reason),), tall=4),
            Row((("已开展工作", asked.done),), tall=3),
            Row((("单位分管\n领导签批", ""),), tall=4, sign=seal),
            Row(
                ((asked.approver, ""),),
                tall=4,
                sign=("审核人：　　　　　　　　　　　　　", BLANK_DATE),
            ),
        )
    )
    return Paper(
        title=asked.title,
        left=f"编号：{matter.number}",
        right=f"填表日期：{matter.printed}",
        blocks=(form,),
        note=asked.rule,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a caller is told in writing: the sections in the city's order, and where each ask is
    answered."""

    sections: tuple[tuple[str, str], ...]
    unit: str
    on: str
    rule: str = ""


def answer_paper(matter: Matter, answer: Answer) -> Paper:
    """书面答复: a letter to the caller, sealed by the unit."""
    blocks: list[Block] = [
        Words(f"{matter.contact}：", indent=False),
        Words(
            f"您于{matter.opened}通过{matter.line}反映的“{matter.headline}”"
            f"（工单编号：{matter.number}）已收悉。现将办理情况答复如下："
        ),
    ]
    several = len(answer.sections) > 1
    for number, (label, text) in enumerate(answer.sections):
        if several:
            blocks.append(Heading(f"{numeral(number + 1)}、{label}"))
        blocks.append(Words(text))
    blocks += [Words("特此答复。"), Closing((f"{answer.unit}（盖章）", answer.on))]
    return Paper(title="关于热线诉求办理情况的答复", blocks=tuple(blocks), note=answer.rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervising:
    """A supervision slip: why, what is demanded, until when."""

    slip: str
    form: str
    reason: str
    demand: str
    until: str
    by: str
    on: str
    rule: str


def supervision_paper(matter: Matter, slip: Supervising) -> Paper:
    """督办单: from the line to the unit, with room for what it answers."""
    form = Form(
        (
            Row((("承办单位", matter.unit), ("督办形式", slip.form))),
            Row((("工单编号", matter.number), ("诉求类型", matter.type))),
            Row((("工单事项", matter.headline),)),
            Row((("原办理期限", matter.due), ("办理环节", matter.status))),
            Row((("督办事由", slip.reason),), tall=3),
            Row((("督办要求", slip.demand),), tall=4),
            Row((("反馈期限", slip.until),)),
            Row(
                (("督办单位", slip.by),),
                tall=3,
                sign=("（盖章）　　　　", slip.on),
            ),
            Row(
                (("承办单位\n办理反馈", ""),),
                tall=5,
                sign=("负责人：　　　　　　　　（单位盖章）", BLANK_DATE),
            ),
        )
    )
    return Paper(
        title=f"{matter.line}督办单",
        left=f"编号：{slip.slip}",
        right=f"签发日期：{slip.on}",
        blocks=(form,),
        note=slip.rule,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A numbered paper of supervision (督办单、专题协调、约谈提醒) as it was issued."""

    number: str
    form: str
    line: str
    unit: str
    ticket: str
    cause: str
    texts: tuple[tuple[str, str], ...]
    evidence: tuple[str, ...]
    answer_by: str
    issuer: str
    on: str
    rule: str


def slip_paper(slip: Slip) -> Paper:
    """The paper that goes out, with room for what the unit answers."""
    texts = [Row(((label, text),), tall=2) for label, text in slip.texts if text]
    form = Form(
        (
            Row((("承办单位", slip.unit), ("工单编号", slip.ticket or "无"))),
            Row((("督办事由", slip.cause),), tall=2),
            *((Row((("事实依据", "\n".join(slip.evidence)),)),) if slip.evidence else ()),
            *texts,
            Row((("反馈期限", slip.answer_by),)),
            Row((("签发单位", slip.issuer),), tall=3, sign=("（盖章）　　　　", slip.on)),
            Row(
                (("承办单位\n办理反馈", ""),),
                tall=5,
                sign=("负责人：　　　　　　　　（单位盖章）", BLANK_DATE),
            ),
        )
    )
    return Paper(
        title=f"{slip.line}{slip.form}",
        left=f"编号：{slip.number}",
        right=f"签发日期：{slip.on}",
        blocks=(form,),
        note=slip.rule,
    )


def numeral(number: int) -> str:
    """一 to 十九, as headings are counted."""
    if number <= 10:
        return NUMERALS[number - 1]
    return f"十{NUMERALS[number - 11]}"


def listed(texts: Sequence[str]) -> str:
    """1. 2. 3., one a line."""
    return "\n".join(f"{number}. {text}" for number, text in enumerate(texts, start=1))
