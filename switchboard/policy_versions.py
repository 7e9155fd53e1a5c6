"""The policy a ticket was opened under, whatever has become of the pack's file since."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from hotline.packs import from_text, text_of
from hotline.policy import ZONE, Policy
from hotline.words import Ticket
from ledger.policy_texts import PolicyTexts

Rule = Callable[[dt.datetime], Policy]
DAYS_KNOWN: Final = 64
"""Days of which the policy is remembered, those used last; each is about a tenth of a megabyte."""
NOT_KEPT: Final = "登记时所依的规定文本没有保存，以下按现行文件中登记之日有效的规定推算，请核对"


class PolicyVersions:
    """``rule`` gives the policy in force at a moment by the files as they are now."""

    def __init__(self, texts: PolicyTexts, rule: Rule) -> None:
        self._texts = texts
        self._rule = rule
        self._known: dict[tuple[str, dt.date], Policy] = {}
        self._kept: set[str] = set()

    def unkept(self, policy: Policy) -> str:
        """The text to keep with a ticket opened under this policy; empty where this process knows
        it to be kept."""
        return "" if policy.version in self._kept else text_of(policy)

    async def of(self, ticket: Ticket) -> tuple[Policy, str]:
        """The policy of a ticket's own version, and a sentence for its page where that cannot be
        had: a ticket of a release that kept no texts, whose file was changed meanwhile."""
        day = ticket.opened_at.astimezone(ZONE).date()
        known = self._known.pop((ticket.policy_version, day), None)
        if known is not None:
            self._known[ticket.policy_version, day] = known
            return known, ""
        text = await self._texts.of(ticket.policy_version)
        if text is not None:
            self._kept.add(ticket.policy_version)
            found = from_text(text, ticket.policy_version, day)
        else:
            found = self._rule(ticket.opened_at)
            if found.version != ticket.policy_version:
                return found, NOT_KEPT
            await self._texts.keep(found.version, text_of(found))
        self._known[ticket.policy_version, day] = found
        while len(self._known) > DAYS_KNOWN:
            self._known.pop(next(iter(self._known)))
        return found, ""
