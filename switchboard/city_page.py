"""The rules of two cities on their page, from the packs."""

from __future__ import annotations

from agent_desk import city_views as cv
from hotline.policy import Policy
from switchboard.city import policy_of, today
from switchboard.city_diff import Side, compare
from switchboard.policies import Packs


class DeskCities:
    """Implements :class:`agent_desk.city_views.Cities`; ``own`` is this installation's city."""

    def __init__(self, packs: Packs, own: str) -> None:
        self._packs = packs
        self._own = own

    def compare(self, left: str, right: str) -> cv.CitiesCompared:
        left = left or self._own
        right = right or next(code for code in self._packs.codes if code != left)
        on = today()
        here, there = policy_of(self._packs, left, on), policy_of(self._packs, right, on)
        return cv.CitiesCompared(
            cities=tuple(_city(policy_of(self._packs, code, on)) for code in self._packs.codes),
            left=_city(here),
            right=_city(there),
            rows=tuple(
                cv.RuleRow(
                    section=one.section,
                    label=one.label,
                    left=_said(one.left),
                    right=_said(one.right),
                    same=one.same,
                )
                for one in compare(here, there)
            ),
        )


def _city(policy: Policy) -> cv.City:
    return cv.City(code=policy.code, area=policy.area, document=policy.document)


def _said(one: Side) -> cv.Said:
    return cv.Said(text=one.text, standing=one.standing, quote=one.quote, silent=one.silent)
