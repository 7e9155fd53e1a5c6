"""``./jiesu replay``: fold the journal by ``evolve`` up to any second, and give the hash of it.

Only facts are journalled, and replay uses nothing but ``evolve``: new rules, models and packs do
not change the past. The same second always gives the same hash, by all facts or by a snapshot and
the facts after it. Tickets are folded from their own streams and compared with their kept state
(:mod:`switchboard.replay_tickets`). What today's rules would have decided is not asked here: they
decide on events, and events are not kept.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hotline import metrics
from hotline.errors import BadInput, HotlineError
from hotline.policy import ZONE
from hotline.world import World, evolve
from ledger.store import open_ledger
from ledger.stream import Recorded, Snapshot, Streams, digest
from switchboard.refusals import Refusal
from switchboard.replay_tickets import in_words, plain_tickets, replay_tickets
from switchboard.secrets_file import load_secrets
from switchboard.settings import Settings
from switchboard.site import load_site
from switchboard.terminal import tell
from switchboard.versions import CODE_VERSION
from switchboard.world_json import body_of, world_of

SHORT_S: Final = 5.0


class NothingToReplay(Refusal):
    """One Chinese sentence: there is no journal here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The World after the facts up to a moment. ``seq`` is the number of the last of ``facts``,
    ``at`` when it was received; ``snapshot`` what a start would have begun with, None without one.
    """

    world: World
    facts: int
    seq: int
    at: dt.datetime | None
    hash: str
    snapshot: FromSnapshot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FromSnapshot:
    """The same second by a snapshot and the facts after it; an empty hash where they do not fit
    together at all."""

    seq: int
    facts: int
    hash: str


async def fold(facts: AsyncIterable[Recorded], world: World | None = None) -> Replayed:
    """Fold recorded facts in their order."""
    world, count, seq, at = world or World(), 0, 0, None
    async for one in facts:
        world = evolve(world, one.fact)  # type: ignore[arg-type]  # this stream holds calls only
        count, seq, at = count + 1, one.seq, one.received_at
    return Replayed(world=world, facts=count, seq=seq, at=at, hash=digest(body_of(world)))


async def replay(streams: Streams, until: dt.datetime | None = None) -> Replayed:
    """All facts received up to ``until``, and beside them the newest snapshot that is not later."""
    whole = await fold(streams.read(until=until))
    snapshot = await _newest(streams, whole.seq)
    if snapshot is None:
        return whole
    try:
        tail = await fold(streams.read(snapshot.seq + 1, until=until), world_of(snapshot.body))
        beside = FromSnapshot(seq=snapshot.seq, facts=tail.facts, hash=tail.hash)
    except (HotlineError, KeyError):
        beside = FromSnapshot(seq=snapshot.seq, facts=0, hash="")
    return Replayed(
        world=whole.world,
        facts=whole.facts,
        seq=whole.seq,
        at=whole.at,
        hash=whole.hash,
        snapshot=beside,
    )


async def _newest(streams: Streams, seq: int) -> Snapshot | None:
    for snapshot in await streams.snapshots(limit=10):
        if snapshot.seq <= seq:
            try:
                world_of(snapshot.body)
            except (ValueError, TypeError, KeyError):
                continue  # of a release whose World had another shape; a start leaves it out too
            return snapshot
    return None


def moment(raw: str) -> dt.datetime:
    """A typed time; without an offset it is meant in the zone of the law. The second is whole:
    facts of that very second belong to it. Raises BadInput."""
    try:
        at = dt.datetime.fromisoformat(raw.strip())
    except ValueError:
        raise BadInput("until", f"看不懂时间“{raw}”，请写成 2026-09-25T10:00:00") from None
    at = at.replace(tzinfo=ZONE) if at.tzinfo is None else at
    return at if at.microsecond else at.replace(microsecond=999_999)


async def command(settings: Settings, until: str | None, *, as_json: bool) -> int:
    """Print the replay; 1 when snapshot and facts disagree."""
    site = load_site(settings.site_file)
    url = settings.database_url(site.database.url)
    if not site.database.url and not settings.database_file.exists():
        raise NothingToReplay(f"{settings.data} 还没有数据库：请先运行 ./jiesu up。")
    async with open_ledger(
        url,
        field_key=load_secrets(settings.secrets_file).field_key,
        clock=_now,
        code_version=CODE_VERSION,
        city=_city(settings.data),
    ) as ledger:
        end = moment(until) if until else None
        done = await replay(ledger.streams, end)
        tickets = await replay_tickets(ledger, _city(settings.data), end)
    if as_json:
        body = {**plain(done), "tickets": plain_tickets(tickets)}
        tell(json.dumps(body, ensure_ascii=False, indent=1))
    else:
        tell(_in_words(done))
        if tickets.tickets:
            tell(in_words(tickets))
    same = done.snapshot is None or done.snapshot.hash == done.hash
    return 0 if same and not tickets.differing and not tickets.groundless else 1


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _city(data: Path) -> str:
    file = data / "city"
    return file.read_text("utf-8").strip() if file.exists() else ""


def plain(done: Replayed) -> dict[str, Any]:
    """The replay as JSON: counts are of the day of the last fact, up to it."""
    snapshot = done.snapshot
    return {
        "facts": done.facts,
        "seq": done.seq,
        "at": done.at.isoformat() if done.at else None,
        "hash": done.hash,
        "snapshot": None
        if snapshot is None
        else {
            "seq": snapshot.seq,
            "facts_after": snapshot.facts,
            "hash": snapshot.hash,
            "same": snapshot.hash == done.hash,
        },
        "calls": len(done.world.calls),
        "board": _board(done),
    }


def _board(done: Replayed) -> dict[str, int]:
    if done.at is None:
        return {}
    start = metrics.day_start(done.at, ZONE)
    today = metrics.between(done.world.board, start, start + dt.timedelta(days=1))
    count = metrics.count(today, short_s=SHORT_S)
    return {
        "offered": count.offered,
        "answered": count.answered,
        "lost": count.lost,
        "greeting_hang_up": count.greeting_hang_ups,
        "emergency": count.emergencies,
    }


def _in_words(done: Replayed) -> str:
    if done.at is None:
        return "日志中到这一刻还没有事实。"
    board = _board(done)
    where = f"{done.at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"
    counted = (
        f"进线 {board['offered']}，接通 {board['answered']}，呼损 {board['lost']}，"
        f"开场语中挂断 {board['greeting_hang_up']}，转紧急 {board['emergency']}"
    )
    lines = [
        f"回放到 {where}：{done.facts} 条事实，最后是第 {done.seq} 条。",
        f"哈希 {done.hash}",
        f"当日：{counted}；此刻通话 {len(done.world.calls)}。",
    ]
    if done.snapshot is None:
        lines.append("此前没有快照可对照。")
    else:
        same = "相同" if done.snapshot.hash == done.hash else "不同！请保留数据并报告这个错误"
        lines.append(
            f"从第 {done.snapshot.seq} 条的快照接着回放 {done.snapshot.facts} 条：{same}。"
        )
    return "\n".join(lines)
