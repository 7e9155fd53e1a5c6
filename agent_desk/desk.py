"""What every route works with, put together once per application."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from agent_desk.desk_settings import DeskSettings
from agent_desk.login import Doorkeeper
from agent_desk.pages import Pages
from agent_desk.ports import DeskPorts
from agent_desk.public_gate import Turnstile
from agent_desk.saving import Saves
from agent_desk.screens import DeskScreens


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk's parts."""

    ports: DeskPorts
    settings: DeskSettings
    keeper: Doorkeeper
    screens: DeskScreens
    pages: Pages
    saves: Saves = field(default_factory=Saves)
    public_gate: Turnstile = field(default_factory=Turnstile)


def desk_of(conn: HTTPConnection) -> Desk:
    """The parts behind a request or a socket."""
    desk = conn.app.state.desk
    if not isinstance(desk, Desk):
        raise TypeError("this application was not built by build_app")
    return desk
