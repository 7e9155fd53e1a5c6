"""What a caller thought of the handling (满意度评价): a reply read, and from when its time runs.

肇庆高新区 第十五条: one option of five within 24 hours of the message; several or wrong ones are
invalid (无效评价), none or a late one is no rating (未评价). Clock hours: they run on holidays.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hotline.handling import Handling
from hotline.handling_words import Act
from hotline.phrases import Phrase, says
from hotline.policy import Policy
from hotline.words import Article

OPTIONS: Final = ("非常满意", "满意", "基本满意", "不满意", "非常不满意")
"""The five of 好差评, in the order of the keys 1 to 5. Where a city's regulation names none they
are Jiesu's own default (系统默认)."""
KEYS: Final = tuple("12345")

_NUMERALS: Final = {
    **{said: str(value) for value, said in enumerate("一二三四五六七八九", start=1)},
    **dict(zip("①②③④⑤⑥⑦⑧⑨", "123456789", strict=True)),
}
_AROUND: Final = re.compile(
    r"我的评价|对本次服务|本次服务|满意度|评价结果|我选择|评价|回复|选择|答复|结果|选项|"
    r"我觉得|感觉|表示|谢谢您?|感谢|您好|你好|你们|我|选|是|为|按|第|项|号|个|的|了|吧|啊|呀|哦|嗯|很好?"
)
_BREAK: Final = re.compile(r"[\s,.;:!?、。，；：！？…~～“”\"'‘’（）()【】\[\]<>《》\-—_/\\|*#]+")


def read_reply(text: str, options: Sequence[str] = OPTIONS) -> str | None:
    """The option that a reply chooses: by its digit (1 is the first; full-width and Chinese digits
    too) or in its words, with what people write around it (``回复1``, ``满意。``). None where it
    chooses none, more than one, or says anything else beside: 多选、错选等视为无效评价.
    """
    plain = unicodedata.normalize("NFKC", text[:200])
    chosen: list[str] = []
    # The longest first: 非常不满意 holds 不满意, which holds 满意.
    for option in sorted(options, key=len, reverse=True):
        plain, found = re.subn(re.escape(option), " ", plain)
        chosen += [option] * bool(found)
    plain = "".join(_NUMERALS.get(letter, letter) for letter in plain)
    plain = _BREAK.sub(" ", _AROUND.sub(" ", plain))
    for word in plain.split():
        if word not in KEYS[: len(options)]:
            return None
        chosen.append(options[int(word) - 1])
    return chosen[0] if len(set(chosen)) == 1 else None


@dataclass(frozen=True, slots=True)
class OpenSurvey:
    """A message that asked for a rating and may still be answered, newest ``sent_at`` last or not.
    ``ref`` is what the gateway gives back with a reply, where it does."""

    key: str
    ticket: str
    sent_at: dt.datetime


def meant(text: str, surveys: Iterable[OpenSurvey], *, ref: str = "") -> tuple[OpenSurvey, str]:
    """Which survey a reply means, and the reply without the ticket's number in it.

    The one the gateway names (``ref``); else the one whose number, or last digits of it (three at
    least), stands in the reply; else the one that was sent last. Raises ValueError for no surveys.
    """
    latest_first = sorted(surveys, key=lambda one: one.sent_at, reverse=True)
    if not latest_first:
        raise ValueError("no survey is open")
    for one in latest_first:
        if ref and ref == one.key:
            return one, text
    plain = unicodedata.normalize("NFKC", text)
    for written in re.findall(r"\d[\d-]{2,}", plain):
        digits = written.replace("-", "")
        for one in latest_first:
            if _names(digits, one.ticket):
                return one, plain.replace(written, " ", 1)
    return latest_first[0], text


def _names(digits: str, ticket: str) -> bool:
    whole = ticket.replace("-", "")
    running = ticket.rpartition("-")[2]
    # 345 could be three options as well: only what has a nought, six digits or more names a ticket.
    if not set(digits) - set(KEYS):
        return False
    return digits in (whole, running) or (len(digits) >= 3 and digits == running.lstrip("0"))


class Invited(StrEnum):
    """How the message stands that asks for a rating: the code of :attr:`Act.INVITE`."""

    WAITING = "待发送"
    SENT = "已发送"
    UNSENT = "未送达"


def invited(handling: Handling) -> Invited | None:
    """How the message of this closing stands; None where none is sent in this city."""
    last = handling.last(Act.INVITE)
    if last is None or handling.closed_at is None or last.at < handling.closed_at:
        return None
    return Invited(last.code)


def runs_from(handling: Handling) -> dt.datetime | None:
    """From when the time to rate runs: from the sending of the message, from the closing where the
    city sends none, anew from a follow-up. None while nobody has been asked."""
    closed = handling.closed_at
    if closed is None:
        return None
    asked = handling.last(Act.FOLLOW_UP)
    called = asked.at if asked is not None and asked.at >= closed else None
    message = handling.last(Act.INVITE)
    match invited(handling):
        case None:
            return max(closed, called) if called else closed
        case Invited.SENT if message is not None:
            return max(message.at, called) if called else message.at
        case _:
            return called


def counts_instead(handling: Handling, number: int, policy: Policy) -> Article | None:
    """By which article the rating that is act ``number`` (from 1) counts in place of the one before
    the redo (肇庆高新区 第十五条（四）); None where it is no such rating or no article says so."""
    act = handling.acts[number - 1].act
    before = handling.acts[: number - 1]
    second = act in (Act.RATE, Act.CORRECT) and any(one.act is Act.REDO for one in before)
    said = says(policy.rating.redo, Phrase.SECOND_COUNTS)
    return policy.rating.redo_max.article if second and said else None
