"""One conversation as the desk is sent it: what both say, what the form becomes, which answers
stand beside it. The demonstration of the pictures, and of the tests of draft and answers."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final, Literal

from agent_desk.aids import AnswerCard, Answers, DraftShown, DraftSlot, SlotName
from agent_desk.said import Said
from hotline.words import CallId
from tests.agent_desk.fakes import CALL, MORNING

SPOKEN: Final[tuple[tuple[Literal["caller", "agent"], str], ...]] = (
    ("caller", "你好，我要投诉我们小区南边那个工地半夜施工，打桩打到两三点，老人小孩都没法睡"),
    ("agent", "您先别着急，请问是哪个小区"),
    ("caller", "迎宾大道恒裕花园，五号楼二单元"),
    ("agent", "大概从什么时候开始的"),
    (
        "caller",
        "上上个星期五晚上开始，每天晚上十一点半一直到凌晨，上次打过电话说在办，昨天晚上照样打",
    ),
    ("agent", "怎么称呼您，用现在这个号码联系您可以吗"),
    ("caller", "我姓欧阳，欧阳慧敏，就这个号，名字不要告诉工地"),
)
"""Each begins a second after the one before, on its side of the line."""


def said(number: int, call: CallId = CALL, **changed: object) -> Said:
    """The final of one line of :data:`SPOKEN`."""
    leg, text = SPOKEN[number]
    at = MORNING + dt.timedelta(seconds=3 + 9 * number)
    words = Said(call=call, leg=leg, text=text, final=True, from_s=float(number), at=at)
    return replace(words, **changed)  # type: ignore[arg-type]  # names of Said's own fields


def heard(
    slot: SlotName,
    value: str,
    words: str,
    *,
    line: int,
    others: tuple[str, ...] = (),
    sure: bool = True,
) -> DraftSlot:
    """A slot that stands on words of a line of :data:`SPOKEN`."""
    leg, text = SPOKEN[line]
    start = text.index(words)
    return DraftSlot(
        slot=slot,
        value=value,
        others=others,
        words=words,
        leg=leg,
        from_s=float(line),
        start=start,
        end=start + len(words),
        sure=sure,
    )


TYPE: Final = heard("type", "投诉", "我要投诉", line=0, others=("求助",))
CATEGORY: Final = heard(
    "category", "噪声扰民 / 建筑施工噪声", "半夜施工", line=0, others=("城市管理 / 违规施工",)
)
SUMMARY: Final = heard(
    "summary",
    "我要投诉我们小区南边那个工地半夜施工，打桩打到两三点，老人小孩都没法睡",
    "我要投诉我们小区南边那个工地半夜施工，打桩打到两三点，老人小孩都没法睡",
    line=0,
)
UNIT: Final = heard(
    "unit",
    "区城市管理和综合执法局",
    "工地",
    line=0,
    others=("区教育局",),
    sure=False,
)
ADDRESS: Final = heard("address", "迎宾大道恒裕花园五号楼二单元", "迎宾大道恒裕花园", line=2)
HAPPENED: Final = heard("happened", "2026年9月18日起，每晚十一点半", "上上个星期五晚上开始", line=4)
CONTACT: Final = heard("contact", "欧阳慧敏", "姓欧阳，欧阳慧敏", line=6)
PHONE: Final = heard("phone", "13800006027", "就这个号", line=6)
WHOLE: Final = (TYPE, CATEGORY, ADDRESS, HAPPENED, CONTACT, PHONE, SUMMARY, UNIT)


def draft(*slots: DraftSlot, call: CallId = CALL) -> DraftShown:
    """The draft with these slots."""
    return DraftShown(call=call, slots=slots, keywords=("工地", "打桩"))


NOISE: Final = AnswerCard(
    article="env-night-work",
    version=2,
    rank=1,
    title="夜间建筑施工噪声扰民怎么反映",
    title_spans=((0, 2), (4, 8)),
    words="噪声敏感建筑物集中区域禁止夜间（晚上十点至次日早晨六点）进行产生噪声的建筑施工作业；"
    "抢修、抢险或因特殊需要取得证明的除外，证明应在现场显著位置公示。",
    words_spans=((13, 15), (37, 41)),
    internal=False,
    unit="区城市管理和综合执法局",
    basis=("《中华人民共和国噪声污染防治法》第四十三条",),
    source="演示数据",
)
ROUTING: Final = AnswerCard(
    article="in-noise-routing",
    version=3,
    rank=2,
    title="施工噪声派单口径",
    title_spans=((0, 4),),
    words="有固定工地的派城管执法局牵头，环境分局协办；同一工地7日内3件以上的，报班长合并督办，"
    "不逐件承诺停工时间。",
    words_spans=(),
    internal=True,
    unit="12345热线协管办",
    basis=(),
    source="演示数据",
)
PERMIT: Final = AnswerCard(
    article="env-night-permit",
    version=1,
    rank=3,
    title="夜间施工证明在哪里查",
    title_spans=((0, 4),),
    words="可先看工地围挡公示栏；未公示的，由城管执法局受理核查，核查结果在办理期限内答复。",
    words_spans=((3, 5),),
    internal=False,
    unit="区住房和城乡建设局",
    basis=(),
    source="演示数据",
)


def answers(*cards: AnswerCard, call: CallId = CALL) -> Answers:
    """These cards stand beside the call."""
    return Answers(call=call, cards=cards)
