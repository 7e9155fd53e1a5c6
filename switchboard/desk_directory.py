"""The dispatch directory at a ticket: which entry speaks of it, and what the dispatch form says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from agent_desk.handling_views import ActForm, FormField
from hotline.deadlines import SetByLaw
from hotline.directory import Entry, Version, by_law, dispatched_at, governs, in_force
from hotline.handling import Handling
from hotline.handling_words import Act
from hotline.policy import Policy
from hotline.words import UnitId
from ledger.directory import DirectoryVersions

ASSIGNING = frozenset({Act.DISPATCH, Act.SETTLE})
"""Acts that name the unit."""


class TicketDirectory:
    """The directory as one ticket meets it. ``item`` is what the ticket is about: its category."""

    def __init__(self, versions: DirectoryVersions) -> None:
        self._versions = versions

    async def version(self, at: dt.datetime, policy: Policy) -> Version | None:
        """The version that governs a dispatch at ``at``."""
        return in_force(await self._versions.all(), at, policy.zone)

    async def limit(
        self,
        item: str,
        handling: Handling,
        policy: Policy,
        now: dt.datetime,
        to: UnitId | None = None,
    ) -> SetByLaw | None:
        """The limit the directory sets, by the version of the moment of dispatch (``now`` for one
        that is dispatched to ``to`` now). None before that, where the directory sets none, and
        where it speaks of several matters by this name."""
        at = dispatched_at(handling, now, to)
        if at is None or not governs(policy, handling.type):
            return None
        version = await self.version(at, policy)
        found = version.find(item, at.astimezone(policy.zone).date()) if version else ()
        return by_law(version, found[0]) if version and len(found) == 1 else None

    async def recommended(
        self, forms: Sequence[ActForm], item: str, policy: Policy, now: dt.datetime
    ) -> tuple[ActForm, ...]:
        """The forms, those of a dispatch with the units of the directory first and its words."""
        version = await self.version(now, policy)
        found = version.find(item, now.astimezone(policy.zone).date()) if version else ()
        if version is None or not found:
            return tuple(forms)
        return tuple(
            replace(one, fields=tuple(_first(field, version, found) for field in one.fields))
            if one.act in {act.value for act in ASSIGNING}
            else one
            for one in forms
        )


def _first(field: FormField, version: Version, found: Sequence[Entry]) -> FormField:
    """The field of the unit with what the directory recommends on top, each with its words."""
    if field.name != "unit":
        return field
    names = dict(field.options)
    options = [
        (entry.unit, f"{names[entry.unit]} — {told(version, entry)}")
        for entry in found
        if entry.unit in names
    ]
    top = {value for value, _ in options}
    rest = [(value, words) for value, words in field.options if value not in top]
    return replace(field, options=(*options, *rest))


def told(version: Version, entry: Entry) -> str:
    """What the directory says of a matter, in one line: office, limit, basis."""
    said = [f"{version.title}：{entry.item}"]
    if entry.sub_office:
        said.append(f"建议承办：{entry.sub_office}")
    said.append(f"期限：{entry.limit}" if entry.limit else "目录未定期限")
    said.append(f"依据：{entry.basis}")
    return "；".join(said)
