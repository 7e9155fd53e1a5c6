"""A served town with the real rules and a ledger behind its tickets: what people do is done."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from agent_desk.views import Person
from hotline.words import Draft, Role, TicketId, TicketType, UnitId
from ledger.store import Ledger, open_ledger
from ledger.units import Unit
from switchboard import policies
from switchboard.city_page import DeskCities
from switchboard.desk_access import DeskAccess
from switchboard.desk_asks import DeskAsks
from switchboard.desk_handling import DeskHandling
from switchboard.desk_supervision import DeskSupervision
from switchboard.desk_tickets import DeskTickets
from switchboard.portal import DeskPortal
from switchboard.sweeper import Sweeper
from tests.agent_desk.fakes import MORNING, PEOPLE, Town
from tests.browser.kit import Place, served
from tests.ledger.laid import lay

PACKS: Final = policies.load()
BOSS, OFFICER = PEOPLE[Role.SUPERVISOR], PEOPLE[Role.OFFICER]
CG: Final = UnitId("cg")
LONG: Final = "恒裕花园五栋楼下工地每天夜里十一点以后仍在打桩，" * 6
SUMMARIES: Final = (
    "恒裕花园五栋楼下夜间打桩",
    "建设路与文明路口占道经营多次反弹，晚高峰行人只能走机动车道，已经反映过两次",
    LONG,
    "小区垃圾三天没有清运",
    "停车场出入口标线不清",
)


@dataclass(slots=True)
class Office:
    """The served town, with a ledger behind its tickets and its supervision."""

    place: Place
    ledger: Ledger
    handling: DeskHandling
    desk: DeskSupervision
    people: Mapping[str, Person]
    """By log-in, as the ledger knows them."""

    async def does(self, who: Person, number: TicketId, act: str, **form: Any) -> None:
        """An act as its form would send it, at the town's time."""
        at = self.place.town.ports().now()
        who = self.people[who.login]
        now = await self.handling.now(number, who, at)
        typed = {
            name.replace("_", "-"): value if isinstance(value, list) else [value]
            for name, value in form.items()
        }
        await self.handling.act(number, act, typed, who=who, version=now.version, at=at)


@asynccontextmanager
async def office(
    tmp_path: Path, city: str = "guizhou", *, days: int = 20, summaries: Sequence[str] = SUMMARIES
) -> AsyncIterator[Office]:
    """A complaint of each summary, sent ``days`` before the morning of the town; what is overdue
    by then was raised by the clock."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'jiesu.db'}"
    await lay(url, tmp_path / "backups")
    clock = [MORNING - dt.timedelta(days=days)]

    def policy(moment: dt.datetime) -> Any:
        return PACKS.policy(city, moment.date())

    async with open_ledger(
        url, field_key=bytes(32), clock=lambda: clock[0], code_version="t", city=city
    ) as ledger:
        await ledger.units.put(
            [Unit(CG, "城市管理和综合执法局"), Unit(UnitId("zj"), "住房和城乡建设局")], by="t"
        )
        body = policy(MORNING).line.name.value or "12345热线"
        tickets = DeskTickets(ledger, city=city, body=body, policy=policy, calendar=PACKS.calendar)
        handling = DeskHandling(ledger, body=body, policy=policy, calendar=PACKS.calendar)
        desk = DeskSupervision(ledger, body=body, policy=policy)
        town: Any = Town()
        people = await known_people(town, ledger)
        town.tickets, town.handlings, town.supervision = tickets, handling, desk
        town.access, town.asks = DeskAccess(ledger, policy), DeskAsks(ledger)
        town.portal = DeskPortal(ledger, policy, PACKS.calendar)
        boss = people[BOSS.login]
        for number, summary in enumerate(summaries):
            draft = Draft(
                TicketType.COMPLAINT,
                summary,
                category="噪声扰民 / 建筑施工噪声",
                address="迎宾大道恒裕花园5栋2单元",
                contact="欧阳慧敏",
                phone=f"1380000{number:04d}",
            )
            saved = await tickets.save(draft, call=None, by=boss, key=f"k{number}", at=clock[0])
            now = await handling.now(saved.number, boss, clock[0])
            form = {"unit": ["cg"]}
            await handling.act(
                saved.number, "派单", form, who=boss, version=now.version, at=clock[0]
            )
        clock[0] = MORNING
        await Sweeper(ledger, policy=policy, calendar=PACKS.calendar, clock=lambda: clock[0]).turn()
        ports = town.ports()
        town.ports = lambda: replace(ports, cities=DeskCities(PACKS, city))
        async with served(town) as place:
            yield Office(place, ledger, handling, desk, people)


async def known_people(town: Town, ledger: Ledger) -> dict[str, Person]:
    """Everybody of the town, under the names the ledger has for them."""
    await town.people_move_in()
    found = {}
    for who in PEOPLE.values():
        user = await ledger.accounts.add_user(
            login=who.login,
            display_name=who.name,
            roles=who.roles,
            password_hash="-",
            by="t",
            unit=who.unit,
        )
        account = town.accounts.users.pop(who.id)
        found[who.login] = replace(who, id=user.id)
        town.accounts.add(found[who.login], account.password_hash)
    return found
