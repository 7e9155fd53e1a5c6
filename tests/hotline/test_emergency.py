"""Which words mean an emergency, and what is said about why."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.classifier import Classifier, Sounds, features, spoken_part
from hotline.emergency import EmergencyModel, matter_part, notice
from hotline.errors import BadInput
from hotline.words import Service
from switchboard.models import emergency_model

MODEL = emergency_model()


@pytest.mark.parametrize(
    ("words", "service"),
    [
        ("屋里全是烟我们出不去", Service.FIRE),
        ("我家厨房着火了快来人", Service.FIRE),
        ("有人拿刀在小区门口砍人", Service.POLICE),
        ("我爸突然倒地上叫不醒了", Service.MEDICAL),
        ("两辆车撞一起了有人受伤卡在里面", Service.TRAFFIC),
        ("我不是问医保的老人现在喘不上气了", Service.MEDICAL),
        ("以前也报过警今天他拿刀堵在门口", Service.POLICE),
        ("门也打不开我跟孩子关电梯里了", Service.FIRE),
        ("池塘里有个娃在扑腾我不会水", Service.FIRE),
        ("客厅煤器罐呲呲漏气", Service.FIRE),
    ],
)
def test_an_emergency_is_heard_with_its_service(words: str, service: Service) -> None:
    alarm = notice(words, MODEL)
    assert alarm.level != "none"
    assert alarm.service is service


@pytest.mark.parametrize(
    "words",
    [
        "请问消防验收要交什么材料",
        "去年我家着火的赔偿到现在没给",
        "消防通道被车堵了物业不管",
        "我想报名红十字会的急救培训",
        "人已经救出来了就想问问赔偿找谁",
        "没着火就是锅烧糊了不用来",
        "楼道里停电动车我怕着火物业不管",
        "气得我心脏病都要犯了材料退了三回",
        "朝阳火车站怎么坐公交",
        "就命名的事想问一下要报哪个部门",
        "您好这里是市民热线请问有什么可以帮您",
        "好的谢谢",
        "有",
        "现在有几组",
        "我的电话是幺三八零幺幺零幺二零幺",
    ],
)
def test_what_only_sounds_like_one_raises_nothing(words: str) -> None:
    assert notice(words, MODEL).level == "none"


def test_an_emergency_told_over_two_segments_is_heard() -> None:
    assert notice(["我家厨房里头", "烧起来了火苗窜到房顶"], MODEL).service is Service.FIRE
    alone = max(notice(part, MODEL).p for part in ("有人在楼顶边上", "要往下跳"))
    assert notice(["有人在楼顶边上", "要往下跳"], MODEL).p >= alone


def test_an_emergency_inside_a_long_story_is_heard() -> None:
    story = (
        "我想问一下我们小区的物业费为什么又涨价了去年说好不涨的我们都交了三年了"
        "等一下等一下哎呀我家厨房着火了火很大快来人啊我先不说了"
    )
    assert notice(story, MODEL).level != "none"


@pytest.mark.parametrize("words", ["着火了", "有人拿刀砍人", "我妈晕倒了叫不醒", "撞车了有人流血"])
def test_a_short_clear_cry_is_red(words: str) -> None:
    assert notice(words, MODEL).level == "red"


def test_a_telephone_number_is_not_listened_to() -> None:
    assert matter_part("电话幺三八零幺幺零幺二零幺王芳") == "电话王芳"
    assert matter_part("快打幺二零") == "快打幺二零"


def test_silence_raises_nothing() -> None:
    assert notice("", MODEL).level == "none"
    assert notice([], MODEL).level == "none"
    assert notice("，。 ", MODEL).level == "none"


def test_the_reason_for_the_journal_holds_no_word_of_the_caller() -> None:
    alarm = notice("我家在幸福里着火了我叫王小明", MODEL)
    assert re.fullmatch(r"words 1\d\d p=[01]\.\d\d [a-z0-9+-]+", alarm.reason)
    assert "119" in alarm.reason


def test_the_explanation_quotes_what_was_heard() -> None:
    quoted = re.findall(r"“(.+?)”", notice("三楼着火了快来人啊", MODEL).explanation)
    assert "着火" in quoted
    assert all(word in "三楼着火了快来人啊" for word in quoted)


def test_the_reason_names_what_the_words_mean() -> None:
    assert "+fire" in notice("库房里头引着了", MODEL).reason


@given(st.lists(st.text(max_size=60), max_size=4))
def test_any_words_are_judged(segments: list[str]) -> None:
    alarm = notice(segments, MODEL)
    assert 0 <= alarm.p <= 1
    assert (alarm.level == "red") <= (alarm.p >= MODEL.red)


def test_probabilities_sum_to_one() -> None:
    found = features(spoken_part("着火了"), MODEL.sounds)
    assert sum(MODEL.classifier.probabilities(found).values()) == pytest.approx(1)


def test_words_that_sound_alike_share_their_sound() -> None:
    sounds = Sounds.parse({"zhao": "招着", "zao": "早", "huo": "货火", "lan": "蓝", "nang": "囊"})
    assert sounds.of("招货") == sounds.of("着火") == sounds.of("早火")
    assert sounds.of("蓝") == sounds.of("囊")
    assert sounds.of("X") == ["X"]


def test_weights_that_do_not_fit_are_refused_in_one_sentence() -> None:
    with pytest.raises(BadInput, match="类别数不符"):
        Classifier.parse({"classes": ["a", "b"], "scale": 1, "bias": [0], "weights": {}})
    with pytest.raises(BadInput, match="重新训练"):
        Classifier.parse({"classes": ["a"], "scale": 0, "bias": [0], "weights": {}})
    with pytest.raises(BadInput, match="重新训练"):
        EmergencyModel.parse({})
