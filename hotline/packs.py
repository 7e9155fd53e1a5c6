"""Reads packs: the tables ``tomllib`` gave, layer upon layer, become one Policy of one day.

Layers, lowest first: the furthest parent (national), its overlays, …, the city's own file, its
overlays. The nearest layer that has a value wins and remembers what lies under it. Of several
values of one key the latest that is in force on the day wins; older ones stay in the file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from hotline.errors import BadInput, BadPolicy, NoSuch
from hotline.policy import SECTIONS, Emergency, Policy
from hotline.rulings import NUMBERED, Ruled, Source, Stance, Unit
from hotline.words import Article, EmergencyAction

Raw = Mapping[str, Any]

NATIONAL: Final = "national"
UNDATED: Final = "未载明"
"""Written for effective_from where a document does not say from when it holds."""
_HEAD: Final = {"code", "area", "parent", "document", "effective_from"}
_VALUE: Final = {
    "value",
    "article",
    "quote",
    "document",
    "effective_from",
    "source",
    "check_original",
    "note",
}
_SILENCE: Final = {"silent", "searched", "note"}
KEPT: Final = "（保存的文本）"
"""How the name of a text ends that was kept with tickets."""


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file as read: its name for messages, its tables, and whether it is the city's ``own``
    (from DATA). An own file that names no area lies over the pack of its code; one that does is a
    new place."""

    name: str
    tables: Raw
    own: bool = False

    @property
    def overlay(self) -> bool:
        return self.own and "area" not in self.tables.get("pack", ())


@dataclass(frozen=True, slots=True)
class Head:
    """The table ``[pack]`` of a file."""

    code: str
    area: str
    parent: str | None
    document: str
    effective_from: dt.date


def head(file: PackFile) -> Head:
    """The head of a pack, checked. A city's own file must carry its document's number (文号):
    nobody may change a rule without saying by which paper."""
    raw = file.tables.get("pack")
    if not isinstance(raw, dict):
        raise BadPolicy(file.name, "pack", "缺少 [pack] 一节，请写明 code、area、document")
    if extra := raw.keys() - _HEAD:
        raise BadPolicy(file.name, f"pack.{min(extra)}", "不认识这一项，请删去或改正拼写")
    needed = ["code", "document", "effective_from"] + ([] if file.overlay else ["area"])
    for key in needed:
        if key not in raw:
            raise BadPolicy(file.name, f"pack.{key}", "缺少这一项")
    for key in raw.keys() - {"effective_from"}:
        if not isinstance(raw[key], str) or not raw[key].strip():
            raise BadPolicy(file.name, f"pack.{key}", "应是一段文字")
    if file.own and not NUMBERED.search(raw["document"]):
        why = "自行修改规定须写明文号，如“《……办法》（肇府规〔2026〕3号）”"
        raise BadPolicy(file.name, "pack.document", why)
    since = _date(file, "pack.effective_from", raw["effective_from"])
    return Head(raw["code"], raw.get("area", ""), raw.get("parent"), raw["document"], since)


def check_heads(files: Sequence[PackFile]) -> None:
    """Raise BadPolicy for a file with a bad head, two packs of one code, or an overlay of none."""
    bases: dict[str, str] = {}
    for file in files:
        code = head(file).code
        if not file.overlay and bases.setdefault(code, file.name) != file.name:
            why = f"已有规则包“{code}”（{bases[code]}）；要改它，请删去 area 一行"
            raise BadPolicy(file.name, "pack.code", why)
    for file in files:
        if file.overlay and head(file).code not in bases:
            why = f"没有规则包“{head(file).code}”；改已有的请核对代码，新增一地请写 area"
            raise BadPolicy(file.name, "pack.code", why)


def parse(files: Sequence[PackFile], code: str, on: dt.date) -> Policy:
    """The policy of the pack ``code`` as in force on ``on``.

    Raises BadPolicy(file, key, why) for anything wrong in a file the policy is made of, NoSuch for
    an unknown code, BadInput when the document was not yet in force on that day.
    """
    chain = _chain(files, code)
    own = chain[-1][0]
    top = head(own)
    if on < top.effective_from:
        why = f"{top.document}自{top.effective_from}起施行，{on}还没有可依的规定"
        raise BadInput("at", f"{why}，请换一个日期")
    for layer in chain:
        for file in layer:
            _no_strangers(file)
    sections = {name: _section(name, kind, chain, on) for name, (_, kind) in SECTIONS.items()}
    _bound(chain, sections["emergency"])
    return Policy(
        code=code,
        area=top.area,
        document=top.document,
        parents=tuple(head(layer[0]).code for layer in reversed(chain[:-1])),
        version=_version(code, _text(chain)),
        on=on,
        effective_from=top.effective_from,
        expires_on=_expiry(top, sections["validity"].valid_for),
        layers=tuple(tuple(file.tables for file in layer) for layer in chain),
        **sections,
    )


def _bound(chain: list[list[PackFile]], emergency: Emergency) -> None:
    """A regulation that says 即时转接 leaves a city nothing to choose."""
    if emergency.stance.value is not Stance.TRANSFER_NOW:
        return
    for choice in (emergency.at_greeting, emergency.at_queue, emergency.at_agent):
        if choice.layer == emergency.stance.layer and choice.value is not EmergencyAction.TRANSFER:
            cited = emergency.stance.article
            why = f"{cited}规定即时转接，只能写 transfer"
            raise BadPolicy(chain[-1][-1].name, choice.key, why)


def _chain(files: Sequence[PackFile], code: str) -> list[list[PackFile]]:
    """The layers under a code, lowest first, each with its own file followed by its overlays."""
    by_code: dict[str, list[PackFile]] = {}
    for file in files:
        by_code.setdefault(head(file).code, []).append(file)
    chain: list[list[PackFile]] = []
    seen: set[str] = set()
    here: str | None = code
    while here is not None:
        layer = sorted(by_code.get(here, ()), key=lambda file: file.overlay)
        if not layer or layer[0].overlay:
            if not chain:
                raise NoSuch("城市", code)
            raise BadPolicy(chain[0][0].name, "pack.parent", f"找不到上级规则包“{here}”")
        if here in seen:
            raise BadPolicy(layer[0].name, "pack.parent", "上级规则包互相引用，成了圈")
        seen.add(here)
        chain.insert(0, layer)
        here = head(layer[0]).parent
    return chain


def _no_strangers(file: PackFile) -> None:
    """Refuse what no parameter is called: a misspelt key would otherwise silently do nothing."""
    for section, table in file.tables.items():
        if section == "pack":
            continue
        if section not in SECTIONS:
            raise BadPolicy(file.name, section, "没有这一节，请对照 README 改正拼写")
        known = {one.name for one in fields(SECTIONS[section][1])}
        if not isinstance(table, dict):
            raise BadPolicy(file.name, section, "应是一节，写成 [节名.项名]")
        for key in table.keys() - known:
            raise BadPolicy(file.name, f"{section}.{key}", "没有这一项，请对照 README 改正拼写")


def _section(name: str, kind: type[Any], chain: list[list[PackFile]], on: dt.date) -> Any:
    found: dict[str, Ruled[Any]] = {}
    for one in fields(kind):
        key = f"{name}.{one.name}"
        rule: Ruled[Any] | None = None
        for layer in chain:
            rule = _in_layer(layer, name, one.name, one.metadata["read"], on, rule)
        if rule is None and one.metadata.get("later") and _kept(chain):
            rule = _not_yet(chain, key)
        if rule is None:
            why = f"缺少“{one.metadata['label']}”；本市没有规定的，请写 silent = true 和 searched"
            raise BadPolicy(chain[-1][0].name, key, why)
        found[one.name] = rule
    return kind(**found)


def _kept(chain: list[list[PackFile]]) -> bool:
    """Whether this is a text kept with a ticket: it says what held then and cannot be mended."""
    return chain[-1][-1].name.endswith(KEPT)


def _not_yet(chain: list[list[PackFile]], key: str) -> Ruled[Any]:
    about = head(chain[-1][0])
    return Ruled(
        key=key,
        value=None,
        layer=about.code,
        source=Source.SILENT,
        article=None,
        effective_from=about.effective_from,
        note="登记这件工单时的规则包还没有这一项",
    )


def _in_layer(
    layer: list[PackFile], section: str, name: str, read: Any, on: dt.date, under: Ruled[Any] | None
) -> Ruled[Any] | None:
    """The rule of one layer on one day, or what lies under it when the layer does not speak.

    Every entry is read, also those not in force, so that a mistake is found before its day comes.
    """
    best: Ruled[Any] | None = None
    for file in layer:
        about = head(file)
        raw = file.tables.get(section, {}).get(name, [])
        for entry in raw if isinstance(raw, list) else [raw]:
            rule = _entry(file, about, f"{section}.{name}", entry, read, under)
            in_force = rule.effective_from <= on
            if in_force and (best is None or best.effective_from <= rule.effective_from):
                best = rule
    return best or under


def _entry(
    file: PackFile, about: Head, key: str, raw: Any, read: Any, under: Ruled[Any] | None
) -> Ruled[Any]:
    if not isinstance(raw, dict):
        raise BadPolicy(file.name, key, "应是一节，写明 value、article、quote，或 silent")
    if raw.get("silent") is True:
        return _silence(file, about, key, raw, under)
    if extra := raw.keys() - _VALUE:
        raise BadPolicy(file.name, key, f"不认识“{min(extra)}”，请删去或改正拼写")
    if "value" not in raw:
        raise BadPolicy(file.name, key, "缺少 value；本市没有规定的，请写 silent = true")
    try:
        value = read(raw["value"])
    except ValueError as wrong:
        raise BadPolicy(file.name, key, f"value {wrong}") from None
    since = raw.get("effective_from", about.effective_from)
    source = raw.get("source", Source.REGULATION)
    if source not in (Source.REGULATION, Source.SYSTEM):
        raise BadPolicy(file.name, key, 'source 只能写 "system"（系统默认）或不写')
    unchecked = raw.get("check_original", False)
    if source == Source.REGULATION:
        for needed in ["article"] + ([] if unchecked else ["quote"]):
            if not isinstance(raw.get(needed), str) or not raw[needed].strip():
                raise BadPolicy(file.name, key, f"缺少 {needed}：每个数值都要有条号和原文")
    cited = raw.get("article")
    document = raw.get("document", about.document)
    return Ruled(
        key=key,
        value=value,
        layer=about.code,
        source=Source(source),
        article=Article(document, cited, raw.get("quote", "")) if cited else None,
        effective_from=_date(file, key, since),
        check_original=unchecked,
        note=raw.get("note", ""),
        under=under,
    )


def _silence(
    file: PackFile, about: Head, key: str, raw: Raw, under: Ruled[Any] | None
) -> Ruled[Any]:
    """A silent layer: what lies under it holds, and the articles read are remembered."""
    searched = raw.get("searched")
    if raw.keys() - _SILENCE:
        raise BadPolicy(file.name, key, "写了 silent 就只能再写 searched 和 note")
    if not isinstance(searched, list) or not searched:
        raise BadPolicy(file.name, key, "缺少 searched：请写明查过哪些条")
    if not all(isinstance(one, str) and one for one in searched):
        raise BadPolicy(file.name, key, "searched 应是一列条号")
    lower = under if under is not None and under.value is not None else None
    return Ruled(
        key=key,
        value=lower.value if lower else None,
        layer=lower.layer if lower else about.code,
        source=lower.source if lower else Source.SILENT,
        article=lower.article if lower else None,
        effective_from=about.effective_from,
        searched=tuple(searched),
        check_original=lower.check_original if lower else False,
        note=raw.get("note", ""),
        under=under,
    )


def _date(file: PackFile, key: str, raw: object) -> dt.date:
    if raw == UNDATED:
        return dt.date.min
    if isinstance(raw, dt.datetime) or not isinstance(raw, dt.date):
        raise BadPolicy(file.name, key, "effective_from 应写成 2024-03-01 这样的日期，不加引号")
    return raw


def _expiry(top: Head, valid_for: Ruled[Any]) -> dt.date | None:
    if valid_for.value is None or valid_for.value.unit is not Unit.YEAR:
        return None
    since = top.effective_from
    leap = since.month == 2 and since.day == 29
    return since.replace(year=since.year + valid_for.value.amount, day=28 if leap else since.day)


# ----------------------------------------------------------------------------- a version, kept


def text_of(policy: Policy) -> str:
    """Every table a policy was made of, as the canonical JSON its version is the digest of."""
    return _canonical([list(layer) for layer in policy.layers])


def from_text(text: str, version: str, on: dt.date) -> Policy:
    """The policy of ``on`` by the tables that :func:`text_of` wrote for ``version``, whatever has
    become of the files since. Raises BadPolicy when the text is not that version's."""
    code = version.rpartition("-")[0]
    if _version(code, text) != version:
        raise BadPolicy(version, "整个文本", "与版本号不符，已被改动或损坏，请从备份恢复")
    files = []
    for layer in json.loads(text):
        for tables in layer:
            own = "area" not in tables["pack"]
            name = f"{version}{KEPT}"
            files.append(PackFile(name, _dated(tables), own))
    return parse(files, code, on)


def _dated(raw: Any) -> Any:
    """Tables from JSON, with the dates of ``effective_from`` as they were in the file."""
    if isinstance(raw, list):
        return [_dated(one) for one in raw]
    if not isinstance(raw, dict):
        return raw
    return {
        key: dt.date.fromisoformat(value)
        if key == "effective_from" and value != UNDATED
        else _dated(value)
        for key, value in raw.items()
    }


def _text(chain: list[list[PackFile]]) -> str:
    return _canonical([[file.tables for file in layer] for layer in chain])


def _canonical(tables: list[list[Raw]]) -> str:
    return json.dumps(tables, ensure_ascii=False, sort_keys=True, default=str)


def _version(code: str, text: str) -> str:
    """The code and a digest of every table the policy was made of."""
    return f"{code}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
