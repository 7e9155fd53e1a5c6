"""How a seat comes to trust this system's own CA: read before anybody logs in, and before the
browser believes us, so nothing on it is secret and nothing asks for a role.
"""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response

from agent_desk.desk import desk_of
from agent_desk.desk_settings import Trust
from hotline.errors import NoSuch

CA_FILE = "jiesu-ca.crt"


async def trust_page(request: Request) -> Response:
    """The steps for each system, with the fingerprint to compare. NoSuch where the site has a
    certificate of its own: its seats trust that already."""
    desk = desk_of(request)
    trust = _trust(request)
    groups = trust.fingerprint.split(":")
    rows = [":".join(groups[at : at + 8]) for at in range(0, len(groups), 8)]
    return desk.pages.render(request, "trust.html.j2", rows=rows, file=CA_FILE)


async def ca_file(request: Request) -> Response:
    """The CA's certificate. Firefox offers to trust what comes with this type; others save it."""
    return Response(
        _trust(request).pem,
        media_type="application/x-x509-ca-cert",
        headers={"content-disposition": f'attachment; filename="{CA_FILE}"'},
    )


def _trust(request: Request) -> Trust:
    found = desk_of(request).settings.trust
    if found is None:
        raise NoSuch("页面", request.url.path)
    return found


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/trust", trust_page, methods=["GET"])
    app.add_api_route("/ca.crt", ca_file, methods=["GET"])
