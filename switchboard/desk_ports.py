"""The desk's ports, filled."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agent_desk.desk_settings import DeskSettings
from agent_desk.ports import DeskPorts
from agent_desk.views import BoardNow
from ivr.ami import Ami
from ledger.store import Ledger
from switchboard.addresses import bracketed
from switchboard.bulk import DeskBulk
from switchboard.calling_out import CallingOut
from switchboard.centre_room import StandInCentre
from switchboard.city_page import DeskCities
from switchboard.clock import utc_now
from switchboard.conductor import Conductor
from switchboard.desk_access import DeskAccess
from switchboard.desk_accounts import DeskAccounts
from switchboard.desk_acts import BrowserTelephones, DeskActs
from switchboard.desk_asks import DeskAsks
from switchboard.desk_attachments import DeskAttachments, shelf_of
from switchboard.desk_calls import DeskCalls
from switchboard.desk_follow_ups import DeskFollowUps
from switchboard.desk_handling import DeskHandling
from switchboard.desk_knowledge import DeskKnowledge
from switchboard.desk_knowledge_editing import DeskEditing
from switchboard.desk_knowledge_reading import DeskKnowledgeReading
from switchboard.desk_knowledge_work import DeskKnowledgeWork
from switchboard.desk_recordings import DeskRecordings
from switchboard.desk_repeats import DeskIntake
from switchboard.desk_return_calls import DeskReturnCalls
from switchboard.desk_supervision import DeskSupervision
from switchboard.desk_tickets import DeskTickets
from switchboard.desk_units import DeskUnits, DeskUsers
from switchboard.directory_page import DeskDirectory
from switchboard.health import Health
from switchboard.installation import Installation
from switchboard.keeping import Keeper, KeptHealth
from switchboard.knowledge_door import UnitsDoor
from switchboard.knowledge_live import LiveNotices
from switchboard.learning import DeskLearning
from switchboard.live import Live
from switchboard.opened_search import OpenedSearch
from switchboard.papers import DeskPapers
from switchboard.portal import DeskPortal
from switchboard.rating_acts import RatingActs
from switchboard.sms_door import SmsDoor
from switchboard.sms_replies import Replies


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of the process that pages reach."""

    here: Installation
    ledger: Ledger
    live: Live
    conductor: Conductor
    settings: DeskSettings
    ami: Ami
    search: OpenedSearch
    keeper: Keeper
    notices: LiveNotices
    learning: DeskLearning


def desk_ports(parts: Parts) -> DeskPorts:
    """Everything the desk is plugged into, from the ledger, the live World and the exchange."""
    here, ledger, live, conductor = parts.here, parts.ledger, parts.live, parts.conductor
    calls = DeskCalls(ledger, live.world, live)
    back = _return_calls(here, ledger, conductor, live)
    handlings = _handlings(here, ledger)
    articles = DeskKnowledge(ledger, policy=here.policy, calendar=here.packs.calendar)
    reading = DeskKnowledgeReading(ledger, parts.search)
    return DeskPorts(
        accounts=_accounts(ledger, parts.settings),
        tickets=_tickets(here, ledger),
        directory=DeskDirectory(ledger, here.policy),
        asks=DeskAsks(ledger),
        attachments=DeskAttachments(ledger, shelf_of(here)),
        papers=DeskPapers(ledger, here.settings, policy=here.policy, calendar=here.packs.calendar),
        supervision=_supervision(here, ledger),
        cities=DeskCities(here.packs, here.city),
        access=DeskAccess(ledger, here.policy),
        portal=DeskPortal(ledger, here.policy, here.packs.calendar),
        unit_book=DeskUnits(ledger, here.policy, utc_now),
        user_book=DeskUsers(ledger),
        handlings=handlings,
        views=ledger.tickets.views,
        bulk=DeskBulk(ledger, handlings, here.policy),
        intakes=DeskIntake(ledger, here.policy),
        knowledge=articles,
        knowledge_reading=reading,
        knowledge_work=_knowledge_work(here, ledger, articles),
        knowledge_editing=_knowledge_editing(here, ledger, reading, parts.search),
        knowledge_door=UnitsDoor(ledger),
        learning=parts.learning,
        notices=parts.notices,
        calls=calls,
        return_calls=back,
        follow_ups=_follow_ups(here, ledger, conductor),
        replies=_replies(here, ledger),
        recordings=DeskRecordings(here.settings, ledger, live, utc_now),
        live=live,
        board=_BoardNow(live, calls, back),
        acts=DeskActs(conductor, utc_now),
        telephones=_telephones(here),
        centre=StandInCentre(here.settings.data, stand_in=not here.places["emergency_live"]),
        doctor=_doctor(parts),
        now=utc_now,
    )


def _doctor(parts: Parts) -> KeptHealth:
    here, ami, search = parts.here, parts.ami, parts.search
    health = Health(here.settings, parts.ledger, parts.live, ami.act, search)
    return KeptHealth(health, parts.keeper)


def _accounts(ledger: Ledger, settings: DeskSettings) -> DeskAccounts:
    idle_s, absolute_s = settings.idle_s, settings.absolute_s
    return DeskAccounts(ledger.accounts, idle_s=idle_s, absolute_s=absolute_s)


def _tickets(here: Installation, ledger: Ledger) -> DeskTickets:
    return DeskTickets(
        ledger,
        city=here.city,
        body=here.policy(utc_now()).line.name.value or here.city,
        policy=here.policy,
        calendar=here.packs.calendar,
        messages=here.site.sms.gateway != "none",
    )


def _supervision(here: Installation, ledger: Ledger) -> DeskSupervision:
    body = here.policy(utc_now()).line.name.value or here.city
    return DeskSupervision(ledger, body=body, policy=here.policy)


def _knowledge_work(
    here: Installation, ledger: Ledger, articles: DeskKnowledge
) -> DeskKnowledgeWork:
    calendar = here.packs.calendar
    return DeskKnowledgeWork(ledger, articles, policy=here.policy, calendar=calendar)


def _knowledge_editing(
    here: Installation, ledger: Ledger, reading: DeskKnowledgeReading, search: OpenedSearch
) -> DeskEditing:
    return DeskEditing(
        ledger,
        policy=here.policy,
        calendar=here.packs.calendar,
        search=search,
        expiring=reading.expiring,
    )


def _handlings(here: Installation, ledger: Ledger) -> DeskHandling:
    return DeskHandling(
        ledger,
        body=here.policy(utc_now()).line.name.value or here.city,
        policy=here.policy,
        calendar=here.packs.calendar,
        messages=here.site.sms.gateway != "none",
    )


def _return_calls(
    here: Installation, ledger: Ledger, conductor: Conductor, live: Live
) -> DeskReturnCalls:
    zone, line_out = here.policy(utc_now()).zone, bool(here.places.get("carrier_port"))
    return DeskReturnCalls(ledger, conductor, live.roster, utc_now, zone, line_out=line_out)


def _replies(here: Installation, ledger: Ledger) -> SmsDoor:
    replies = Replies(ledger, rating_acts(here, ledger), utc_now)
    return SmsDoor(replies, here.site.sms.reply_secret, here.phone)


def _follow_ups(here: Installation, ledger: Ledger, conductor: Conductor) -> DeskFollowUps:
    acts = rating_acts(here, ledger)
    calling = CallingOut(conductor, utc_now, line_out=bool(here.places.get("carrier_port")))
    policy = here.policy(utc_now())
    line = policy.line.name.value or here.city
    return DeskFollowUps(ledger, acts, calling, line=line, policy=policy)


def rating_acts(here: Installation, ledger: Ledger) -> RatingActs:
    """What callers do to their tickets from outside."""
    line = here.policy(utc_now()).line.name.value or here.city
    return RatingActs(ledger, body=line, policy=here.policy, calendar=here.packs.calendar)


def _telephones(here: Installation) -> BrowserTelephones:
    host = bracketed(str(here.places["seat_host"]))
    return BrowserTelephones(here.secrets.web, str(here.places["ws_url"]), host)


class _BoardNow:
    """Implements :class:`agent_desk.ports.BoardSource`."""

    def __init__(self, live: Live, calls: DeskCalls, back: DeskReturnCalls) -> None:
        self._live = live
        self._calls = calls
        self._back = back

    async def board(self) -> BoardNow:
        counts = await self._back.counts()
        return replace(
            self._live.board_now(await self._calls.calls("lost", "today", 20)),
            return_calls=counts.open,
            return_emergencies=counts.emergencies,
        )
