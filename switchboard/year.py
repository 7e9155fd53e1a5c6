"""``./jiesu demo --year``: a whole year of tickets in minutes, through the real rules.

Into a data folder of its own, never beside real tickets. The same seed gives the same year; what
the tickets come to is checked at the end, from their streams.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Final

from hotline.calendar import Calendar
from hotline.packs import text_of
from hotline.policy import Policy
from hotline.words import TicketId
from ledger.migrate import migrate
from ledger.store import Ledger, open_ledger
from ledger.ticket_batches import Lived
from switchboard import policies
from switchboard.clock import utc_now
from switchboard.demonstration import agent_numbers, seed
from switchboard.refusals import Refusal
from switchboard.replay_tickets import (
    TicketsReplayed,
    ending_rows,
    plain_tickets,
    replay_tickets,
)
from switchboard.replay_tickets import in_words as replayed_in_words
from switchboard.secrets_file import ensure_secrets
from switchboard.settings import Settings, find_settings
from switchboard.site import load_site
from switchboard.site_template import write_template
from switchboard.terminal import progress, tell
from switchboard.versions import CODE_VERSION
from switchboard.year_story import Town, story_of

YEAR: Final = 2025
"""Its holidays and make-up days are all published."""
TICKETS: Final = 200_000
MARK: Final = "generated-year"
_HOURS: Final = (1, 1, 1, 1, 1, 2, 4, 8, 18, 22, 20, 15, 10, 13, 18, 19, 17, 13, 9, 9, 8, 6, 4, 2)
_AHEAD: Final = 4
"""Days made before they are written: more would only fill the memory."""


class NoYear(Refusal):
    """One Chinese sentence: why no year is generated here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YearOptions:
    """What was typed. ``until`` leaves the tickets as they stand at that moment; ``newest_first``
    begins with the last day, so that a part of it is the last part of the year."""

    data: Path | None
    tickets: int = TICKETS
    seed: int = 12345
    city: str = "zhaoqing"
    jobs: int = 2
    as_json: bool = False
    until: dt.datetime | None = None
    newest_first: bool = False


async def main_year(options: YearOptions) -> int:
    """0 when every ticket has its end and its reason and the streams say the same as the state."""
    if options.data is None:
        raise NoYear(
            "生成一年要写明放在哪里：./jiesu demo --year --data 目录（不要用真实数据的目录）"
        )
    began = time.monotonic()
    settings = find_settings(options.data)
    async with _fresh(settings, options) as ledger:
        count = await generate(ledger, options, progress)
        made_s = time.monotonic() - began
        progress("由工单流回放，核对终态……")
        done = await replay_tickets(ledger, options.city)
        mark = {"tickets": count, "seed": options.seed, "hash": done.hash}
        await ledger.bookmarks.put(MARK, json.dumps(mark))
    took_s = time.monotonic() - began
    _say(options, done, made_s, took_s)
    ended = options.until is not None or not done.open
    return 0 if ended and not done.groundless and not done.differing else 1


async def generate(
    ledger: Ledger, options: YearOptions, say: Callable[[str], None] = lambda _: None
) -> int:
    """Write the year into a ledger; how many tickets."""
    policy, calendar = _rules(options.city)
    await ledger.policy_texts.keep(policy.version, text_of(policy))
    days = _days(options, calendar)[:: -1 if options.newest_first else 1]
    done, began = 0, time.monotonic()
    told = began
    executor = (
        ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) if options.jobs else None
    )
    try:
        async for lived in _made(executor, options, days):
            await ledger.tickets.batches.put(lived)
            done += len(lived)
            if time.monotonic() - told > 5:
                told = time.monotonic()
                rate = max(done / (told - began), 1)
                left = (options.tickets - done) / rate
                say(f"  {done:,}／{options.tickets:,} 件，每秒 {rate:,.0f} 件，约剩 {left:,.0f} 秒")
    finally:
        if executor is not None:
            executor.shutdown(wait=True, cancel_futures=True)
    return done


async def _made(
    executor: Executor | None, options: YearOptions, days: Sequence[tuple[dt.date, int]]
) -> AsyncIterator[list[Lived]]:
    """The days in their order, a few made ahead."""
    loop = asyncio.get_running_loop()
    todo: Iterator[tuple[dt.date, int]] = iter(days)
    if executor is None:
        for day, count in todo:
            yield day_of(options.city, options.seed, day, count, options.until)
        return

    def begun(day: dt.date, count: int) -> asyncio.Future[list[Lived]]:
        asked = (options.city, options.seed, day, count, options.until)
        return loop.run_in_executor(executor, day_of, *asked)

    waiting = [begun(day, count) for day, count in islice(todo, _AHEAD)]
    while waiting:
        lived = await waiting.pop(0)
        waiting += [begun(day, count) for day, count in islice(todo, 1)]
        yield lived


def day_of(
    city: str, seed_: int, day: dt.date, count: int, until: dt.datetime | None
) -> list[Lived]:
    """The tickets opened on one day, lived to their end. Runs in a process of its own."""
    policy, calendar = _rules(city)
    town = Town(city, policy.line.name.value or city, policy, calendar)
    dice = _dice(f"{seed_}-{city}-{day}")
    times = sorted(
        dt.datetime.combine(day, dt.time(hour, dice.randrange(60), dice.randrange(60)), policy.zone)
        for hour in dice.choices(range(24), _HOURS, k=count)
    )
    return [
        Lived.of(
            story_of(
                town,
                _dice(f"{seed_}-{city}-{day}-{n}"),
                TicketId(f"{day:%Y%m%d}-{n:06d}"),
                at,
                until,
            ).saves
        )
        for n, at in enumerate(times, start=1)
    ]


def _dice(seed_: str) -> Random:
    """The same text always gives the same throws."""
    return Random(seed_)  # noqa: S311 - a demonstration has to be repeatable, not secret


@cache
def _rules(city: str) -> tuple[Policy, Calendar]:
    packs = policies.load()
    return packs.policy(city, dt.date(YEAR, 1, 1)), packs.calendar


def _days(options: YearOptions, calendar: Calendar) -> list[tuple[dt.date, int]]:
    """How many tickets each day of the year has: fewer on days off, most on the first one back."""
    dice = _dice(f"{options.seed}-{options.city}")
    first = dt.date(YEAR, 1, 1)
    days = [first + dt.timedelta(days=n) for n in range(365)]
    weights = []
    for day in days:
        working = calendar.is_working(day)
        after = working and not calendar.is_working(day - dt.timedelta(days=1))
        weights.append((1.25 if after else 1.0 if working else 0.62) * dice.uniform(0.85, 1.15))
    whole, given, counts = sum(weights), 0, []
    reached = 0.0
    for weight in weights:
        reached += weight
        upto = round(options.tickets * reached / whole)
        counts.append(upto - given)
        given = upto
    return [(day, count) for day, count in zip(days, counts, strict=True) if count]


@asynccontextmanager
async def _fresh(settings: Settings, options: YearOptions) -> AsyncIterator[Ledger]:
    """A ledger without tickets in this folder. Raises NoYear."""
    if options.city not in policies.load().codes:
        raise NoYear(f"没有城市 {options.city}：可选 {'、'.join(policies.load().codes)}。")
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_template(settings.site_file)
    except OSError as refused:
        raise NoYear(
            f"不能写 {settings.data}（{refused.strerror}）：请用 --data 指定一个可写的目录。"
        ) from refused
    city = settings.data / "city"
    if city.exists() and city.read_text("utf-8").strip() != options.city:
        raise NoYear(f"{settings.data} 属于另一个城市：请用 --data 指定另一个目录。")
    if load_site(settings.site_file).database.url:
        raise NoYear("site.toml 写了单位自己的数据库：生成的一年只放进目录里自带的数据库。")
    city.write_text(options.city + "\n", "utf-8")
    keys = ensure_secrets(settings.secrets_file, agent_numbers())
    url = settings.database_url("")
    await migrate(url, settings.data / "backups")
    async with open_ledger(
        url,
        field_key=keys.field_key,
        clock=utc_now,
        code_version=CODE_VERSION,
        city=options.city,
    ) as ledger:
        if (await ledger.tickets.counts()).total:
            mine = await ledger.bookmarks.get(MARK) is not None
            why = "已经生成过一年" if mine else "里已有工单，生成的不会混进去"
            raise NoYear(f"{settings.data} {why}：请用 --data 指定一个新目录。")
        await seed(ledger, settings.users_file)
        yield ledger


def _say(options: YearOptions, done: TicketsReplayed, made_s: float, took_s: float) -> None:
    if options.as_json:
        plain = {"made_s": round(made_s, 1), "took_s": round(took_s, 1), **plain_tickets(done)}
        tell(json.dumps(plain, ensure_ascii=False, indent=1))
        return
    tell(
        f"生成 {done.tickets:,} 件工单，用时 {made_s / 60:.1f} 分；连同核对 {took_s / 60:.1f} 分。"
    )
    tell(replayed_in_words(done))
    tell("终态与原因：")
    policy, _ = _rules(options.city)
    for stage, reason, count in ending_rows(done, policy):
        tell(f"  {count:>8,}  {stage}  {reason}")
