"""AMI messages → events with the little memory that a message alone does not carry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from hotline.events import AgentReachable, Event
from hotline.words import CallId, Phone
from ivr.ami_events import translate
from ivr.ami_frames import Message
from ivr.ami_reading import call_of


class Translator:
    """:func:`translate` with the little memory it cannot do without.

    After an attended transfer the new agent's leg has no HOTLINE_CALL of its own, but it has the
    Linkedid of the caller: so, which Linkedid was seen with which call. And app_queue tells the
    state of a telephone once per queue and for every change that is none to us: so, what was told
    last. A new link begins with FullyBooted, and with nothing remembered.
    """

    REMEMBERED: Final = 4_000

    def __init__(self, phone: Callable[[str], Phone] = Phone.parse) -> None:
        self._phone = phone
        self._links: dict[str, CallId] = {}
        self._contacts: dict[str, dict[str, bool]] = {}
        self._reachable: dict[str, bool] = {}

    def __call__(self, message: Message, received_at: dt.datetime) -> tuple[Event, ...]:
        """The events of one message, in order. Never raises."""
        if message.get("Event") == "FullyBooted":
            self._links.clear()
            self._contacts.clear()
            self._reachable.clear()
        linked = message.get("Linkedid", "")
        call = call_of(message)
        if call is None:
            call = self._links.get(linked)
        elif linked and linked not in self._links:
            self._links[linked] = call
            if len(self._links) > self.REMEMBERED:
                del self._links[next(iter(self._links))]
        events = translate(message, received_at, link=call, phone=self._phone)
        told = (self._of_the_telephone(event, message.get("URI", "")) for event in events)
        return tuple(event for event in told if event is not None)

    def _of_the_telephone(self, event: Event, contact: str) -> Event | None:
        """A telephone that registers anew brings its new contact before the old one is removed:
        it can be reached while any of them can. None where that is known already."""
        if not isinstance(event, AgentReachable):
            return event
        contacts = self._contacts.setdefault(event.device, {})
        if event.reachable:
            contacts[contact] = True
        else:
            contacts.pop(contact, None)
        now = bool(contacts)
        if self._reachable.get(event.device) is now:
            return None
        self._reachable[event.device] = now
        return replace(event, reachable=now)
