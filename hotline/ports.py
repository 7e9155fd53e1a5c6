"""Ports: what the rules' effects need from the rooms, as Protocols. Fakes exist only at these."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Protocol

from hotline.effects import Effect, HandOver, PauseSeat, PlaceReturnCall, UnpauseSeat
from hotline.facts import Fact
from hotline.words import CallId, Phone

TelephoneEffect = HandOver | PauseSeat | UnpauseSeat | PlaceReturnCall


class Exchange(Protocol):
    """The hands at Asterisk."""

    async def do(self, effect: TelephoneEffect) -> None:
        """Carry out one effect. Raises ExchangeRefused when Asterisk says no, or is away."""


class Journal(Protocol):
    """The append-only record of facts. Its disk may fail; whoever hands facts in never waits."""

    def post(self, facts: Sequence[Fact], *, policy_version: str) -> Awaitable[int]:
        """Take the facts; what is given back is done when they are durable, with the number of
        the last one."""

    async def settle(self) -> None:
        """Wait until everything taken so far is durable."""


class Callers(Protocol):
    """The encrypted numbers behind the calls."""

    def remember(self, call: CallId, caller: Phone) -> None:
        """Known at once to this process; durable with the next commit."""

    def of(self, call: CallId) -> Phone | None:
        """The caller of a live call, None where unknown."""


class Screens(Protocol):
    """The browsers."""

    def show(self, effect: Effect) -> None:
        """Never blocks, never raises: a browser that is away gets the picture when it is back."""
