"""The forms of the acts on a ticket: what each asks for by the city's pack, and what was filled in.

Pure. What a person writes goes to the ledger's encrypted texts; the act itself gets codes, units,
days, and which of the things asked for were given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent_desk.handling_views import FormField
from hotline.errors import BadInput
from hotline.grass_roots import never_leads
from hotline.handling_gates import GROUNDS, INVALID, PAPERS, TOLD
from hotline.handling_words import DESIGNATED, Act
from hotline.phrases import Phrase, says
from hotline.policy import Policy
from hotline.rulings import Reason, Ruled
from hotline.words import UnitId
from ledger.units import Unit

LONGEST: Final = 4000
"""Characters of one field."""
NOTE: Final = FormField(name="note", label="说明", kind="long", needed=False)
_WORDS: Final[Mapping[Act, str]] = {
    Act.CONTACT: "联系情况",
    Act.REPORT: "阶段性情况",
    Act.ASSIST: "协办情况和意见",
    Act.DENY_RETURN: "不同意的理由",
    Act.DENY_EXTENSION: "不同意的理由",
    Act.DENY_CLOSE: "哪里不符合要求",
    Act.SETTLE: "协调结果",
    Act.ORDER: "批示内容",
    Act.SHELVE: "原因和解释疏导情况",
    Act.FOLLOW_UP: "回访情况",
    Act.CORRECT: "核改的理由",
    Act.REDO: "重办的理由",
    Act.WITHDRAW: "撤回的情况",
    Act.SUPERVISE: "督办要求",
    Act.ANSWER: "答复内容",
}
"""Acts that must come with words, and what the words are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A form as somebody filled it in. ``texts`` by label."""

    unit: UnitId | None = None
    unit_kind: str = ""
    helpers: tuple[UnitId, ...] = ()
    code: str = ""
    days: int | None = None
    given: frozenset[str] = frozenset()
    texts: Mapping[str, str]


def fields_of(act: Act, policy: Policy, units: Sequence[Unit]) -> tuple[FormField, ...]:
    """What the form of an act asks for in this city."""
    every = tuple((unit.code, unit.name) for unit in units)
    match act:
        case Act.DISPATCH | Act.SETTLE:
            fields = [
                FormField(
                    name="unit",
                    label="承办单位",
                    kind="one",
                    options=_leading(units, policy),
                    hint=_lead_rule(policy),
                ),
                FormField(
                    name="helpers", label="协办单位", kind="several", options=every, needed=False
                ),
                *(_DESIGNATING if _designates(act, policy) else ()),
            ]
        case Act.MERGE | Act.MOVE:
            fields = [FormField(name="code", label=_WHERE[act], kind="text")]
        case Act.REFUSE | Act.SEND_UP | Act.DENY_RETURN:
            fields = [_cases("情形", _LISTS[act](policy).value)]
        case Act.ASK_RETURN:
            fields = _things("need", policy.returns.needs.value)
        case Act.ASK_EXTENSION:
            fields = _things("need", policy.extensions.needs.value)
        case Act.ASK_CLOSE:
            fields = [
                *_things("need", policy.close.sections.value),
                *_without_a_reply(policy),
            ]
        case Act.GRANT_EXTENSION if policy.extensions.length.value is None:
            fields = [FormField(name="days", label="延长几个工作日", kind="number")]
        case Act.CLOSE if says(policy.close.audit, Phrase.VERIFIED):
            fields = [FormField(name="tick", label="核实", kind="tick")]
        case Act.DENY_CLOSE if says(policy.close.audit, Phrase.HEAD_APPROVES):
            fields = [FormField(name="tick", label="负责人批准", kind="tick")]
        case Act.ARCHIVE if policy.rating.redo_exceptions.value:
            fields = [replaced(_cases("不重办的情形", policy.rating.redo_exceptions.value))]
        case Act.RATE | Act.CORRECT:
            fields = [_ratings(policy, invalid=act is Act.RATE)]
        case _:
            fields = []
    return tuple(one for one in [*fields, note_of(act)] if one.kind != "one" or one.options)


def note_of(act: Act) -> FormField:
    """What is written at an act: needed where the act must come with words."""
    words = _WORDS.get(act)
    return FormField(name="note", label=words, kind="long") if words else NOTE


_DESIGNATING: Final = (
    FormField(
        name="tick", label="指定为主要责任单位，先解决问题，不得退回", kind="tick", needed=False
    ),
)


def _designates(act: Act, policy: Policy) -> bool:
    """Whether the regulation knows a unit that is told to solve it first (河北 第七条)."""
    return act is Act.DISPATCH and says(policy.returns.final_when, Phrase.DESIGNATED)


_WHERE: Final = {Act.MERGE: "并入的工单编号", Act.MOVE: "转往何地"}
_LISTS: Final[Mapping[Act, Callable[[Policy], Ruled[tuple[Reason, ...]]]]] = {
    Act.REFUSE: lambda policy: policy.intake.refusals,
    Act.SEND_UP: lambda policy: policy.dispatch.pre_approval,
    Act.DENY_RETURN: lambda policy: policy.returns.denied_when,
}


def _leading(units: Sequence[Unit], policy: Policy) -> tuple[tuple[str, str], ...]:
    """Those that may lead: a committee of residents or villagers only helps, where it is so."""
    forbidden = policy.dispatch.never_lead.value or ()
    return tuple(
        (one.code, one.name) for one in units if not never_leads(one.kind, one.name, forbidden)
    )


def _lead_rule(policy: Policy) -> str:
    rule = policy.dispatch.lead
    cite = f"〔{rule.article.number}〕" if rule.article else ""
    return f"{rule.value}{cite}" if rule.value else "牵头与协办：本市办法未规定"


def _without_a_reply(policy: Policy) -> list[FormField]:
    """The cases in which no reply is written: none is wanted, or the unit does not accept it."""
    plain, refused = policy.close.no_reply_when.value or (), policy.close.not_accepted.value or ()
    label = "无须回复、不予受理的情形" if refused else "无须回复的情形"
    fields = [replaced(_cases(label, (*plain, *refused)))]
    if refused:
        hint = f"在附件里上传“{PAPERS}”后自动带上；已进入诉讼、仲裁等渠道的必须有"
        fields += [
            FormField(name="grounds", label=GROUNDS, kind="text", needed=False),
            FormField(name="caller-told", label=TOLD, kind="text", needed=False),
            FormField(name="papers", label=PAPERS, kind="text", needed=False, hint=hint),
        ]
    return fields


def replaced(field: FormField) -> FormField:
    """The same field, which may be left empty."""
    return FormField(
        name=field.name, label=field.label, kind=field.kind, options=field.options, needed=False
    )


def _cases(label: str, reasons: tuple[Reason, ...] | None) -> FormField:
    options = tuple((one.code, str(one)) for one in reasons or ())
    return FormField(name="code", label=label, kind="one", options=options)


def _ratings(policy: Policy, *, invalid: bool) -> FormField:
    options = policy.rating.options.value or ()
    more = (INVALID,) if invalid and options else ()
    if not options:
        return FormField(name="code", label="评价", kind="text")
    every = tuple((one, one) for one in (*options, *more))
    return FormField(name="code", label="评价", kind="one", options=every)


def _things(name: str, labels: tuple[str, ...] | None) -> list[FormField]:
    return [
        FormField(name=f"{name}-{number}", label=label, kind="long", needed=False, by_rule=True)
        for number, label in enumerate(labels or (), start=1)
    ]


def filled(
    act: Act, form: Mapping[str, Sequence[str]], policy: Policy, units: Sequence[Unit]
) -> Filled:
    """What was filled in; raises BadInput naming the first field that is wrong."""
    by_code = {unit.code: unit for unit in units}
    texts: dict[str, str] = {}
    given: set[str] = set()
    for field in fields_of(act, policy, units):
        value = _first(form, field.name).strip()
        if len(value) > LONGEST:
            raise BadInput(field.name, f"{field.label}有{len(value)}字，最多{LONGEST}字，请删减")
        if field.needed and not value:
            raise BadInput(field.name, f"请填写{field.label}")
        if field.kind in ("text", "long") and value and field.name != "code":
            texts[field.label] = value
        if value:
            given.add(field.label)
        # A unit that may not lead is not offered; the gate says why, with its article.
        known = {key for key, _ in field.options}
        known |= by_code.keys() if field.name == "unit" else set()
        if field.kind == "one" and value and value not in known:
            raise BadInput(field.name, f"{field.label}请从列出的里面选")
    unit = by_code.get(UnitId(_first(form, "unit")))
    helpers = tuple(UnitId(one) for one in form.get("helpers", ()) if UnitId(one) in by_code)
    return Filled(
        unit=unit.code if unit else None,
        unit_kind=_kind(unit, policy),
        helpers=tuple(one for one in helpers if unit is None or one != unit.code),
        code=DESIGNATED
        if _designates(act, policy) and _first(form, "tick")
        else _first(form, "code").strip()[:64],
        days=_days(form) if act is Act.GRANT_EXTENSION else None,
        given=frozenset(given),
        texts=texts,
    )


def _kind(unit: Unit | None, policy: Policy) -> str:
    """What a unit is, in the word of the regulation where it may not lead."""
    if unit is None:
        return ""
    forbidden = policy.dispatch.never_lead.value or ()
    return never_leads(unit.kind, unit.name, forbidden) or unit.kind


def _first(form: Mapping[str, Sequence[str]], name: str) -> str:
    values = form.get(name, ())
    return values[0] if values else ""


def _days(form: Mapping[str, Sequence[str]]) -> int | None:
    text = _first(form, "days").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 250:
        raise BadInput("days", "延长的工作日数应是1到250的整数")
    return int(text)
