"""Who may see and do what.

Every route declares its roles by :func:`needs`; a house test asks :func:`routes_without_role`.
Telephone numbers and names are masked here and nowhere else un-masked: an agent sees the number
of the call they have, everybody else sees ``138 **** 6027``.
"""

from __future__ import annotations

import hmac
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.requests import HTTPConnection, Request
from starlette.routing import Mount

from agent_desk.desk_settings import DeskSettings
from agent_desk.errors import Forged, NotLoggedIn, PasswordDue
from agent_desk.login import Doorkeeper, Visitor
from agent_desk.ports import History
from agent_desk.views import CallCard, Person
from agent_desk.wire import Caller
from hotline import need_to_know
from hotline.errors import NotAllowed
from hotline.words import AgentId, Role, UserId

REPLIES = "/api/sms/replies"
"""Where a message platform brings replies: it shows a secret of its own instead of a log-in."""
ENTRIES = "/api/knowledge/entries"
"""Where a unit's own knowledge base brings entries: it shows its token."""
SECRET_HEADER = "x-jiesu-secret"  # noqa: S105 - the header's name
QUESTIONS = "/public"
ARTICLE_TO_ALL = "/public/articles/{article}"
SUGGEST = "/public/suggest"
ROBOTS = "/robots.txt"
_TO_ALL = {QUESTIONS, ARTICLE_TO_ALL, SUGGEST, ROBOTS}
_TO_SEATS = {"/login", "/static", "/healthz", "/trust", "/ca.crt"}
PUBLIC = frozenset({*_TO_SEATS, *_TO_ALL, REPLIES, ENTRIES})
"""The only addresses that ask for no role; a seat needs /trust and /ca.crt first, citizens read
what is theirs to know."""

EVERYBODY = tuple(Role)
DESK = (Role.AGENT, Role.SUPERVISOR)
BOARD = (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)
TICKETS = (Role.AGENT, Role.SUPERVISOR, Role.OFFICER, Role.MANAGER, Role.AUDITOR)
BULK = (Role.AGENT, Role.SUPERVISOR, Role.MANAGER)
HANDLERS = (Role.AGENT, Role.SUPERVISOR, Role.OFFICER, Role.MANAGER)
EMERGENCY = (Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)
LISTENERS = (Role.AGENT, Role.SUPERVISOR)
DIRECTORY = (Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR, Role.AUDITOR)
STATUS = (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)
DECISIONS = (Role.SUPERVISOR, Role.MANAGER)
SUPERVISION_ACTS = (Role.SUPERVISOR, Role.MANAGER, Role.OFFICER)
SUPERVISION = (*SUPERVISION_ACTS, Role.AUDITOR)

ROLE_NAMES = {
    Role.AGENT: "话务员",
    Role.SUPERVISOR: "班长",
    Role.EDITOR: "知识编辑",
    Role.OFFICER: "承办人员",
    Role.MANAGER: "管理机构",
    Role.ADMINISTRATOR: "系统管理员",
    Role.AUDITOR: "审计员",
}

_TO_CHANGE_IT = frozenset({"/me", "/me/password", "/logout"})
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Needs:
    """The dependency behind :func:`needs`; ``roles`` is read by the house test."""

    def __init__(self, roles: tuple[Role, ...]) -> None:
        self.roles = frozenset(roles)

    async def __call__(self, conn: HTTPConnection) -> Visitor:
        """The visitor, if their role is served here. Raises NotLoggedIn, NotAllowed, Forged."""
        keeper: Doorkeeper = conn.app.state.keeper
        settings: DeskSettings = conn.app.state.settings
        # A page that refreshes itself is nobody's activity: it must not keep a log-in alive.
        watched = conn.headers.get("x-refresh") != "1"
        token = conn.cookies.get(cookie_name(settings), "")
        visitor = await keeper.visitor(token, activity=watched)
        if visitor is None:
            raise NotLoggedIn
        if visitor.person.must_change and conn.url.path not in _TO_CHANGE_IT:
            raise PasswordDue
        if not visitor.person.roles & self.roles:
            raise NotAllowed(roles_in_words(visitor.person), "使用这一页")
        if isinstance(conn, Request) and conn.method in _UNSAFE:
            await _check_token(conn, visitor.session.csrf)
        conn.state.visitor = visitor
        return visitor


def roles_in_words(person: Person) -> str:
    """``话务员``, or several with 、 between."""
    return "、".join(name for role, name in ROLE_NAMES.items() if role in person.roles)


def needs(*roles: Role) -> Any:  # what Depends itself is annotated to return
    """This route serves these roles only, and asks unsafe requests for the session's token
    (form field ``csrf`` or header ``X-CSRF-Token``)."""
    return Depends(Needs(roles))


async def _check_token(request: Request, expected: str) -> None:
    given = request.headers.get("x-csrf-token", "")
    kind = request.headers.get("content-type", "")
    if not given and kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        field = (await request.form()).get("csrf", "")
        given = field if isinstance(field, str) else ""
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise Forged


def cookie_name(settings: DeskSettings) -> str:
    """``__Host-`` binds the cookie to this host over https. The port keeps two systems on one
    machine apart, because cookies do not know ports."""
    port = settings.origins[0].rsplit(":", 1)[-1].strip("/")
    name = f"jiesu-{port}" if port.isdigit() else "jiesu"
    return f"__Host-{name}" if settings.secure else name


def same_site(conn: HTTPConnection, settings: DeskSettings) -> bool:
    """Whether a request or socket comes from our own pages, by what the browser itself says.
    Browsers send Origin with everything unsafe and with every WebSocket handshake."""
    # A platform is no page: it has no origin, and shows what no page of others can.
    if conn.scope["path"] in (REPLIES, ENTRIES):
        return True
    if conn.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    return conn.headers.get("origin", "") in settings.origins


def routes_without_role(app: FastAPI) -> list[str]:
    """Every address that asks for no role though it is not PUBLIC. Empty, or a test fails."""
    return sorted(path for path, roles in roles_by_route(app) if not roles and path not in PUBLIC)


def roles_by_route(app: FastAPI) -> list[tuple[str, frozenset[Role]]]:
    """Every address with the roles it serves (empty: it asks for none)."""
    found: list[tuple[str, frozenset[Role]]] = []
    for route in app.routes:
        roles: frozenset[Role] = frozenset()
        if isinstance(route, APIRoute | APIWebSocketRoute):
            asked = [d.call for d in route.dependant.dependencies if isinstance(d.call, Needs)]
            roles = asked[0].roles if asked else frozenset()
            found.append((route.path, roles))
        elif isinstance(route, Mount):
            found.append((route.path, roles))
        else:
            found.append((getattr(route, "path", repr(route)), roles))
    return found


# ------------------------------------------------------------------------------------ masking


def caller_of(card: CallCard, history: History | None) -> Caller:
    """The caller as the agent who has this call sees them: the number in full."""
    phone = card.caller
    return Caller(
        number=None if phone.withheld else phone.digits,
        masked=phone.masked,
        withheld=phone.withheld,
        earlier_calls=0 if phone.withheld else (history.earlier_calls if history else None),
        last=history.last if history and not phone.withheld else (),
        tickets=history.tickets if history and not phone.withheld else (),
    )


def unit_alone(person: Person) -> bool:
    """Whether this person sees the tickets of their own unit only (肇庆高新区办法 第二十四条)."""
    return need_to_know.unit_alone(person.roles)


def may_listen(person: Person, agent: AgentId | None) -> bool:
    """Whether this person hears the recording of a call that this agent took: supervisors, and the
    agent."""
    own = person.agent is not None and person.agent == agent
    return Role.SUPERVISOR in person.roles or (own and Role.AGENT in person.roles)


def may_read_confidential(person: Person, by: UserId) -> bool:
    """Whether this person sees the words of a confidential ticket in lists and beside calls."""
    return need_to_know.reads_confidential(
        need_to_know.Viewer(user=person.id, roles=person.roles, unit=person.unit), by
    )
