"""Straight to the article of a law, however it is said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb_search.articles import Article, Basis, Section
from kb_search.locate import Cited, Documents, Place, cited, document_named
from tests.kb_search.shelves import article

LAWS = """
工伤保险条例 失业保险条例 社会保险费征缴暂行条例 住房公积金管理条例 劳动合同法实施条例
职工带薪年休假条例 中华人民共和国劳动合同法 中华人民共和国劳动法
中华人民共和国劳动争议调解仲裁法 中华人民共和国社会保险法 中华人民共和国民法典
中华人民共和国刑法 中华人民共和国行政处罚法 中华人民共和国行政复议法
中华人民共和国行政许可法 中华人民共和国消费者权益保护法 中华人民共和国食品安全法
中华人民共和国产品质量法 中华人民共和国价格法 中华人民共和国道路交通安全法
中华人民共和国道路交通安全法实施条例 机动车驾驶证申领和使用规定 物业管理条例
中华人民共和国城乡规划法 城市房地产开发经营管理条例 国有土地上房屋征收与补偿条例
供电营业规则 电力供应与使用条例 城镇燃气管理条例 城市供水条例 中华人民共和国环境保护法
中华人民共和国噪声污染防治法 中华人民共和国大气污染防治法 中华人民共和国水污染防治法
中华人民共和国固体废物污染环境防治法 中华人民共和国义务教育法 中华人民共和国教育法
中华人民共和国户口登记条例 居住证暂行条例 中华人民共和国居民身份证法
中华人民共和国治安管理处罚法 医疗保障基金使用监督管理条例 医疗事故处理条例
中华人民共和国传染病防治法 中华人民共和国疫苗管理法 保障农民工工资支付条例 最低工资规定
女职工劳动保护特别规定 集体合同规定 信访工作条例 中华人民共和国消防法
城市市容和环境卫生管理条例 城市道路管理条例 无障碍环境建设条例 个体工商户条例
优化营商环境条例 快递暂行条例
""".split()


@pytest.fixture(scope="module")
def shelf() -> Documents:
    known = Documents()
    for number, name in enumerate(LAWS):
        sections = tuple(Section(f"第{one}条", "……") for one in "一二三四五六七八九十")
        known.put(Article(f"law-{number}", name, sections))
    return known


def law(shelf: Documents, words: str) -> str:
    asked = cited(words)
    assert asked, words
    places = shelf.find(asked)
    return LAWS[int(places[0].article.removeprefix("law-"))] if places else ""


@pytest.mark.parametrize(
    ("words", "name", "clause"),
    [
        ("工伤保险条例第三十条", "工伤保险条例", (30, 0)),
        ("《工伤保险条例》第30条是怎么规定的", "工伤保险条例", (30, 0)),
        ("请问一下工伤保险条例里面的三十条", "工伤保险条例", (30, 0)),
        ("民法典第一千零四十二条", "民法典", (1042, 0)),
        ("刑法第一百三十三条之一", "刑法", (133, 1)),
        ("工伤保险条例 第 １４ 条 第一款", "工伤保险条例", (14, 0)),
    ],
)
def test_a_name_and_a_number_are_heard(words: str, name: str, clause: tuple[int, int]) -> None:
    assert cited(words) == Cited(name, clause)


@pytest.mark.parametrize("words", ["", "条例", "第三十条", "公积金怎么提取", "条", "第百条"])
def test_where_a_name_or_a_number_is_missing_nothing_is_named(words: str) -> None:
    assert cited(words) is None


@pytest.mark.parametrize("name", LAWS)
def test_each_law_is_found_by_its_whole_name(shelf: Documents, name: str) -> None:
    assert law(shelf, f"{name}第三条") == name


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("劳动合同法第十条", "中华人民共和国劳动合同法"),
        ("劳合法第十条", "中华人民共和国劳动合同法"),
        ("消费者权益法第八条", "中华人民共和国消费者权益保护法"),
        ("道交法第九条", "中华人民共和国道路交通安全法"),
        ("噪声法第二条", "中华人民共和国噪声污染防治法"),
        ("农民工工资条例第五条", "保障农民工工资支付条例"),
        ("公积金条例第五条", "住房公积金管理条例"),
        ("工商保险条例第十条", "工伤保险条例"),
        ("公上保险条利第十条", "工伤保险条例"),
        ("食品安全发第三条", "中华人民共和国食品安全法"),
        ("无业管理条例第六条", "物业管理条例"),
    ],
)
def test_a_shortened_or_misheard_name_is_known(shelf: Documents, said: str, name: str) -> None:
    assert law(shelf, said) == name


@pytest.mark.parametrize(
    "words", ["我钓了三条鱼", "门口有两条狗", "这条路走了十条街", "苹果手机第三条短信"]
)
def test_what_only_sounds_like_a_number_leads_nowhere(shelf: Documents, words: str) -> None:
    asked = cited(words)
    assert asked is None or shelf.find(asked) == ()


def test_the_law_itself_stands_before_what_rests_on_it_and_its_line_is_named() -> None:
    known = Documents()
    text = "总则。\n第一条　为了保障。\n　　第二条　适用范围。"
    known.put(Article("law", "工伤保险条例", (Section("第一章", text),)))
    known.put(article("how", "工伤怎么认定", basis=(Basis("工伤保险条例", "第二条第一款"),)))
    places = known.find(Cited("工伤保险条例", (2, 0)))
    assert places == (Place("law", 0, text.index("第二条")), Place("how"))
    assert known.find(Cited("工伤保险条例", (99, 0))) == (Place("law", exact=False),)


def test_an_article_that_goes_takes_its_names_with_it(shelf: Documents) -> None:
    known = Documents()
    known.put(article("how", "怎么认定", basis=(Basis("工伤保险条例", "第二条"),)))
    known.put(article("how", "怎么认定"))
    assert known.find(Cited("工伤保险条例", (2, 0))) == ()
    known.drop("how")
    known.drop("unknown")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("工伤保险条例", "工伤保险条例"),
        ("《物业管理条例》", "物业管理条例"),
        ("医疗机构管理条例（2022年修订）", "医疗机构管理条例（2022年修订）"),
        ("工伤怎么认定", ""),
        ("劳动合同法第十条怎么理解", ""),
    ],
)
def test_a_title_that_is_a_document_is_known_as_one(title: str, name: str) -> None:
    assert document_named(title) == name


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="第一二三十百千0123条之《》工伤保险条例 的，", max_size=30))
def test_no_words_are_too_strange(shelf: Documents, words: str) -> None:
    asked = cited(words)
    if asked:
        shelf.find(asked)
