"""``./jiesu sms``: beside a running system, or alone."""

from __future__ import annotations

from typing import Final

from hotline.words import Phone
from switchboard.clock import utc_now
from switchboard.opening import Opened, opened
from switchboard.rating_acts import RatingActs
from switchboard.refusals import Refusal
from switchboard.settings import Settings
from switchboard.sms_gateways import OUTGOING
from switchboard.sms_replies import SAID, Replies

_LAST: Final = 10
_STATES: Final = {"waiting": "待发送", "sending": "正在发送", "sent": "已发送", "unsent": "未送达"}


class NotANumber(Refusal):
    """One Chinese sentence: what was typed is no number a message could come from."""


def acts_of(here: Opened) -> RatingActs:
    """The acts of callers on the tickets of this installation."""
    line = here.rule(utc_now()).line.name.value or here.city
    return RatingActs(here.ledger, body=line, policy=here.rule, calendar=here.packs.calendar)


async def listing(settings: Settings) -> str:
    """How many messages stand where, and the last lines of the file gateway."""
    async with opened(settings) as here:
        counts = await here.ledger.messages.counts()
    told = "，".join(f"{name} {counts.get(state, 0)} 条" for state, name in _STATES.items())
    file = settings.data / "sms" / OUTGOING
    if not file.exists():
        return f"{told}。"
    last = file.read_text("utf-8").splitlines()[-_LAST:]
    lines = [" ".join(line.split("\t")[part] for part in (0, 2, 3)) for line in last if line]
    return "\n".join([f"{told}。{file} 的最后 {len(lines)} 条：", *lines])


async def reply(settings: Settings, number: str, text: str) -> str:
    """What is made of a reply, as if a platform had brought it."""
    sender = Phone.parse(number)
    if not sender.is_mobile:
        raise NotANumber(f"{number} 不是手机号：请写收到短信的 11 位号码。")
    async with opened(settings) as here:
        verdict = await Replies(here.ledger, acts_of(here), utc_now).take(sender, text)
    return f"{SAID[verdict]}。"
