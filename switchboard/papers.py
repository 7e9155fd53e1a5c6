"""The papers of a ticket: from the ledger and the rules to what is printed.

One is made at a time, in a thread: setting type takes a second or two of one core.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent_desk.access_views import Seen
from agent_desk.chinese import headline, type_name
from agent_desk.paper_views import FORMS, Printed
from agent_desk.supervision_views import SupervisionForm
from asterisk_conf.errors import FetchFailed
from hotline import papers
from hotline.asks import asks_of
from hotline.calendar import Calendar
from hotline.errors import BadInput
from hotline.handling import Handling, follow, handling_of
from hotline.handling_clock import course
from hotline.handling_words import Act, Part, Stage, TicketActed
from hotline.need_to_know import Field
from hotline.papers import Matter, Paper, Step
from hotline.policy import ZONE, Policy
from hotline.words import UnitId
from ledger.store import Ledger
from ledger.ticket_rows import StoredTicket
from switchboard import papers_fonts
from switchboard.policy_versions import PolicyVersions, Rule
from switchboard.prerequisites import apt_line
from switchboard.reply_asks import asks_in
from switchboard.settings import Settings
from switchboard.ticket_saving import slot_of

NONE: Final = "无"


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every paper of a ticket is made from. ``words`` are those of each act, by its number,
    as the reader may see them."""

    found: Seen
    stored: StoredTicket
    handling: Handling
    policy: Policy
    names: Mapping[UnitId, str]
    words: Mapping[int, Mapping[str, str]]
    at: dt.datetime

    def day(self, at: dt.datetime | None) -> str:
        """``2026年9月28日``, or empty."""
        if at is None:
            return ""
        local = at.astimezone(self.policy.zone)
        return f"{local.year}年{local.month}月{local.day}日"

    def moment(self, at: dt.datetime | None) -> str:
        return f"{self.day(at)} {at.astimezone(self.policy.zone):%H:%M}" if at else ""

    def last(self, *acts: Act) -> tuple[TicketActed, Mapping[str, str]] | None:
        """The latest of these acts with its words."""
        for number in range(len(self.handling.acts), 0, -1):
            if self.handling.acts[number - 1].act in acts:
                return self.handling.acts[number - 1], self.words[number]
        return None

    def unit(self, code: UnitId | None) -> str:
        return self.names.get(code, str(code)) if code else ""


class DeskPapers:
    """Implements :class:`agent_desk.paper_views.Papers`."""

    def __init__(
        self, ledger: Ledger, settings: Settings, *, policy: Rule, calendar: Calendar
    ) -> None:
        self._ledger = ledger
        self._settings = settings
        self._versions = PolicyVersions(ledger.policy_texts, policy)
        self._calendar = calendar
        self._one = asyncio.Semaphore(1)

    async def pdf(self, form: str, found: Seen, at: dt.datetime) -> Printed:
        ground = await self._ground(found, at)
        paper = self._paper(form, ground)
        async with self._one:
            content = await asyncio.to_thread(self._set, paper, at)
        return Printed(content, f"{FORMS[form]}-{found.ticket.number}.pdf")

    async def slip(self, form: SupervisionForm, at: dt.datetime) -> Printed:
        paper = papers.slip_paper(_issued(form))
        async with self._one:
            content = await asyncio.to_thread(self._set, paper, at)
        return Printed(content, f"{form.number}.pdf")

    def _set(self, paper: Paper, at: dt.datetime) -> bytes:
        try:
            fonts = papers_fonts.bring(self._settings.cache)
        except FetchFailed as failed:
            line = apt_line(*papers_fonts.SERIF.packages, *papers_fonts.RARE.packages)
            raise BadInput(
                "form", f"打印要用的中文字体还没有：{failed}请管理员安装：{line}"
            ) from failed
        # Loaded with the first paper, in a thread of its own: starting does not wait for it.
        from switchboard.papers_pdf import pdf_of

        return pdf_of(paper, fonts, at)

    def _paper(self, form: str, ground: _Ground) -> Paper:
        matter = _matter(ground)
        match form:
            case "extension":
                return papers.extension_paper(matter, _extension(ground, self._calendar))
            case "reply":
                return papers.answer_paper(matter, _answer(ground))
            case "supervision":
                return papers.supervision_paper(matter, _slip(ground))
            case _:
                summary = ground.found.ticket.summary
                asks = asks_in(ground.stored.texts) or asks_of(summary)
                said = [ground.found.say(one) for one in asks]
                return papers.ticket_paper(matter, _steps(ground), said)

    async def _ground(self, found: Seen, at: dt.datetime) -> _Ground:
        number = found.ticket.number
        stored = await self._ledger.tickets.load(number)
        acts = await self._ledger.tickets.acts_of(number)
        policy, _ = await self._versions.of(stored.ticket)
        names = {unit.code: unit.name for unit in await self._ledger.units.all()}
        words = {
            one: {
                label: found.say(text)
                for label, text in json.loads(stored.texts.get(slot_of(one), "{}")).items()
            }
            for one in range(1, len(acts) + 1)
        }
        handling = handling_of(stored.ticket.type, stored.ticket.opened_at, acts)
        return _Ground(found, stored, handling, policy, names, words, at)


def _matter(ground: _Ground) -> Matter:
    ticket, shown = ground.found.ticket, ground.found.shown
    due = ticket.due
    return Matter(
        number=ticket.number,
        type=type_name(ticket.type),
        status=ticket.status,
        headline=headline(ticket.summary),
        summary=ticket.summary,
        category=ticket.category or "未填",
        address=ticket.address or "未填",
        happened=ticket.happened or "未填",
        contact=shown.get(Field.NAME) or "未留姓名",
        phone=shown.get(Field.PHONE) or "未留电话",
        opened=ground.day(ticket.opened_at),
        received=ground.moment(ground.handling.received_at) or "尚未派单",
        due=ground.day(due.due_at) or "本市办法未规定办理期限",
        why=_why(ground),
        unit=ticket.unit_name or "未派单位",
        helpers="、".join(ground.unit(one) for one in ground.handling.helpers) or NONE,
        line=ground.policy.line.name.value or ground.policy.area,
        document=ground.policy.document,
        printed=ground.day(ground.at),
    )


def _why(ground: _Ground) -> str:
    article = ground.found.ticket.due.article
    if article is None or not article.number:
        return "本市办法未规定"
    return _cited(str(article), article.quote)


def _cited(article: str, quote: str) -> str:
    return f"{article}：{quote}" if quote else article


def _steps(ground: _Ground) -> Sequence[Step]:
    steps = []
    for number, fact in enumerate(ground.handling.acts, start=1):
        said = [f"{label}：{text}" for label, text in ground.words[number].items()]
        if fact.unit is not None and fact.act in (Act.DISPATCH, Act.SETTLE):
            said.insert(0, ground.unit(fact.unit))
        steps.append(
            Step(ground.moment(fact.at), fact.act.value, _actor(ground, fact), "\n".join(said))
        )
    first = ground.found.ticket
    return (Step(ground.moment(first.opened_at), Act.REGISTER, first.by_name, ""), *steps)


def _actor(ground: _Ground, fact: TicketActed) -> str:
    """Who acted, without the hotline's name, which the paper's title says: 热线机构、承办单位名."""
    line = ground.policy.line.name.value or ground.policy.area
    return fact.body.removeprefix(line).strip("（）") or fact.part


# --------------------------------------------------------------------------------------- extension


def _extension(ground: _Ground, calendar: Calendar) -> papers.Extension:
    """As it was asked for where somebody asks now; else made ready for the hands that sign."""
    rules, handling = ground.policy.extensions, ground.handling
    asking = handling.stage is Stage.EXTENSION_ASKED
    asked = ground.last(Act.ASK_EXTENSION) if asking else None
    words = asked[1] if asked else {}
    reasons = [text for label, text in words.items() if "理由" in label or "原因" in label]
    reasons = reasons or [text for label, text in words.items() if label == "说明"]
    done = [text for label, text in words.items() if "工作" in label]
    if not done and (told := ground.last(Act.REPORT)):
        done = list(told[1].values())
    most = rules.max_times.value
    named = next((one for one in rules.needs.value or () if one.endswith("申请表")), "")
    rule = rules.needs
    quote = f"{rule.article.quote}。" if rule.article and rule.article.quote else ""
    limit = rules.max_times.article.quote if rules.max_times.article else ""
    number = rule.article.number if rule.article else ""
    return papers.Extension(
        title=named or "热线工单延期办理申请表",
        count=f"第{handling.extensions + 1}次"
        + (f"（不超过{most}次）" if most else "（次数本市办法未规定）"),
        was=ground.day(ground.found.ticket.due.due_at) or "未规定",
        until=_until(ground, calendar),
        reason="\n".join(reasons),
        done="\n".join(done),
        approver="热线工作机构\n审核",
        rule=f"依据：《{ground.policy.document}》{number}：{quote}{limit}".rstrip("：") + "。"
        if number
        else "本市办法未规定延期申请的格式，本表按系统默认。",
    )


def _until(ground: _Ground, calendar: Calendar) -> str:
    """The date it would be with the extension granted, where the city says how long that is."""
    if ground.policy.extensions.length.value is None:
        return ""
    granted = TicketActed(
        at=ground.at,
        ticket=ground.found.ticket.number,
        act=Act.GRANT_EXTENSION,
        by="",
        part=Part.CENTRE,
        body="",
        stage=Stage.HANDLING,
    )
    after = course(follow(ground.handling, granted), ground.policy, calendar, None).deadline
    now = ground.found.ticket.due.due_at
    if after is None or now is None or after.due_at <= now:
        return ""
    return ground.day(after.due_at)


# ------------------------------------------------------------------------------------------- reply


def _answer(ground: _Ground) -> papers.Answer:
    last = ground.last(Act.ASK_CLOSE, Act.ANSWER)
    if last is None or not last[1]:
        raise BadInput("form", "还没有可以打印的答复：请先填写办结申请或直接答复")
    fact, words = last
    wanted = ground.policy.close.sections.value or ()
    order = {label: number for number, label in enumerate(wanted)}
    kept = [(label, text) for label, text in words.items() if not label.startswith("诉求点")]
    kept.sort(key=lambda pair: order.get(pair[0], len(order)))
    sections = tuple(("其他说明" if label == "说明" else label, text) for label, text in kept)
    unit = ground.unit(ground.handling.unit) if fact.act is Act.ASK_CLOSE else fact.body
    rule = ground.policy.close.sections
    note = ""
    if rule.article and rule.article.number:
        note = f"依据：《{ground.policy.document}》{rule.article.number}。"
    return papers.Answer(
        sections=sections, unit=unit or "（承办单位）", on=ground.day(fact.at), rule=note
    )


# ------------------------------------------------------------------------------------- supervision


def _slip(ground: _Ground) -> papers.Supervising:
    last = ground.last(Act.SUPERVISE)
    if last is None:
        raise BadInput("form", "这件工单没有督办：没有督办单可以打印")
    fact, words = last
    rule = ground.policy.supervision.triggers
    reasons = {one.code: one for one in rule.value or ()}
    reason = reasons.get(fact.code)
    article = rule.article
    empty = papers.Supervising(
        slip=f"{ground.found.ticket.number}-{_count(ground)}",
        form="督办单",
        reason=reason.words if reason else "",
        demand="\n".join(words.values()),
        until="",
        by=ground.policy.line.name.value or ground.policy.area,
        on=ground.day(fact.at),
        rule="",
    )
    if article is None or not article.number:
        return empty
    number = reason.article if reason else article.number
    return replace(empty, rule=f"依据：《{ground.policy.document}》{number}。")


def _issued(form: SupervisionForm) -> papers.Slip:
    article, by = form.article, form.answer_by
    local = form.issued_at.astimezone(ZONE)
    rule = f"依据：《{article.document}》{article.number}：{article.quote}" if article else ""
    return papers.Slip(
        number=form.number,
        form=form.form,
        line=form.city_name,
        unit=form.unit_name,
        ticket=form.ticket or "",
        cause=form.cause,
        texts=form.texts,
        evidence=form.evidence,
        answer_by=f"{by.year}年{by.month}月{by.day}日" if by else form.term_note,
        issuer=form.issuer,
        on=f"{local.year}年{local.month}月{local.day}日",
        rule=f"{rule.rstrip('：。')}。" if rule else "",
    )


def _count(ground: _Ground) -> str:
    return f"督{ground.handling.times(Act.SUPERVISE)}"
