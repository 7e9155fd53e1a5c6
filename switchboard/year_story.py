"""One ticket of the generated year from its call to its end, by the rules themselves.

The dice only say what somebody would like to do and when; :func:`hotline.handle.act_on` says
whether it is possible, and what is not possible is not done. Between two acts the clock does what
the sweeper would have done. The same seed gives the same ticket.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from hotline.calendar import Calendar
from hotline.errors import HotlineError
from hotline.handle import Done, act_on, clock_acts
from hotline.handling import Handling
from hotline.handling_gates import Asked
from hotline.handling_time import next_look, time_brought
from hotline.handling_words import FINAL, Act, Part, Stage
from hotline.policy import Policy
from hotline.words import CallId, Draft, TicketId, UnitId, UserId
from ledger.ticket_rows import StoredTicket, TicketDue, TicketSave
from switchboard import year_words as words
from switchboard.ticket_opening import opened_save
from switchboard.ticket_saving import clock_save_of, save_of
from switchboard.year_plans import ENOUGH, FORWARD, WISHES, Wish

MOST_ACTS: Final = 60
"""No real ticket has so many; one that gets there is told, not hidden."""
_NAMES: Final[Mapping[Part, str]] = {
    Part.AGENT: "演示话务员",
    Part.UNIT: "演示承办人员",
    Part.CALLER: "演示话务员",
    Part.MANAGER: "演示管理机构",
    Part.LEADER: "演示热线机构",
    Part.CITY: "演示热线机构",
    Part.CENTRE: "演示热线机构",
}
_WRITTEN: Final[Mapping[Act, str]] = {
    Act.ASK_CLOSE: "采取的措施",
    Act.ASK_EXTENSION: "延期理由",
    Act.ASK_RETURN: "退回理由",
    Act.DENY_CLOSE: "哪里不符合要求",
    Act.FOLLOW_UP: "回访情况",
    Act.ANSWER: "答复内容",
    Act.SUPERVISE: "督办要求",
}


@dataclass(frozen=True, slots=True)
class Town:
    """Where the year happens."""

    city: str
    body: str
    policy: Policy
    calendar: Calendar


@dataclass(slots=True)
class Story:
    """A ticket as it goes on. ``saves`` are what the desk would have committed one by one."""

    town: Town
    dice: Random
    stored: StoredTicket
    handling: Handling
    matter: words.Matter
    now: dt.datetime
    look_at: dt.datetime | None
    saves: list[TicketSave]
    refused: int = 0
    known: set[str] = field(default_factory=set)


def story_of(
    town: Town,
    dice: Random,
    number: TicketId,
    opened_at: dt.datetime,
    until: dt.datetime | None = None,
) -> Story:
    """A ticket opened then, to its end, or as it stands at ``until``."""
    story = _opened(town, dice, number, opened_at)
    while story.handling.stage not in FINAL and len(story.handling.acts) < MOST_ACTS:
        if not _go_on(story, until):
            break
    return story


def _opened(town: Town, dice: Random, number: TicketId, at: dt.datetime) -> Story:
    matter = words.matter_of(dice)
    type_ = matter.type
    draft = Draft(
        type=type_,
        summary=f"{words.address(dice)}，{dice.choice(matter.told)}，{words.wanted(type_)}。",
        category=matter.category,
        address=words.address(dice),
        contact=words.name(dice),
        phone=words.phone(dice),
        unit=matter.unit if dice.random() < 0.8 else None,
        confidential=dice.random() < 0.02,
    )
    call = CallId(f"year-{number}") if dice.random() < 0.9 else None
    save = opened_save(
        number,
        draft,
        call,
        UserId(_NAMES[Part.AGENT]),
        at,
        city=town.city,
        body=town.body,
        policy=town.policy,
        calendar=town.calendar,
    )
    ticket = replace(save.ticket, version=1)
    stored = StoredTicket(
        ticket, save.texts, draft.category, draft.confidential, save.by, save.searched
    )
    handling = Handling(type=type_, stage=Stage.REGISTERED, opened_at=at)
    return Story(town, dice, stored, handling, matter, at, save.look_at, [save])


def _go_on(story: Story, until: dt.datetime | None) -> bool:
    """One more thing happens; False when ``until`` comes first."""
    wish = _wished(story)
    at = _when(story, wish)
    if until is not None and min(at, story.look_at or at) > until:
        return False
    if story.look_at is not None and story.look_at <= at:
        _clock(story, story.look_at)
        return True
    story.now = at
    if wish.act is not None:
        _act(story, wish)
    return True


def _wished(story: Story) -> Wish:
    stage, dice = story.handling.stage, story.dice
    wishes = WISHES[stage]
    if len(story.handling.acts) >= ENOUGH and stage in FORWARD:
        wanted = FORWARD[stage]
        wishes = tuple(one for one in wishes if one.act in wanted) or wishes
    if story.look_at is None:  # nothing will come by itself, so somebody has to
        wishes = tuple(one for one in wishes if one.act is not None) or wishes
    return dice.choices(wishes, [one.weight for one in wishes])[0]


def _when(story: Story, wish: Wish) -> dt.datetime:
    hours = wish.hours * min(story.dice.lognormvariate(0, 0.7), 8)
    at = story.now + dt.timedelta(seconds=round(hours * 3600) + 60)
    if not wish.office:
        return at
    local = at.astimezone(story.town.policy.zone)
    while not (story.town.calendar.is_working(local.date()) and 8 <= local.hour < 18):
        nine = local.replace(hour=8, minute=story.dice.randint(30, 59), second=0)
        local = nine + dt.timedelta(days=1) if local.hour >= 8 else nine
    return local


def _act(story: Story, wish: Wish) -> None:
    assert wish.act is not None  # noqa: S101 - asked by who calls
    asked = _asked(story, wish.act, wish.part)
    town = story.town
    try:
        done = act_on(
            story.handling, story.stored.ticket.id, asked, story.now, town.policy, town.calendar
        )
    except HotlineError:
        story.refused += 1
        return
    label = _WRITTEN.get(wish.act)
    written = {label: words.reply(story.dice)} if label else {}
    _take(story, save_of(story.stored, done, written), done.handling, done.look_at)


def _asked(story: Story, act: Act, part: Part) -> Asked:
    policy, dice, handling = story.town.policy, story.dice, story.handling
    unit: UnitId | None = None
    if act in (Act.DISPATCH, Act.SETTLE):
        # One in twenty goes to the wrong place first.
        wrong = handling.unit is None and dice.random() < 0.05
        unit = dice.choice(words.MATTERS).unit if wrong else story.matter.unit
    code = ""
    if act is Act.REFUSE and policy.intake.refusals.value:
        code = dice.choice(policy.intake.refusals.value).code
    if act in (Act.RATE, Act.CORRECT):
        options = policy.rating.options.value or ("满意",)
        weights = [40, 30, 15, 9, 6][: len(options)] + [1] * max(len(options) - 5, 0)
        code = dice.choices(options, weights)[0]
    if act is Act.ARCHIVE and dice.random() < 0.3:
        # A low rating is archived where one of the regulation's exceptions is named.
        code = dice.choice([one.code for one in policy.rating.redo_exceptions.value or ()] or [""])
    every = {
        *(policy.returns.needs.value or ()),
        *(policy.extensions.needs.value or ()),
        *(policy.close.sections.value or ()),
        "核实",
        "负责人批准",
    }
    return Asked(
        act=act,
        part=part,
        by=_NAMES[part],
        body=handling.unit or "承办单位" if part is Part.UNIT else f"{story.town.body}（{part}）",
        unit=unit,
        code=code,
        days=5 if act is Act.GRANT_EXTENSION else None,
        given=frozenset(every),
    )


def _clock(story: Story, at: dt.datetime) -> None:
    """What the sweeper does at one look, in one save."""
    town, number = story.town, story.stored.ticket.id
    story.now = max(at, story.now)
    here, done, raised = story.handling, list[Done](), list[TicketDue]()
    while True:
        found = time_brought(here, story.now, town.policy, town.calendar)
        fresh = [due for due in found if due.key not in story.known]
        if not fresh:
            break
        due = fresh[0]
        story.known.add(due.key)
        one = clock_acts(here, number, due, story.now, town.policy, town.calendar)
        if one is not None:
            done.append(one)
            here = one.handling
        raised.append(
            TicketDue(
                key=due.key,
                at=story.now,
                what=due.what,
                document=due.article.document if due.article else "",
                article=due.article.number if due.article else "",
                act=len(here.acts) if one else None,
            )
        )
    look_at = next_look(here, town.policy, town.calendar, after=story.now)
    if raised:
        _take(story, clock_save_of(story.stored, done, raised, look_at), here, look_at)
    story.look_at = look_at


def _take(story: Story, save: TicketSave, handling: Handling, look_at: dt.datetime | None) -> None:
    version = story.stored.ticket.version + 1
    save = replace(save, ticket=replace(save.ticket, version=version))
    story.saves.append(save)
    texts = {**story.stored.texts, **save.texts}
    story.stored = replace(story.stored, ticket=save.ticket, texts=texts)
    story.handling, story.look_at = handling, look_at
