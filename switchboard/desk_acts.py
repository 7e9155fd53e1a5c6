"""What people press at the desk, carried to the rules, the exchange and the stand-in centre."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from agent_desk import views, wire
from hotline.errors import BadInput, NoSuch
from hotline.events import AgentActAsked
from hotline.words import AgentId
from switchboard.conductor import Conductor


class DeskActs:
    """Implements :class:`agent_desk.ports.AgentActs`: the rules decide, effects follow."""

    def __init__(self, conductor: Conductor, clock: Callable[[], dt.datetime]) -> None:
        self._conductor = conductor
        self._clock = clock

    async def ask(self, agent: AgentId, by: views.Person, act: wire.Act) -> None:
        """Put the act to the rules; raises their refusal."""
        match act.act:
            case "help" | "leave":
                raise BadInput("act", "这个操作不经过交换机")
            case name:
                now = self._clock()
                await self._conductor.ask(
                    AgentActAsked(
                        at=now,
                        received_at=now,
                        agent=agent,
                        by=by.id,
                        act=name,
                        reason=act.reason,
                        call=act.call,
                        service=act.service,
                    )
                )


class BrowserTelephones:
    """Implements :class:`agent_desk.ports.Telephones`: each agent's account at Asterisk."""

    def __init__(self, secrets: Mapping[str, str], ws_url: str, host: str) -> None:
        self._secrets = secrets
        self._ws_url = ws_url
        self._host = host

    async def of(self, agent: AgentId) -> views.Telephone:
        """How this agent's browser registers. Raises NoSuch for a number without a seat."""
        secret = self._secrets.get(str(agent))
        if secret is None:
            raise NoSuch("坐席", str(agent))
        endpoint = f"{agent}-web"
        return views.Telephone(
            uri=f"sip:{endpoint}@{self._host}",
            password=secret,
            ws_url=self._ws_url,
            endpoint=endpoint,
        )
