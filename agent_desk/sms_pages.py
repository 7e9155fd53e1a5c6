"""Where a message platform brings replies (短信回复): no person, no log-in, a shared secret."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from agent_desk.desk import desk_of
from agent_desk.shield import REPLIES, SECRET_HEADER
from hotline.errors import BadInput, HotlineError, NoSuch, NotAllowed


async def reply(request: Request) -> JSONResponse:
    """``number`` and ``text``, with ``id`` (the platform's own of the reply) and ``ref`` (the key
    of our message) where it knows them; JSON or form. 200 means: taken, do not bring it again."""
    door = desk_of(request).ports.replies
    given = door.opens(request.headers.get(SECRET_HEADER, ""))
    if given is None:
        raise NoSuch("短信回复的入口", "")
    if not given:
        raise NotAllowed("这个来源", "送来短信回复")
    fields = await _fields(request)
    if not fields["number"]:
        raise BadInput("number", "缺少 number（回复人的号码）")
    verdict = await door.reply(fields["number"], fields["text"], id=fields["id"], ref=fields["ref"])
    return JSONResponse({"taken": True, "verdict": verdict})


async def _fields(request: Request) -> dict[str, str]:
    names = ("number", "text", "id", "ref")
    kind = request.headers.get("content-type", "")
    try:
        if kind.startswith("application/json"):
            body = await request.json()
            if not isinstance(body, dict):
                raise TypeError
            return {name: str(body.get(name, "") or "") for name in names}
        form = parse_qs((await request.body()).decode())
    except HotlineError:
        raise
    except (ValueError, TypeError):
        raise BadInput("text", "内容应为 JSON 或表单，UTF-8 编码") from None
    return {name: form.get(name, [""])[0] for name in names}


def add_to(app: FastAPI) -> None:
    """The one address."""
    app.add_api_route(REPLIES, reply, methods=["POST"])
