"""A matter of supervision in the words of its pages and papers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from agent_desk.supervision_views import (
    StepField,
    StepForm,
    StepShown,
    SupervisionForm,
    SupervisionRow,
)
from agent_desk.ticket_views import TicketAct
from hotline.handling import Handling
from hotline.handling_words import Part
from hotline.policy import Policy
from hotline.supervision import Possible, Step, cases_up, possible, proposed, rungs
from hotline.supervision_forms import TERM_SILENT, forms_at, shape_of
from hotline.words import UnitId, UserId
from ledger.supervision import KeptMatter

ANSWER_BY: Final = "answer_by"
WORDS: Final[Mapping[Step, str]] = {
    Step.ANSWER: "整改情况",
    Step.RECORD: "结果",
    Step.REJECT: "哪里不符合要求",
    Step.ESCALATE: "理由",
    Step.CLOSE: "核查情况",
    Step.DROP: "不予督办的理由",
}
"""Under which label the words of a step are kept."""
_REFUSALS: Final = frozenset({Step.REJECT, Step.DROP})


def row_of(
    kept: KeptMatter,
    names: Mapping[UnitId, str],
    today: dt.date,
    policy: Policy,
    summary: str = "",
) -> SupervisionRow:
    """The matter as the list shows it."""
    raised, matter, ladder = kept.raised, kept.matter, rungs(policy)
    unit = matter.unit
    up = proposed(matter, today, policy)
    return SupervisionRow(
        id=kept.id,
        what=raised.what,
        article=raised.article.number if raised.article else "",
        ticket=raised.ticket,
        unit_name=names.get(unit, str(unit)) if unit else "",
        state=matter.state.value,
        rung=ladder[min(matter.level, len(ladder) - 1)],
        form_number=matter.form_number,
        raised_at=raised.at,
        answer_by=matter.answer_by,
        late=matter.unanswered(today),
        summary=summary,
        proposal=str(up) if up else "",
    )


def evidence_of(kept: KeptMatter, handling: Handling | None, policy: Policy) -> tuple[str, ...]:
    """The acts that show it, in order, each with its number in the course of the ticket."""
    if handling is None:
        return ()
    found = []
    for number in kept.raised.acts:
        if 1 <= number <= len(handling.acts):
            act = handling.acts[number - 1]
            local = act.at.astimezone(policy.zone)
            when = f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
            found.append(f"{when} {act.act.value}（{act.body}，办理经过第{number}步）")
    return tuple(found)


def steps_of(kept: KeptMatter, people: Mapping[str, str]) -> tuple[StepShown, ...]:
    """The timeline, oldest first."""
    return tuple(
        StepShown(
            number=number,
            at=one.at,
            what=f"{one.step.value}{one.form}" if one.form else one.step.value,
            who=people.get(one.by, ""),
            body=one.body,
            texts=tuple(kept.texts.get(number, {}).items()),
            form_number=one.form_number,
            answer_by=one.answer_by,
            article=one.article,
            refused=one.step in _REFUSALS,
        )
        for number, one in enumerate(kept.matter.steps, start=1)
    )


def papers_of(
    kept: KeptMatter,
    names: Mapping[UnitId, str],
    evidence: Sequence[str],
    policy: Policy,
) -> tuple[SupervisionForm, ...]:
    """Every paper that went out, newest first."""
    raised, ladder = kept.raised, rungs(policy)
    found = []
    for number, one in enumerate(kept.matter.steps, start=1):
        if one.step is not Step.ISSUE:
            continue
        paper = SupervisionForm(
            number=one.form_number,
            form=one.form,
            issuer=ladder[min(one.level, len(ladder) - 1)],
            issued_at=one.at,
            unit_name=names.get(raised.unit, str(raised.unit)) if raised.unit else "",
            ticket=raised.ticket,
            cause=raised.what,
            article=policy.supervision.forms.article,
            texts=tuple(kept.texts.get(number, {}).items()),
            evidence=tuple(evidence),
            answer_by=one.answer_by,
            term_note=TERM_SILENT if shape_of(one.form, policy).answered else "",
            city_name=policy.area,
        )
        found.append(paper)
    return tuple(reversed(found))


def forms_of(
    kept: KeptMatter,
    parts: Sequence[Part],
    at: dt.datetime,
    policy: Policy,
    *,
    signer: str,
) -> tuple[StepForm, ...]:
    """What can be done now, a form for each paper of the city that this rung issues."""
    found: list[StepForm] = []
    for one in possible(kept.matter, parts, at, policy):
        if one.step is Step.ISSUE and not one.why:
            found += [_paper(kept, form, policy, signer) for form in forms_at_now(kept, policy)]
        elif one.step is not Step.RECORD or not one.why:  # who answers follows from the paper
            found.append(_step(kept, one, at, policy))
    return tuple(found)


def forms_at_now(kept: KeptMatter, policy: Policy) -> tuple[str, ...]:
    """The papers of the rung the matter stands on."""
    return forms_at(policy, kept.matter.level)


def _paper(kept: KeptMatter, form: str, policy: Policy, signer: str) -> StepForm:
    raised, shape = kept.raised, shape_of(form, policy)
    cause = raised.what
    if raised.article is not None:
        cause = f"{raised.what}（{raised.article.number}：{raised.article.quote}）"
    first = {"matter": cause, "signer": signer}
    fields = [
        StepField(
            name=item.name,
            label=item.label,
            kind="one" if item.options else ("text" if item.name == "signer" else "long"),
            options=tuple((one, one) for one in item.options),
            needed=item.needed,
            value=first.get(item.name, ""),
        )
        for item in shape.items
    ]
    if shape.answered:
        fields.insert(-1, _answer_by())
    return StepForm(step=Step.ISSUE.value, key=form, title=f"发出{form}", fields=tuple(fields))


def _answer_by() -> StepField:
    return StepField(name=ANSWER_BY, label="反馈期限", kind="day", needed=False, hint=TERM_SILENT)


def _step(kept: KeptMatter, one: Possible, at: dt.datetime, policy: Policy) -> StepForm:
    fields: list[StepField] = []
    hint = ""
    if not one.why:
        if one.step is Step.ESCALATE:
            options = tuple((case.code, str(case)) for case in cases_up(policy, kept.matter.level))
            up = proposed(kept.matter, at.astimezone(policy.zone).date(), policy)
            first = up.code if up else ""
            fields.append(
                StepField(name="case", label="情形", kind="one", options=options, value=first)
            )
            hint = f"建议提请：{up}" if up else ""
        if one.step in WORDS:
            fields.append(StepField(name="note", label=WORDS[one.step], kind="long"))
        if one.step is Step.REJECT:
            fields.append(_answer_by())
    title = one.step.value
    if one.step is Step.ISSUE:
        title = "发出督办"
    return StepForm(
        step=one.step.value,
        key=one.step.value,
        title=title,
        why=one.why,
        fields=tuple(fields),
        proposed=hint,
    )


def ticket_lines(matters: Sequence[KeptMatter], people: Mapping[UserId, str]) -> list[TicketAct]:
    """What was done with the matters of a ticket, as lines of the ticket's own timeline. What the
    clock raised stands there already."""
    return [
        TicketAct(
            at=one.at,
            what=one.what,
            who=one.who,
            body=one.body,
            text="；".join(_said(one)),
            article=one.article,
            refused=one.refused,
        )
        for kept in matters
        for one in steps_of(kept, {str(id_): name for id_, name in people.items()})
        if one.body != Part.CLOCK
    ]


def _said(one: StepShown) -> list[str]:
    said = [one.form_number] if one.form_number else []
    if one.answer_by:
        said.append(f"反馈期限{one.answer_by.month}月{one.answer_by.day}日")
    return said + [f"{label}：{text.rstrip('。；')}" for label, text in one.texts]
