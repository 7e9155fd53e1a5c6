"""The Jiesu process: ``python -m switchboard.serve --data DIR``, started and watched by ``up``.

Exchange side (AMI bridge, conductor) and desk side (web, sockets) in one asyncio process. What it
needs to know stands in DATA: site.toml, secrets.json, run/state.json.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import logging
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from agent_desk.desk_settings import DeskSettings
from agent_desk.screens import DeskScreens
from agent_desk.web import build_app
from hotline.decide import CallRules
from hotline.effects import ShowAgent
from hotline.errors import HotlineError
from hotline.policy import Moment, Policy, action_at
from hotline.world import World, evolve
from ivr.ami import Ami
from ivr.ami_link import AmiAccess
from ivr.ami_reading import IGNORED
from ivr.phone import Hands
from ledger.journal import Trouble
from ledger.store import Ledger, open_ledger
from switchboard.aids import NoAids, RecordedDesks, helping
from switchboard.attachments_sealing import seal_older
from switchboard.background import kept_up
from switchboard.bridge import Bridge, tick
from switchboard.calendar_live import following
from switchboard.clock import utc_now
from switchboard.conductor import Conductor, Rooms
from switchboard.demonstration import DEMO_MARK
from switchboard.desk_attachments import shelf_of
from switchboard.desk_ports import Parts, desk_ports, rating_acts
from switchboard.desk_return_calls import expiring
from switchboard.exchange_plan import AMI_USER
from switchboard.installation import Installation
from switchboard.keeping import Keeper
from switchboard.knowledge_feed import KnowledgeFeed, LedgerArticles
from switchboard.knowledge_live import LiveNotices
from switchboard.learning import DeskLearning
from switchboard.listening import listening
from switchboard.live import Live
from switchboard.live_names import LiveNames
from switchboard.log_lines import unseen, write_logs
from switchboard.models import emergency_model
from switchboard.opened_search import OpenedSearch
from switchboard.sms_gateways import gateway_of
from switchboard.sms_sending import MessageSender
from switchboard.supervision_sweep import corrections_of
from switchboard.sweeper import Sweeper
from switchboard.versions import CODE_VERSION
from switchboard.web_door import WebDoor, origins, telephone_lines, trust
from switchboard.world_json import body_of, world_of

log = logging.getLogger(__name__)

SNAPSHOT_EVERY_S: Final = 300.0
WEB_ENDS_WITHIN_S: Final = 8.0


async def run(data: Path) -> None:
    """Serve until SIGTERM or SIGINT."""
    here = Installation.read(data)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(unseen)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(here):
        await stop.wait()


@contextlib.asynccontextmanager
async def serving(here: Installation) -> AsyncIterator[Conductor]:
    """The whole process between start and stop."""
    async with open_ledger(
        here.database_url,
        field_key=here.secrets.field_key,
        clock=utc_now,
        code_version=CODE_VERSION,
        city=here.city,
    ) as ledger:
        await ledger.journal.start("exchange", take_over=True)
        world, _ = await ledger.streams.restore(World(), evolve, world_of)
        await ledger.callers.warm(utc_now() - dt.timedelta(hours=25))
        wired = await _wire(here, ledger, world)
        ledger.journal.on_trouble = _on_trouble(ledger, wired.conductor)
        async with (
            _ears(here, wired, ledger) as rooms,
            wired.conductor.running(rooms),
            asyncio.TaskGroup() as group,
        ):
            # What the process is for: without either of them it ends, and `up` starts it again.
            bridge = group.create_task(wired.bridge.run(), name="bridge")
            web = group.create_task(wired.web.serve(), name="web")
            beside = [
                group.create_task(kept_up(name, part), name=name)
                for name, part in _beside(here, wired, ledger).items()
            ]
            try:
                yield wired.conductor
            finally:
                wired.web.end()
                await asyncio.wait([web], timeout=WEB_ENDS_WITHIN_S)
                for task in (bridge, web, *beside):
                    task.cancel()


def _beside(
    here: Installation, wired: Wired, ledger: Ledger
) -> Mapping[str, Callable[[], Awaitable[object]]]:
    """The parts without which calls are still answered, by name."""
    return {
        "ticker": lambda: tick(wired.conductor, utc_now),
        "snapshots": lambda: _snapshots(ledger, wired.conductor),
        "return-calls": lambda: expiring(ledger.return_calls),
        "keeper": wired.keeper.run,
        "sealing": lambda: seal_older(shelf_of(here)),
        "knowledge": wired.feed.run,
        "names": wired.names.keep,
        "sweeper": _sweeper(here, ledger).run,
        "messages": _messages(here, ledger).run,
        "calendar": lambda: following(ledger, here.policy, here.packs),
        "certificate": wired.web.keep_certificate,
    }


def _messages(here: Installation, ledger: Ledger) -> MessageSender:
    sms, line = here.site.sms, here.policy(utc_now()).line.name.value or here.city
    return MessageSender(
        ledger,
        rating_acts(here, ledger),
        gateway_of(sms, here.settings.data, utc_now),
        line=line,
        now=utc_now,
        give_up=dt.timedelta(hours=sms.give_up_h),
    )


def _sweeper(here: Installation, ledger: Ledger) -> Sweeper:
    return Sweeper(
        ledger,
        policy=here.policy,
        calendar=here.packs.calendar,
        clock=utc_now,
        knowledge=corrections_of(ledger),
    )


@contextlib.asynccontextmanager
async def _ears(here: Installation, wired: Wired, ledger: Ledger) -> AsyncIterator[Rooms]:
    """The rooms, with ears where the site wants them."""
    speech = here.speech
    if not speech.listen:
        yield wired.rooms
        return
    folder = Path(speech.model) if speech.model else None
    desks = RecordedDesks(wired.screens, ledger.shown, utc_now)
    async with (
        listening(
            wired.ami.act, emergency_model(), wired.conductor.put, desks, speech=folder
        ) as listener,
        helping(
            here.settings.data, wired.search, desks, wired.names.units, listener.aid, wired.learning
        ) as aids,
    ):
        listener.aids = aids
        try:
            yield replace(wired.rooms, watch=listener.watch)
        finally:
            listener.aids = NoAids()


@dataclass(frozen=True, slots=True)
class Wired:
    """The parts of the process, put together."""

    ami: Ami
    conductor: Conductor
    bridge: Bridge
    rooms: Rooms
    screens: DeskScreens
    search: OpenedSearch
    feed: KnowledgeFeed
    web: WebDoor
    keeper: Keeper
    learning: DeskLearning
    names: LiveNames


async def _wire(here: Installation, ledger: Ledger, world: World) -> Wired:
    access = AmiAccess("127.0.0.1", int(here.places["ami_port"]), AMI_USER, here.secrets.ami)
    ami = Ami(access, ignored=IGNORED, clock=utc_now)
    rules = call_rules(here.policy(utc_now()), wrap_up_s=here.site.queue.wrap_up_s)
    conductor = Conductor(world, rules)
    queue_log = here.settings.asterisk / "log" / "queue_log"
    marks, callers = ledger.bookmarks, ledger.callers
    bridge = Bridge(ami, conductor, queue_log, marks, utc_now, here.phone, callers)
    names = LiveNames(ledger)
    await names.look_again()
    live = _live(here, ledger, conductor, names)
    demo = await ledger.bookmarks.get(DEMO_MARK) is not None
    settings = _desk_settings(here, demo=demo)
    source = LedgerArticles(ledger, utc_now)
    search = OpenedSearch(here.settings.data / "search", source)
    notices = LiveNotices(ledger, utc_now, lambda agent: names.roster().name(agent))
    learning = DeskLearning(ledger, utc_now)
    keeper = Keeper(here.settings, here.site.keep, ledger, live.world, utc_now)
    ports = desk_ports(
        Parts(
            here=here,
            ledger=ledger,
            live=live,
            conductor=conductor,
            settings=settings,
            ami=ami,
            search=search,
            keeper=keeper,
            notices=notices,
            learning=learning,
        )
    )
    screens = notices.screens = DeskScreens(ports, settings)
    names.changed = lambda agent: screens.show(ShowAgent(agent=agent))
    feed = KnowledgeFeed(ledger, source, search, notices, utc_now)
    rooms = Rooms(
        exchange=Hands(ami.act),
        screens=screens,
        callers=ledger.callers,
        journal=ledger.journal,
        reconcile=bridge.look_again,
    )
    web = WebDoor(build_app(ports, settings, screens), here.settings, here.places)
    return Wired(ami, conductor, bridge, rooms, screens, search, feed, web, keeper, learning, names)


def _live(here: Installation, ledger: Ledger, conductor: Conductor, names: LiveNames) -> Live:
    return Live(
        world=lambda: conductor.world,
        policy=lambda: here.policy(utc_now()),
        roster=names.roster,
        caller=ledger.callers.of,
        now=utc_now,
        ring_s=here.site.queue.ring_s,
    )


def _desk_settings(here: Installation, *, demo: bool) -> DeskSettings:
    policy = here.policy(utc_now())
    return DeskSettings(
        city_name=policy.area,
        hotline_name=str(here.places["access_number"]),
        demo=demo,
        origins=origins(here.places),
        telephone_ws=telephone_lines(here.places),
        trust=trust(here.settings, here.places),
        version=CODE_VERSION,
        max_file=here.site.keep.attachment_mb << 20,
    )


def call_rules(policy: Policy, *, wrap_up_s: int) -> CallRules:
    """What the live rules need of a city's pack and of the site."""
    return CallRules(
        policy_version=policy.version,
        wrap_up_s=wrap_up_s,
        spoken={
            "greeting": action_at(policy, Moment.GREETING).known,
            "queue": action_at(policy, Moment.QUEUE).known,
            "agent": action_at(policy, Moment.AGENT).known,
        },
    )


async def _snapshots(ledger: Ledger, conductor: Conductor) -> None:
    """Now and then, so that a start needs the tail of the journal only."""
    while True:
        await asyncio.sleep(SNAPSHOT_EVERY_S)
        await _try_snapshot(ledger, conductor)


def _on_trouble(ledger: Ledger, conductor: Conductor) -> Callable[[Trouble], None]:
    """After facts were lost to a failing disk the World still knows what they made true: a
    snapshot brings the journal level with it."""
    tasks: set[asyncio.Task[None]] = set()

    def told(trouble: Trouble) -> None:
        about = {"kind": trouble.kind, "waiting": trouble.waiting, "lost": trouble.lost}
        log.warning("journal trouble", extra=about)
        if trouble.kind == "recovered" and trouble.lost:
            task = asyncio.get_running_loop().create_task(_try_snapshot(ledger, conductor))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    return told


async def _try_snapshot(ledger: Ledger, conductor: Conductor) -> None:
    try:
        await take_snapshot(ledger, conductor)
    except HotlineError as failing:
        # The next start reads a longer tail of the journal, and that is all.
        log.warning("snapshot not taken", extra={"kind": type(failing).__name__})


async def take_snapshot(ledger: Ledger, conductor: Conductor) -> None:
    """A World and the number of the last fact in it belong together: taken between two turns.
    Raises LedgerFailing, JournalGap, LeaseLost."""
    await conductor.written()
    world = conductor.world
    seq = await ledger.journal.append((), policy_version=conductor.rules.policy_version)
    if conductor.world is world:
        await ledger.streams.save_snapshot(seq, body_of(world))


def main() -> int:
    """The process's own command line."""
    parser = argparse.ArgumentParser(prog="jiesu serve")
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    write_logs()
    asyncio.run(run(options.data))
    return 0


if __name__ == "__main__":
    sys.exit(main())
