"""What was asked and not found: worth an editor's look, without names and numbers, by its sound."""

from __future__ import annotations

import pytest

from switchboard.unfound import grouped, plain_question, sound_of_question, worth_asking
from tests.kb_search.test_demo import TALK


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("我叫张伟，想问宠物医院怎么登记", "我叫…，想问宠物医院怎么登记"),
        ("电话一三八零零零零一二三四，泡泡车位怎么申请", "电话…泡泡车位怎么申请"),
        ("我的号码是13800001234 怎么查", "我的号码是…怎么查"),
        ("身份证441202199001011234能办吗", "身份证…能办吗"),
        ("我姓欧阳，李先生让我问的", "…，…先生让我问的"),
        ("粤H8K2Z1的罚单怎么交，邮箱li.wei@a.cn", "…的罚单怎么交，邮箱…"),
        ("工单GZ-2026-0915-7办到哪了", "工单…办到哪了"),
        ("用A4纸打印gjj提取表，4G卡行吗", "用A4纸打印gjj提取表，4G卡行吗"),
        ("三岁的孩子 两种 证件怎么办", "三岁的孩子 两种 证件怎么办"),
    ],
)
def test_names_and_numbers_are_taken_out(said: str, kept: str) -> None:
    assert plain_question(said) == kept


def test_small_talk_is_not_worth_recording() -> None:
    recorded = [one for one in TALK if worth_asking(one)]
    assert len(recorded) <= len(TALK) * 0.02, recorded


@pytest.mark.parametrize(
    "question",
    [
        "泡泡车位怎么申请",
        "我想问一下宠物医院在哪里登记",
        "孩子转学需要什么材料",
        "无人机飞行要不要报备",
        "老房子加装电梯的补贴标准是多少",
    ],
)
def test_a_real_question_is_worth_recording(question: str) -> None:
    assert worth_asking(question)


def test_one_question_misheard_is_the_same_question() -> None:
    assert sound_of_question("公积金怎么提取") == sound_of_question("公鸡金怎么提取呢")
    assert sound_of_question("嗯 喂 你好") == ""


def test_questions_that_sound_nearly_alike_are_told_together_under_the_commonest() -> None:
    told = grouped(
        [
            ("泡泡车位怎么申请", 5, 4),
            ("泡泡车位申请怎么弄", 2, 2),
            ("宠物医院在哪里登记", 3, 3),
        ]
    )
    assert told == [("泡泡车位怎么申请", 7, 6), ("宠物医院在哪里登记", 3, 3)]
