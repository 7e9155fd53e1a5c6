"""The one AMI client: panoramisk 1.4, with every fault of it that we know fenced here.

The fences, each with a test in tests/ivr/test_ami_fences.py that shows the fault on the bare
library: characters cut by a read are kept; CR, LF and NUL never reach the wire; actions that wait
when the link drops are refused, not sent again later; a raising callback neither closes the link
nor loses messages; messages come in order from one queue to one consumer; a half-open link is
noticed; a wrong password is said once and tried again slowly; acting before the link stands is a
clean refusal; ``close()`` ends the reconnecting; every action has a deadline and leaves nothing
behind; an endless frame ends the link at 1 MiB; an answer without ``Async`` breaks nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from hotline.errors import BadFrame, ExchangeRefused
from ivr.ami_frames import FrameSplitter, Message, checked, event_name, parse
from ivr.ami_link import AmiAccess, AmiTiming, Link, LinkState

_log = logging.getLogger(__name__)

TURN: Final = 200
"""Messages handled before everybody else in the process gets a turn."""


class _Refusal(Exception):
    """Asterisk does not accept our name and password."""


class _HardAction(Action):  # type: ignore[misc]  # panoramisk ships no types
    """An action whose answer is complete by Asterisk's own list marks and by nothing else.

    panoramisk guesses from the words of the answer: ``QueueAdd`` and ``Atxfer`` then wait for
    ever, ``Originate`` raises KeyError 'async' (gawel/panoramisk #66, #90, #97).
    """

    def add_message(self, message: Message) -> bool:
        self.responses.append(message)
        mark = message.get("EventList", "").lower()
        if len(self.responses) == 1:
            done = not (message.get("Response") == "Success" and mark == "start")
        else:
            done = mark in {"complete", "cancelled"} or message.get("Event", "").endswith(
                "Complete"
            )
        if done and not self.future.done():
            self.future.set_result(self.responses)
        return done


class _HardProtocol(AMIProtocol):  # type: ignore[misc]  # panoramisk ships no types
    """The wire. Its factory hook is panoramisk's own (``protocol_factory``)."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.splitter = FrameSplitter()

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.link.wire = self

    def data_received(self, data: bytes) -> None:
        link = self.link
        link.bytes_heard += len(data)
        received_at = link.clock()
        ignored = link.ignored
        try:
            frames = self.splitter.feed(data)
        except BadFrame:
            link.fail("a frame without an end")
            return
        for frame in frames:
            if event_name(frame) in ignored and not (self.responses and b"\r\nActionID: " in frame):
                continue
            self.take(parse(frame.lstrip(b"\r\n")), received_at)

    def take(self, message: Message, received_at: dt.datetime) -> None:
        action = self.responses.get(message.get("ActionID", ""))
        if action is not None:
            if action.add_message(message):
                self.responses.pop(action.id, None)
        elif "Event" in message:
            self.link.arrived(message, received_at)

    def connection_lost(self, exc: Exception | None) -> None:
        self.link.fail("the connection ended" if exc is None else "the connection broke")

    def pause(self) -> None:
        self.transport.pause_reading()

    def resume(self) -> None:
        self.transport.resume_reading()

    def close(self) -> None:
        self.closed = True
        for action in list(self.responses.values()):
            if not action.future.done():
                refusal = ExchangeRefused(action["Action"], "the link broke", retryable=True)
                action.future.set_exception(refusal)
                # Marked as seen: whoever waited has given up, or gets it all the same.
                action.future.exception()
        self.responses.clear()
        # Not close(): a half-open link would wait for ever to flush what it still holds.
        self.transport.abort()


class _HardSession(Manager):  # type: ignore[misc]  # panoramisk ships no types
    """One link's life. Never reconnects by itself: :meth:`Ami.run` does, until closed."""

    def connection_made(self, connected: asyncio.Future[Any]) -> None:
        if not connected.cancelled() and connected.exception() is None:
            super().connection_made(connected)

    def send_action(self, action: Message, as_list: Any = None, **_kwargs: Any) -> Any:
        return self.begin(action, as_list=as_list).future

    def begin(self, action: Message, as_list: Any = None) -> Any:
        """Send; the action with its future. Raises ExchangeRefused where there is no link."""
        if self.protocol is None or self.protocol.closed:
            raise ExchangeRefused(action["Action"], "there is no link", retryable=True)
        sent = _HardAction(action)
        self.protocol.send(sent, as_list=as_list)
        return sent

    def forget(self, action: Any) -> None:
        """No answer is expected any more."""
        self.protocol.responses.pop(action.id, None)

    def login(self, _future: asyncio.Future[Any]) -> None:
        """Ami waits for the answer itself."""

    def ping(self) -> None:
        """Ami watches the link itself: panoramisk never looks at the answers."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing: panoramisk would connect again here, closed or not."""


class Ami:
    """The link to Asterisk. ``run`` keeps it, ``act`` uses it.

    ``ignored`` are names of events nobody needs: they are dropped before they are parsed (four
    fifths of the cost of an event is its parsing). ``clock`` gives aware times.
    """

    def __init__(
        self,
        access: AmiAccess,
        *,
        ignored: Collection[str] = (),
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        timing: AmiTiming | None = None,
    ) -> None:
        self._access = access
        self._ignored = frozenset(name.encode() for name in ignored)
        self._clock = clock
        self._timing = timing or AmiTiming()
        self._closing = asyncio.Event()
        self._link: Link | None = None
        self._session: _HardSession | None = None
        self._refused_since: float | None = None
        self._refused = False
        self.state = LinkState.OFF

    async def run(
        self,
        on_message: Callable[[Message, dt.datetime], None],
        on_up: Callable[[], Awaitable[None]],
        on_down: Callable[[str], None],
    ) -> None:
        """Keep the link until :meth:`close`.

        ``on_up`` is awaited after every FullyBooted, to read the whole picture by ``act``; messages
        that arrive meanwhile are kept and come after it. ``on_message`` then gets every message in
        the order of the wire, one at a time. ``on_down`` gets the reason (English, for the log)
        once for every ``on_up`` that was begun, after the last message. Nothing they raise breaks
        the link, except that a failing ``on_up`` starts it afresh.
        """
        pause = self._timing.retry_first
        try:
            while not self._closing.is_set():
                try:
                    was_up = await self._one_link(on_message, on_up, on_down)
                    pause = self._timing.retry_first if was_up else self._longer(pause)
                except _Refusal:
                    pause = self._after_refusal()
                except (OSError, TimeoutError, ExchangeRefused) as error:
                    _log.debug("ami not reachable", extra={"error": type(error).__name__})
                    pause = self._longer(pause)
                await self._rest(pause)
        finally:
            self.state = LinkState.CLOSED

    async def act(self, action: Message, timeout: float = 5.0) -> list[Message]:
        """Send one action; its answer, then the entries of its list where it has one.

        Raises ExchangeRefused: not retryable for an unfit value (nothing is sent) or when Asterisk
        says no; retryable when there is no link, it breaks before the answer (the action may or
        may not have been carried out, and is never sent again by us) or no answer comes in time.
        ``Originate`` is always asynchronous: its outcome comes as an OriginateResponse event.
        """
        fit = checked(action)
        name = fit["Action"]
        if self._session is None or self.state is not LinkState.UP:
            why = "the password is refused" if self._refused else "there is no link"
            raise ExchangeRefused(name, why, retryable=not self._refused)
        if name.lower() == "originate":
            fit["Async"] = "true"
        answers = await _answer(self._session, fit, timeout)
        if answers[0].get("Response") not in {"Success", "Goodbye"}:
            reply = answers[0].get("Message", "no reason given")
            raise ExchangeRefused(name, reply, retryable=False)
        return answers

    def close(self) -> None:
        """End the link and the reconnecting, also in the middle of a back-off. ``run`` returns."""
        self._closing.set()
        if self._link is not None:
            self._link.fail("closed by us")

    async def _one_link(
        self,
        on_message: Callable[[Message, dt.datetime], None],
        on_up: Callable[[], Awaitable[None]],
        on_down: Callable[[str], None],
    ) -> bool:
        """Connect, log in, serve until lost. True when the link was up."""
        self.state = LinkState.CONNECTING
        self._link = link = Link(self._clock, self._ignored)
        self._session = session = self._new_session(link)
        watch: asyncio.Task[None] | None = None
        up = False
        try:
            async with asyncio.timeout(self._timing.connect_within):
                await session.connect()
                answer = (await session.authenticated_future)[0]
            if answer.get("Response") != "Success":
                raise _Refusal
            self._refused_since, self._refused = None, False
            self.state = LinkState.BOOTING
            watch = asyncio.create_task(self._watch(link, session))
            await link.booted.wait()
            up = not link.lost.done()
            if up:
                self.state = LinkState.UP
                _log.info("ami link up")
                await self._consume(link, on_message, on_up)
        finally:
            link.fail("closed by us")
            if watch is not None:
                watch.cancel()
            session.close()
            self._link = self._session = None
            self.state = LinkState.CLOSED if self._closing.is_set() else LinkState.WAITING
            if up:
                level = logging.INFO if self._closing.is_set() else logging.WARNING
                _log.log(level, "ami link lost", extra={"why": link.lost.result()})
                _guarded("on_down", on_down, link.lost.result())
        return up

    def _new_session(self, link: Link) -> _HardSession:
        access = self._access
        login = {"Action": "Login", "Username": access.username, "Secret": access.secret}
        checked(login)
        return _HardSession(
            host=access.host,
            port=access.port,
            username=access.username,
            secret=access.secret,
            loop=asyncio.get_running_loop(),
            log=_log,
            protocol_factory=lambda: _HardProtocol(link),
        )

    async def _consume(
        self,
        link: Link,
        on_message: Callable[[Message, dt.datetime], None],
        on_up: Callable[[], Awaitable[None]],
    ) -> None:
        """The picture first, then message after message until the link is lost and drained."""
        try:
            await on_up()
        except Exception as error:  # noqa: BLE001 - whatever it was, a fresh link reads it anew
            _log.warning("ami picture not read", extra=_where(error))
            link.fail("the picture could not be read")
        link.consuming = True
        handled = 0
        while link.inbox or not link.lost.done():
            if not link.inbox:
                link.mail.clear()
                await link.mail.wait()
                continue
            message, received_at = link.inbox.popleft()
            _guarded(message["Event"], on_message, message, received_at)
            link.drained()
            handled += 1
            if handled % TURN == 0:
                await asyncio.sleep(0)

    async def _watch(self, link: Link, session: _HardSession) -> None:
        """Ping by ping: a peer that neither answers nor says anything else in time is gone."""
        while not link.lost.done():
            await asyncio.sleep(self._timing.ping_every)
            heard = link.bytes_heard
            try:
                await _answer(session, {"Action": "Ping"}, self._timing.ping_within)
            except ExchangeRefused:
                # A turn for the reader: it may be us who were busy, not the peer who was silent.
                await asyncio.sleep(0.05)
                if link.bytes_heard == heard and not link.paused:
                    link.fail("the link went silent")

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)

    def _longer(self, pause: float) -> float:
        return min(pause * 2, self._timing.retry_most)

    def _after_refusal(self) -> float:
        """How long to wait after a refused login; says it once when it is certain."""
        now = asyncio.get_running_loop().time()
        if self._refused_since is None:
            self._refused_since = now
        if now - self._refused_since < self._timing.refused_within:
            return self._timing.refused_first
        if not self._refused:
            self._refused = True
            _log.error("ami login refused: user or secret is not the one Asterisk knows")
        self.state = LinkState.REFUSED
        return self._timing.refused_retry


async def _answer(session: _HardSession, action: Message, timeout: float) -> list[Message]:
    """Send and wait; leaves nothing behind whatever happens."""
    sent = session.begin(action)
    try:
        answers: list[Message] = await asyncio.wait_for(sent.future, timeout)
    except TimeoutError:
        raise ExchangeRefused(action["Action"], "no answer in time", retryable=True) from None
    finally:
        session.forget(sent)
    return answers


def _guarded(event: str, callback: Callable[..., None], *args: object) -> None:
    """Call what is not ours to trust: its fault is its own, the telephone keeps ringing."""
    try:
        callback(*args)
    except Exception as error:  # noqa: BLE001 - see above
        _log.error("ami callback failed", extra={"event_name": event, **_where(error)})


def _where(error: Exception) -> dict[str, str]:
    """Kind and place of an error, without its text, which may hold a number or a name."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "?" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    return {"error": type(error).__name__, "place": place}
