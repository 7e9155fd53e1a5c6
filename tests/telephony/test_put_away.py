"""queue_log and the other logs of a real Asterisk put away while calls go on: nothing is lost."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from pathlib import Path

import pytest

from ivr.queue_log import SPAN, LogLine, parts_of, read_from, reconcile
from switchboard.keeping_logs import LogPlaces, drop_old, pack, put_away
from switchboard.recordings import all_in, is_whole
from switchboard.site_keep import Keep
from tests.telephony.exchange_kit import RunningExchange, running_exchange, until
from tests.telephony.test_dialplan_choices import with_recordings

pytestmark = [pytest.mark.anyio, pytest.mark.telephony]


async def a_week_later(places: LogPlaces) -> list[Path]:
    """Put everything away that has anything in it."""
    places.marker.parent.mkdir(exist_ok=True)
    places.marker.touch()
    long_ago = dt.datetime.now(dt.UTC).timestamp() - 8 * 86400
    os.utime(places.marker, (long_ago, long_ago))
    return await put_away(places, Keep(), dt.datetime.now(dt.UTC))


def ends(exchange: RunningExchange, position: int) -> tuple[list[str], int]:
    """The calls whose end stands in the log after a position, and where reading goes on."""
    lines, end = read_from(exchange.log / "queue_log", position)
    reading = reconcile(lines, end, dt.datetime.now(dt.UTC))
    return [one.call for one in reading.calls], reading.resume_at


async def test_a_call_that_spans_two_puttings_away_is_reconciled_whole(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path, change=with_recordings) as exchange,
        exchange.seat("1001") as seat,
        exchange.citizen() as citizen,
    ):
        places = LogPlaces(exchange.plan.places.run, tmp_path / "log", tmp_path / "log" / ".mark")
        log = places.queue_log
        call = await citizen.call("12345")
        await (await seat.next_call()).answered()
        await exchange.logged("CONNECT")
        recordings = exchange.plan.recordings
        assert recordings is not None
        await until(lambda: bool(all_in(recordings)), within=60)
        (going_on,) = all_in(recordings)
        await until(lambda: going_on.path.stat().st_size > 8000, within=60)
        assert not is_whole(going_on.path)

        away = {path.name.split(".")[0] for path in await a_week_later(places)}
        assert {"queue_log", "messages"} <= away
        await until(log.exists, within=60)
        _, bookmark = ends(exchange, 0)
        assert bookmark < SPAN, "the call began in the part that was put away"
        await a_week_later(places)
        await until(log.exists, within=60)
        await call.hang_up()
        await until(lambda: any("HOTLINE_END" in line.text for line in lines(log)), within=60)
        found, after = ends(exchange, bookmark)
        assert found == [going_on.call]
        assert after >= 2 * SPAN
        await until(lambda: is_whole(going_on.path), within=60)

        texts = [line.text for line in lines(log)]
        (whole,) = reconcile(*read_from(log, 0), dt.datetime.now(dt.UTC)).calls
        assert (whole.agent, whole.call) == ("1001", going_on.call)
        assert whole.wait_s is not None

        pack(places, after)
        assert [part.path.name for part in parts_of(log)] == [
            "queue_log.000000.gz",
            "queue_log.000001.gz",
            "queue_log",
        ]
        assert [line.text for line in lines(log)] == texts
        drop_old(
            places, Keep(records_days=1), after, now=dt.datetime.now(dt.UTC).timestamp() + 10**6
        )
        assert [part.number for part in parts_of(log)] == [1, 2]


def lines(log: Path) -> tuple[LogLine, ...]:
    return read_from(log, 0)[0]


async def test_a_call_after_the_call_records_were_put_away_is_recorded_again(
    tmp_path: Path,
) -> None:
    async with running_exchange(tmp_path) as exchange, exchange.citizen() as citizen:
        places = LogPlaces(exchange.plan.places.run, tmp_path / "log", tmp_path / "log" / ".mark")

        async def calls_once() -> None:
            call = await citizen.call("12345")
            await call.answered()
            await asyncio.sleep(0.2)
            await call.hang_up()
            await until(lambda: places.cdr.exists() and places.cdr.stat().st_size > 0, within=60)

        await calls_once()
        away = await a_week_later(places)
        (first,) = [path for path in away if path.name.startswith("Master.csv")]
        assert not places.cdr.exists()
        await calls_once()
        assert first.read_text().count("\n") == places.cdr.read_text().count("\n") == 1
