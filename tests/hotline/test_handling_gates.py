"""Gates that a form already keeps, kept by the rules as well: a form may be anybody's."""

from __future__ import annotations

import datetime as dt

import pytest

from hotline.errors import Objected
from hotline.handle import act_on
from hotline.handling import Handling
from hotline.handling_gates import Asked
from hotline.handling_words import Act, Part, Stage
from hotline.words import TicketType
from tests.hotline import shipped

AT = dt.datetime(2026, 11, 2, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@pytest.mark.parametrize(
    ("stage", "act"), [(Stage.TO_DISPATCH, Act.DISPATCH), (Stage.DISPUTED, Act.SETTLE)]
)
@pytest.mark.parametrize("city", shipped.CITIES)
def test_whoever_sends_a_ticket_to_a_unit_names_it(city: str, stage: Stage, act: Act) -> None:
    here = Handling(type=TicketType.COMPLAINT, stage=stage, opened_at=AT)
    nobody = Asked(act=act, part=Part.CENTRE, by="某人", body="热线")
    with pytest.raises(Objected, match="要写明承办单位"):
        act_on(here, "T-1", nobody, AT, shipped.policy(city), shipped.calendar())
