"""One purpose reaches one person once, and what was withdrawn is gone."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hotline.handling import follow
from hotline.handling_words import Act, Part
from hotline.knowledge_notices import UrgentWords
from hotline.messages import survey_key
from hotline.words import UserId
from tests.hotline.test_follow_ups import done
from tests.hotline.test_ratings import at, closed


def test_a_matter_that_is_handled_again_asks_with_a_survey_of_its_own() -> None:
    first = closed()
    again = done("zhaoqing", first, Act.REDO, Part.CENTRE, "11-13 11:00")
    assert survey_key("T", first) == survey_key("T", again) == "T.survey.1"
    twice = first.acts[-1]
    assert survey_key("T", follow(first, twice)) == "T.survey.2"


def test_urgent_words_stand_until_their_time_or_until_they_are_withdrawn() -> None:
    now = at("11-13 09:00")
    words = UrgentWords(
        id="u",
        title="停水",
        words="正在抢修",
        made_by=UserId("u2"),
        made_at=now,
        until=now + dt.timedelta(hours=2),
    )
    assert words.active(now)
    assert not words.active(now + dt.timedelta(hours=2))
    assert not replace(words, withdrawn_at=now).active(now)
