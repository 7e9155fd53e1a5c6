"""The generated year: every ticket ends with a reason, the streams say the same twice, and whole
tickets written at once are the rows that the desk would have written."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.endings import ending_of
from hotline.errors import ImpossibleMove
from hotline.handling import Handling
from hotline.handling_words import FINAL, Act, Stage
from hotline.words import TicketId, TicketType
from ledger import tables as t
from ledger.store import Ledger, open_ledger
from ledger.ticket_batches import Lived
from ledger.ticket_rows import TicketFilter, TicketSave
from switchboard import year
from switchboard.replay_tickets import TicketsReplayed, ending_rows, replay_tickets
from switchboard.year import NoYear, YearOptions, generate, main_year
from switchboard.year_story import Story, Town, story_of
from tests.ledger.laid import lay

pytestmark = pytest.mark.anyio

ZONE = dt.timezone(dt.timedelta(hours=8))
CITIES = ("zhaoqing", "guangyuan", "zhongshan", "hebei", "guizhou")


@asynccontextmanager
async def a_ledger(folder: Path, city: str = "zhaoqing") -> AsyncIterator[Ledger]:
    url = f"sqlite+aiosqlite:///{folder / 'jiesu.db'}"
    await lay(url, folder / "backups")
    async with open_ledger(
        url,
        field_key=bytes(32),
        clock=lambda: dt.datetime(2026, 9, 25, tzinfo=ZONE),
        code_version="t",
        city=city,
    ) as ledger:
        yield ledger


async def a_year(folder: Path, tickets: int, seed: int = 1, jobs: int = 0) -> TicketsReplayed:
    folder.mkdir(exist_ok=True)
    options = YearOptions(data=folder, tickets=tickets, seed=seed, jobs=jobs)
    async with a_ledger(folder) as ledger:
        assert await generate(ledger, options) == tickets
        first = await replay_tickets(ledger, "zhaoqing")
        again = await replay_tickets(ledger, "zhaoqing")
        assert again == first
        assert (await ledger.audit.verify()).intact
        return first


def the_invariants_hold(done: TicketsReplayed, tickets: int) -> None:
    assert (done.tickets, done.open, done.groundless, done.differing) == (tickets, 0, 0, 0)
    assert sum(done.endings.values()) == tickets
    assert {one.stage for one in done.endings} <= FINAL


async def test_no_ticket_of_the_year_ends_without_a_state_and_a_reason(tmp_path: Path) -> None:
    done = await a_year(tmp_path, 500)
    the_invariants_hold(done, 500)
    reasons = {one.reason.partition("：")[0] for one in done.endings}
    assert {"已评价", "逾期未评价", "诉求人撤回", "并入同一事项的工单", "不予受理"} <= reasons
    policy, _ = year._rules("zhaoqing")
    refused = [why for stage, why, _ in ending_rows(done, policy) if stage == Stage.REFUSED]
    assert refused
    assert all(why.startswith("不予受理：") and "〔第七条" in why for why in refused)


async def test_the_same_seed_gives_the_same_year_and_another_seed_another(tmp_path: Path) -> None:
    one = await a_year(tmp_path / "one", 30)
    again = await a_year(tmp_path / "again", 30)
    other = await a_year(tmp_path / "other", 30, seed=2)
    assert one.hash == again.hash
    assert one.hash != other.hash


@pytest.mark.slow
async def test_tickets_made_by_several_processes_are_those_of_one(tmp_path: Path) -> None:
    many = await a_year(tmp_path / "many", 1500, jobs=2)
    the_invariants_hold(many, 1500)
    assert (await a_year(tmp_path / "one", 1500)).hash == many.hash


def stories(city: str, number: int, until: dt.datetime | None = None) -> list[Story]:
    policy, calendar = year._rules(city)
    town = Town(city, "热线", policy, calendar)
    start = dt.datetime(2025, 3, 3, 9, 0, tzinfo=ZONE)
    return [
        story_of(
            town,
            year._dice(f"{city}-{n}"),
            TicketId(f"20250303-{n:06d}"),
            start + dt.timedelta(minutes=n),
            until,
        )
        for n in range(1, number + 1)
    ]


@pytest.mark.clause("GZ-7", "HB-9(三)")
@pytest.mark.parametrize("city", CITIES)
def test_in_every_city_each_ticket_comes_to_its_end_by_the_rules_of_the_city(city: str) -> None:
    ended = [ending_of(story.handling) for story in stories(city, 50)]
    assert all(one.reason for one in ended)


def test_what_the_dice_wish_and_the_rules_forbid_is_not_done() -> None:
    tried = stories("zhaoqing", 120)
    assert sum(story.refused for story in tried) > 0
    done = {fact.act for story in tried for fact in story.handling.acts}
    assert done >= {
        Act.DISPATCH,
        Act.GRANT_RETURN,
        Act.DENY_RETURN,
        Act.GRANT_EXTENSION,
        Act.DENY_CLOSE,
        Act.SUPERVISE,
        Act.LAPSE,
        Act.RATE,
    }


def test_a_year_that_is_cut_off_leaves_tickets_where_they_stood() -> None:
    cut = dt.datetime(2025, 3, 3, 20, 0, tzinfo=ZONE)
    whole, until = stories("zhaoqing", 40), stories("zhaoqing", 40, cut)
    assert all(fact.at <= cut for story in until for fact in story.handling.acts)
    assert {story.handling.stage for story in until} > {Stage.DISPATCHED}
    for long, short in zip(whole, until, strict=True):
        assert long.handling.acts[: len(short.handling.acts)] == short.handling.acts


def test_a_ticket_in_hand_has_no_ending_yet() -> None:
    opened = Handling(
        type=TicketType.HELP,
        stage=Stage.HANDLING,
        opened_at=dt.datetime(2025, 3, 3, tzinfo=ZONE),
    )
    with pytest.raises(ImpossibleMove):
        ending_of(opened)


async def test_written_at_once_or_one_by_one_the_rows_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    lived = year.day_of("zhaoqing", 5, dt.date(2025, 5, 6), 12, None)
    told = [story.saves for story in stories("zhaoqing", 12)]
    async with a_ledger(tmp_path / "many") as many, a_ledger(tmp_path / "one") as one:
        assert lived
        await many.tickets.batches.put([Lived.of(saves) for saves in told])
        for saves in told:
            await one.tickets.open(saves[0].ticket.opened_at, partial(_as_it_is, saves[0]))
            for version, save in enumerate(saves[1:], start=1):
                await one.tickets.save(save, expected_version=version)
        assert await _rows(many) == await _rows(one)
        assert (await many.audit.verify()).intact
        numbers = [saves[0].ticket.id for saves in told]
        for number in numbers:
            left, right = await many.tickets.load(number), await one.tickets.load(number)
            assert left == right
            assert [r.fact for r in await many.tickets.facts_of(number)] == [
                r.fact for r in await one.tickets.facts_of(number)
            ]
            assert await many.tickets.dues.of(number) == await one.tickets.dues.of(number)


def _as_it_is(first: TicketSave, _number: TicketId) -> TicketSave:
    return first


async def _rows(ledger: Ledger) -> list[tuple[object, ...]]:
    async with ledger.database.read() as connection:
        tickets = (await connection.execute(select(t.tickets).order_by(t.tickets.c.id))).all()
        audit = select(t.audit.c.who, t.audit.c.what, t.audit.c.subject, t.audit.c.detail)
        lines = (await connection.execute(audit.order_by(t.audit.c.subject, t.audit.c.seq))).all()
    return [tuple(row) for row in (*tickets, *lines)]


async def test_a_year_is_never_mixed_with_tickets_that_are_there(tmp_path: Path) -> None:
    options = YearOptions(data=tmp_path / "year", tickets=5, jobs=0, as_json=True)
    assert await main_year(options) == 0
    with pytest.raises(NoYear, match="已经生成过一年"):
        await main_year(options)
    with pytest.raises(NoYear, match="另一个城市"):
        await main_year(YearOptions(data=tmp_path / "year", city="hebei", tickets=5, jobs=0))
    with pytest.raises(NoYear, match="--data"):
        await main_year(YearOptions(data=None))
    with pytest.raises(NoYear, match="没有城市"):
        await main_year(YearOptions(data=tmp_path / "x", city="nowhere"))


async def test_the_year_is_found_in_the_lists_by_its_words(tmp_path: Path) -> None:
    options = YearOptions(data=tmp_path, tickets=40, jobs=0)
    async with a_ledger(tmp_path) as ledger:
        await generate(ledger, options)
        hits = await ledger.tickets.search.words("要求处理")
        assert 0 < hits.of < 40
        found = await ledger.tickets.page(TicketFilter(numbers=hits.numbers))
        assert found.total == hits.of
