"""知识库，编写: what waits for whom. Review, new policies before their day, what runs out soon,
corrections with their clock, contributions."""

from __future__ import annotations

import math
from typing import Annotated, Final

from fastapi import FastAPI, Query, Request
from fastapi.responses import RedirectResponse, Response

from agent_desk.desk import desk_of
from agent_desk.knowledge_editing_form import differences
from agent_desk.knowledge_reading_views import EXPIRING_PAGE
from agent_desk.knowledge_titles import titles_of
from agent_desk.knowledge_views import ArticleFull, ContributionState
from agent_desk.login import Visitor
from agent_desk.notice_pages import MAKERS, NOTIFIERS
from agent_desk.shield import needs
from hotline.errors import BadInput, HotlineError, NoSuch
from hotline.knowledge import STANDING_NAMES, Standing, Version
from hotline.knowledge_clock import CORRECTION_NAMES, EXPIRY_WARNED, CorrectionState
from hotline.knowledge_rules import ACT_NAMES, KnowledgeAct
from hotline.words import UnitId

_WRITERS = needs(*NOTIFIERS)
_MAKERS = needs(*MAKERS)
_PAGE = Query(ge=1, le=100_000)
_SAID: Final = {
    "submitted": "已提交审核",
    KnowledgeAct.PASS.value: "审核通过，已记下",
    KnowledgeAct.RETURN.value: "已退回作者修改",
    KnowledgeAct.PUBLISH.value: "已发布，坐席台和公众页面现在就找得到（未到公开时间的除外）",
}
_OPEN: Final = (CorrectionState.REPORTED, CorrectionState.CONFIRMED)
_STATES: Final[dict[str, tuple[CorrectionState, ...]]] = {
    "": _OPEN,
    "reported": (CorrectionState.REPORTED,),
    "confirmed": (CorrectionState.CONFIRMED,),
    "closed": (CorrectionState.FIXED, CorrectionState.DISMISSED),
}
_CONTRIBUTIONS: Final[dict[str, ContributionState]] = {
    "": "waiting",
    "taken": "taken",
    "declined": "declined",
}


def last_page(total: int, size: int) -> int:
    """The number of the last page; 1 where there is nothing."""
    return max(math.ceil(total / size), 1)


async def review_page(
    request: Request,
    visitor: Annotated[Visitor, _WRITERS],
    said: Annotated[str, Query(max_length=20)] = "",
    page: Annotated[int, _PAGE] = 1,
) -> Response:
    """What waits for review, the longest waiting first."""
    desk = desk_of(request)
    found = await desk.ports.knowledge_editing.waiting(visitor.person, desk.ports.now(), page=page)
    return desk.pages.render(
        request,
        "knowledge_review.html.j2",
        found=found,
        page=page,
        last=last_page(found.total, found.size),
        said=_SAID.get(said, ""),
        act_names=ACT_NAMES,
        maker=bool(visitor.person.roles & set(MAKERS)),
    )


async def review_one(
    request: Request, article: str, visitor: Annotated[Visitor, _WRITERS]
) -> Response:
    """One version before its reviewer: as it will be seen, and what it changes."""
    desk = desk_of(request)
    now = desk.ports.now()
    full = await desk.ports.knowledge.one(article, visitor.person, now)
    content, before = full.latest.content, _before(full)
    linked = (*content.related, *(before.content.related if before else ()))
    titles = await titles_of(desk, linked, visitor.person)
    return desk.pages.render(
        request,
        "knowledge_review_one.html.j2",
        full=full,
        version=full.latest,
        content=content,
        before=before,
        changes=differences(content, before.content, titles) if before else (),
        standing_names=STANDING_NAMES,
        act_names=ACT_NAMES,
        related=[(one, titles.get(one, "")) for one in content.related],
        own=full.latest.author == visitor.person.id,
    )


def _before(full: ArticleFull) -> Version | None:
    """The version that is replaced."""
    once = (Standing.PUBLISHED, Standing.WITHDRAWN)
    older = [one for one in full.versions[:-1] if one.standing in once]
    return older[-1] if older else None


async def embargo_page(request: Request, visitor: Annotated[Visitor, _MAKERS]) -> Response:
    """New policies before they are public, with the arithmetic of the days, and on their day."""
    desk = desk_of(request)
    rows = await desk.ports.knowledge_editing.embargoed(visitor.person, desk.ports.now())
    return desk.pages.render(
        request, "knowledge_review_embargo.html.j2", rows=rows, standing_names=STANDING_NAMES
    )


async def expiring_page(
    request: Request,
    visitor: Annotated[Visitor, _WRITERS],
    page: Annotated[int, _PAGE] = 1,
    show: Annotated[str, Query(max_length=8)] = "",
) -> Response:
    """What is hidden within thirty days, or (``show=over``) is already; an officer's own unit's."""
    desk = desk_of(request)
    over = show == "over"
    found = await desk.ports.knowledge_reading.expiring(
        visitor.person, desk.ports.now(), over=over, page=page
    )
    total = found.over if over else found.soon
    units = await desk.ports.tickets.units()
    return desk.pages.render(
        request,
        "knowledge_review_expiring.html.j2",
        found=found,
        over=over,
        page=page,
        total=total,
        last=last_page(total, EXPIRING_PAGE),
        unit_names={one.id: one.name for one in units},
        standing_names=STANDING_NAMES,
        days=EXPIRY_WARNED,
        maker=bool(visitor.person.roles & set(MAKERS)),
    )


# ------------------------------------------------------------------------------------ corrections
async def corrections_page(
    request: Request,
    visitor: Annotated[Visitor, _WRITERS],
    state: str = "",
    page: Annotated[int, _PAGE] = 1,
) -> Response:
    """The mistakes reported, by the time that is left."""
    return await _corrections(request, visitor, state=state, page=page)


async def _corrections(
    request: Request,
    visitor: Visitor,
    *,
    state: str = "",
    page: int = 1,
    told: str = "",
    about: str = "",
    status: int = 200,
) -> Response:
    desk = desk_of(request)
    now = desk.ports.now()
    state = state if state in _STATES else ""
    found = await desk.ports.knowledge_work.corrections(
        _STATES[state], visitor.person, now, page=page
    )
    units = await desk.ports.tickets.units()
    return desk.pages.render(
        request,
        "knowledge_review_corrections.html.j2",
        status=status,
        found=found,
        state=state,
        page=page,
        last=last_page(found.total, found.size),
        told=told,
        about=about,
        units=units,
        unit_names={one.id: one.name for one in units},
        names=CORRECTION_NAMES,
        maker=bool(visitor.person.roles & set(MAKERS)),
    )


async def decide_correction(
    request: Request, correction: str, visitor: Annotated[Visitor, _WRITERS]
) -> Response:
    """Confirmed as wrong, put right, or no mistake."""
    desk = desk_of(request)
    form = await request.form()
    do, note = str(form.get("do") or ""), str(form.get("note") or "")[:2000]
    work, now, by = desk.ports.knowledge_work, desk.ports.now(), visitor.person
    try:
        if do == "confirm":
            unit = UnitId(str(form.get("unit"))) if form.get("unit") else None
            await work.confirm(correction, unit, by=by, at=now)
        elif do in ("fixed", "dismissed"):
            await work.close(correction, fixed=do == "fixed", note=note, by=by, at=now)
        else:
            raise BadInput("do", "页面已经过期，请重新打开")
    except NoSuch:
        raise
    except HotlineError as refused:
        return await _corrections(request, visitor, told=str(refused), about=correction, status=422)
    return RedirectResponse("/knowledge/editing/corrections", 303)


# ---------------------------------------------------------------------------------- contributions
async def contributions_page(
    request: Request,
    visitor: Annotated[Visitor, _MAKERS],
    state: str = "",
    page: Annotated[int, _PAGE] = 1,
) -> Response:
    """What citizens and organisations offered."""
    return await _contributions(request, visitor, state=state, page=page)


async def _contributions(
    request: Request,
    visitor: Visitor,
    *,
    state: str = "",
    page: int = 1,
    told: str = "",
    about: str = "",
    status: int = 200,
) -> Response:
    desk = desk_of(request)
    state = state if state in _CONTRIBUTIONS else ""
    rows, total = await desk.ports.knowledge_work.contributions(
        _CONTRIBUTIONS[state], visitor.person, page=page
    )
    return desk.pages.render(
        request,
        "knowledge_review_contributions.html.j2",
        status=status,
        rows=rows,
        total=total,
        state=state,
        page=page,
        last=last_page(total, 50),
        told=told,
        about=about,
    )


async def take_contribution(
    request: Request, contribution: str, visitor: Annotated[Visitor, _MAKERS]
) -> Response:
    """It becomes a draft, which opens."""
    ports = desk_of(request).ports
    made = await ports.knowledge_work.take(contribution, by=visitor.person, at=ports.now())
    return RedirectResponse(f"/knowledge/editing/{made.id}/edit", 303)


async def decline_contribution(
    request: Request, contribution: str, visitor: Annotated[Visitor, _MAKERS]
) -> Response:
    """It does not become an article, for a reason."""
    form = await request.form()
    work = desk_of(request).ports.knowledge_work
    try:
        note = str(form.get("note") or "")[:500]
        await work.decline(contribution, note, by=visitor.person)
    except BadInput as wrong:
        return await _contributions(
            request, visitor, told=str(wrong), about=contribution, status=422
        )
    return RedirectResponse("/knowledge/editing/contributions", 303)


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    here = "/knowledge/editing"
    app.add_api_route(f"{here}/review", review_page, methods=["GET"])
    app.add_api_route(f"{here}/embargo", embargo_page, methods=["GET"])
    app.add_api_route(f"{here}/expiring", expiring_page, methods=["GET"])
    app.add_api_route(f"{here}/corrections", corrections_page, methods=["GET"])
    app.add_api_route(f"{here}/corrections/{{correction}}", decide_correction, methods=["POST"])
    app.add_api_route(f"{here}/contributions", contributions_page, methods=["GET"])
    app.add_api_route(
        f"{here}/contributions/{{contribution}}/take", take_contribution, methods=["POST"]
    )
    app.add_api_route(
        f"{here}/contributions/{{contribution}}/decline", decline_contribution, methods=["POST"]
    )
    app.add_api_route(f"{here}/{{article}}/review", review_one, methods=["GET"])
