"""Every open browser: what it is sent, in which order, and whether it arrived.

One bounded queue and one writer per browser, so that a tab that stopped reading holds up nobody
else (measured: a hub that awaits each send in turn freezes every desk at the first stalled tab).
TCP is no proof of delivery: reliable frames are numbered per agent and acknowledged by the page.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from agent_desk import wire
from agent_desk.aids import Answers, DraftShown, Evidence
from agent_desk.desk_settings import DeskSettings
from agent_desk.lines import Browser, Line, Stall
from agent_desk.notices_beside import NoticesBeside
from agent_desk.one_desk import KEPT_FORMS, OneDesk, pop_of
from agent_desk.ports import DeskPorts
from agent_desk.said import Said
from agent_desk.shield import caller_of
from agent_desk.ticket_views import TicketSaved
from agent_desk.views import CallCard, Linkage, Person
from hotline.effects import (
    Effect,
    EndPop,
    HandOver,
    PauseSeat,
    PlaceReturnCall,
    PopScreen,
    ReconcileLog,
    RememberCaller,
    ShowAgent,
    ShowBoard,
    ShowEmergency,
    ShowGap,
    UnpauseSeat,
    WithdrawPop,
)
from hotline.words import AgentId, CallId

log = logging.getLogger(__name__)

_KEPT_NOTICES = 50
_NOTICE_AGE_S = 600.0
_BOARD_AT_LEAST_EVERY_S = 5.0
_LOOK_UP_S = 5.0


class DeskScreens:
    """:class:`hotline.ports.Screens` for every desk and board. One per process.

    ``show`` never blocks and never raises. ``run`` must be running (the app's lifespan does it).
    """

    def __init__(self, ports: DeskPorts, settings: DeskSettings) -> None:
        self._ports = ports
        self._ack_within = settings.ack_within_s
        self._give_up_after = settings.give_up_after_s
        self.epoch = secrets.token_hex(8)
        self._desks: dict[AgentId, OneDesk] = {}
        self._boards: set[Browser] = set()
        self._notices: deque[tuple[float, wire.Notice]] = deque(maxlen=_KEPT_NOTICES)
        self._board_due = True
        self._board_painted = 0.0
        self._strip = ""
        self._look_ups: set[asyncio.Task[None]] = set()
        self._beside = NoticesBeside(ports)

    # --------------------------------------------------------------------------- from the rules

    def show(self, effect: Effect) -> None:
        """Carry one effect to the screens. A fault in here is logged, never raised: it must not
        stop the conductor."""
        try:
            self._show(effect)
        except Exception:
            log.exception("screen effect failed", extra={"effect": type(effect).__name__})

    def _show(self, effect: Effect) -> None:
        match effect:
            case PopScreen():
                self._pop(effect)
            case WithdrawPop():
                self._withdraw(effect)
            case EndPop():
                self._end(effect)
            case ShowAgent():
                self._show_agent(effect.agent)
            case ShowEmergency():
                self._show_emergency(effect)
            case ShowBoard():
                self._board_due = True
            case ShowGap():
                self._board_due = True
                gap = wire.Gap(open=effect.open, since=self._ports.live.gap_since())
                for desk in self._desks.values():
                    desk.line.push(gap)
            case HandOver() | PauseSeat() | UnpauseSeat() | PlaceReturnCall():
                pass  # the exchange does these
            case RememberCaller() | ReconcileLog():
                pass  # the ledger and the bridge
            case _:
                assert_never(effect)

    def _pop(self, effect: PopScreen) -> None:
        desk = self._desk(effect.agent)
        card = self._ports.live.card(effect.call, effect.agent)
        if card is None:
            return
        self._paint(desk, replace(card, stage=effect.stage))

    def _paint(self, desk: OneDesk, card: CallCard) -> None:
        old = desk.pops.get(card.call)
        if old is not None and old.stage == card.stage:
            return
        desk.keep_few_forms()
        desk.pops[card.call] = pop = pop_of(card, desk.histories.get(card.call))
        desk.line.push(pop)
        self._start_look_up(desk, card)

    def _start_look_up(self, desk: OneDesk, card: CallCard) -> None:
        if card.call in desk.histories or card.caller.withheld:
            return
        task = asyncio.get_running_loop().create_task(self._look_up(desk, card))
        self._look_ups.add(task)
        task.add_done_callback(self._look_ups.discard)

    async def _look_up(self, desk: OneDesk, card: CallCard) -> None:
        try:
            async with asyncio.timeout(_LOOK_UP_S):
                history = await self._ports.calls.history(card.caller, but=card.call)
        except Exception:
            log.exception("history not found", extra={"call": card.call})
            return
        pop = desk.pops.get(card.call)
        if pop is None:
            return
        desk.histories[card.call] = history
        desk.pops[card.call] = known = replace(pop, caller=caller_of(card, history))
        desk.line.push(known)
        await self._beside.at_pop(desk, card)

    def _withdraw(self, effect: WithdrawPop) -> None:
        desk = self._desk(effect.agent)
        if effect.call not in desk.pops:
            return
        desk.forget(effect.call)
        id = wire.pop_id(effect.call, effect.agent)
        desk.line.push(wire.PopWithdrawn(pop_id=id, call=effect.call, why=effect.why))

    def _end(self, effect: EndPop) -> None:
        desk = self._desk(effect.agent)
        pop = desk.pops.get(effect.call)
        if pop is None or pop.stage == "ended":
            return
        desk.pops[effect.call] = replace(pop, stage="ended", since=self._ports.now())
        desk.line.push(wire.PopEnded(pop_id=pop.pop_id, call=effect.call))

    def _show_agent(self, agent: AgentId) -> None:
        self._board_due = True
        seat = self._ports.live.seat(agent)
        if seat is not None:
            self._desk(agent).line.push(wire.AgentShown(seat=seat))

    def _show_emergency(self, effect: ShowEmergency) -> None:
        self._board_due = True
        linkage = self._ports.live.linkage(effect.call)
        shown = [desk for desk in self._desks.values() if effect.call in desk.emergencies]
        if linkage is not None and effect.agent is not None:
            own = self._desk(effect.agent)
            shown = [own, *(desk for desk in shown if desk is not own)]
        for desk in shown:
            known = linkage
            if known is None:  # the call is over
                known = replace(desk.emergencies[effect.call], ended_at=self._ports.now())
            self._paint_emergency(desk, known)

    @staticmethod
    def _paint_emergency(desk: OneDesk, linkage: Linkage) -> None:
        desk.emergencies[linkage.call] = linkage
        while len(desk.emergencies) > KEPT_FORMS:
            desk.emergencies.pop(next(iter(desk.emergencies)))
        if linkage.call in desk.pops:
            desk.pops[linkage.call] = replace(desk.pops[linkage.call], emergency=linkage)
        desk.line.push(wire.EmergencyShown(emergency=linkage))

    def said(self, agent: AgentId, said: Said) -> None:
        """Live words for the agent who has the call. Partials may be lost, finals are not; one
        that is here already (the call came back to this desk) is not told again."""
        desk = self._desk(agent)
        if said.final and said not in desk.words:
            desk.words.append(said)
            desk.line.push(said)
        elif not said.final and desk.line.browser is not None:
            desk.line.browser.send_latest(f"said {said.leg}", wire.to_json(said))

    def aid(self, agent: AgentId, aid: DraftShown | Answers) -> None:
        """The draft or the answers of a call this agent has. The last one wins."""
        desk = self._desk(agent)
        desk.aid(aid)
        self._beside.follow(desk, aid)

    def urgent_changed(self) -> None:
        """What is urgent is other than it was: every desk shows it at once."""
        for agent, desk in self._desks.items():
            desk.urgent(self._ports.notices.urgent_for(agent))

    def proven(
        self, agent: AgentId, call: CallId, evidence: Iterable[Evidence]
    ) -> tuple[Evidence, ...]:
        """What of this evidence was really said on this call."""
        return self._desk(agent).proven(call, evidence)

    def saved(self, agent: AgentId, call: CallId | None, ticket: TicketSaved) -> None:
        """A ticket of this agent is committed; its form is done."""
        desk = self._desk(agent)
        if call is not None:
            self.leave(agent, call)
        kind, due, said = ticket.type, ticket.due, ticket.said
        number = ticket.number
        desk.line.push(wire.Saved(number=number, ticket_type=kind, call=call, due=due, said=said))

    # ----------------------------------------------------------------------------- with a browser

    def hello(self, person: Person) -> str:
        """The first frame of a socket."""
        desk = self._desks.get(person.agent) if person.agent else None
        return wire.to_json(
            wire.Hello(
                epoch=self.epoch,
                last_seq=desk.line.seq if desk else 0,
                now=self._ports.now(),
                roles=tuple(sorted(person.roles)),
                name=person.name,
                agent=person.agent,
                ack_within_ms=round(self._ack_within * 1000),
            )
        )

    def resume(self, agent: AgentId, name: str, browser: Browser, asked: wire.Resume) -> None:
        """This browser is the agent's telephone tab from now on. It gets what it missed, or the
        whole picture; the tab that was it before is told."""
        desk = self._desk(agent)
        desk.name = name
        desk.line.attach(browser)
        if asked.epoch != self.epoch or not desk.line.replay(asked.last_seq):
            desk.line.start_anew(self.picture(agent))
        desk.send_aids()
        desk.urgent(self._ports.notices.urgent_for(agent))
        browser.send_latest("strip", wire.to_json(wire.Strip(strip=self._ports.live.strip())))

    def ack(self, agent: AgentId, browser: Browser, seq: int) -> None:
        """Everything up to ``seq`` is painted in this browser."""
        self._desk(agent).line.ack(browser, seq)

    def leave(self, agent: AgentId, call: CallId) -> None:
        """The form of an ended call is done with; that of a live call stays."""
        desk = self._desk(agent)
        pop = desk.pops.get(call)
        if pop is not None and pop.stage == "ended":
            desk.forget(call)

    def gone(self, agent: AgentId, browser: Browser) -> None:
        """The socket closed."""
        self._desk(agent).line.detach(browser)

    def picture(self, agent: AgentId) -> wire.Picture:
        """The whole state of one desk as it is now. Calls that live but were never popped here
        (we were restarted) are in it; rings that are over are not."""
        desk = self._desk(agent)
        live = self._ports.live
        cards = {card.call: card for card in live.cards(agent)}
        for call, pop in tuple(desk.pops.items()):
            if pop.stage == "ringing" and call not in cards:
                desk.forget(call)
        for call, card in cards.items():
            old = desk.pops.get(call)
            if old is None or old.stage != card.stage:
                desk.pops[call] = pop_of(card, desk.histories.get(call))
                self._start_look_up(desk, card)
        since = live.gap_since()
        return wire.Picture(
            seat=live.seat(agent),
            pops=tuple(desk.pops.values()),
            emergencies=tuple(desk.emergencies.values()),
            strip=live.strip(),
            gap=wire.Gap(open=since is not None, since=since),
            words=tuple(desk.words),
        )

    async def open_board(self, browser: Browser) -> None:
        """Paint this board now, and again until :meth:`close_board`."""
        self._boards.add(browser)
        self._board_due = True
        try:
            browser.send_latest("board", await self._board_frame())
        except Exception:
            log.exception("board not painted")

    def close_board(self, browser: Browser) -> None:
        """The board's socket closed."""
        self._boards.discard(browser)

    def notice(self, message: wire.Notice) -> None:
        """Tell every supervisor's board, at once and for ten minutes."""
        self._notices.append((self._ports.monotonic(), message))
        self._board_due = True
        frame = wire.to_json(message)
        for board in self._boards:
            board.send(frame)

    def notices(self) -> tuple[wire.Notice, ...]:
        """Those of the last ten minutes, oldest first."""
        oldest = self._ports.monotonic() - _NOTICE_AGE_S
        return tuple(message for at, message in self._notices if at >= oldest)

    # ------------------------------------------------------------------------------ by the clock

    async def run(self) -> None:
        """Repaint boards and strips once a second and look after acknowledgements, until
        cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._repaint_for_ever())
            tasks.create_task(self._chase_for_ever())

    async def _repaint_for_ever(self) -> None:
        while True:
            try:
                self._repaint_strips()
                await self._repaint_boards()
            except Exception:
                log.exception("repainting failed")
            await asyncio.sleep(1.0)

    def _repaint_strips(self) -> None:
        frame = wire.to_json(wire.Strip(strip=self._ports.live.strip()))
        if frame == self._strip:
            return
        self._strip = frame
        for desk in self._desks.values():
            if desk.line.browser is not None:
                desk.line.browser.send_latest("strip", frame)

    async def _repaint_boards(self) -> None:
        age = self._ports.monotonic() - self._board_painted
        if not self._boards or not (self._board_due or age >= _BOARD_AT_LEAST_EVERY_S):
            return
        self._board_due = False
        frame = await self._board_frame()
        self._board_painted = self._ports.monotonic()
        for browser in self._boards:
            browser.send_latest("board", frame)

    async def _board_frame(self) -> str:
        async with asyncio.timeout(_LOOK_UP_S):
            board = await self._ports.board.board()
        return wire.to_json(wire.Board(board=board, notices=self.notices()))

    async def _chase_for_ever(self) -> None:
        while True:
            await asyncio.sleep(min(0.25, self._ack_within / 4))
            for desk in tuple(self._desks.values()):
                try:
                    self._chase(desk)
                except Exception:  # whatever it was, the others' pops must still be chased
                    log.exception("desk not chased", extra={"agent": desk.line.agent})

    def _chase(self, desk: OneDesk) -> None:
        stall = desk.line.chase(ack_within=self._ack_within, give_up_after=self._give_up_after)
        if stall is Stall.NONE:
            return
        first = stall is Stall.FIRST
        agent = desk.line.agent
        log.warning("desk does not acknowledge", extra={"agent": agent, "given_up": not first})
        what = "没有回应，已重发" if first else "一直没有回应，已断开让它重连"
        self.notice(
            wire.Notice(
                kind="unacknowledged" if first else "slow-browser",
                at=self._ports.now(),
                agent=agent,
                call=next((c for c, p in desk.pops.items() if p.stage != "ended"), None),
                text=f"{desk.name} {agent} 的坐席台{what}。电话不受影响，请看一下该席位",
            )
        )

    def _desk(self, agent: AgentId) -> OneDesk:
        desk = self._desks.get(agent)
        if desk is None:
            desk = self._desks[agent] = OneDesk(Line(agent, self._ports.monotonic))
        return desk
