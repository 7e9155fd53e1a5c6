"""A pack that an official spoilt gives one sentence: which file, which key, why."""

from __future__ import annotations

from pathlib import Path

import pytest

from switchboard.cli import main

HEAD = """[pack]
code = "zhaoqing"
document = "通知（肇高管办函〔2026〕8号）"
effective_from = 2026-07-01
"""
LIMIT = """[limits.complaint]
value = "10个工作日"
article = "第一条"
quote = "投诉、举报事项十个工作日内办结"
"""
GOOD = HEAD + LIMIT


def spoilt(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


BAD = [
    ("引号没有收尾", spoilt('"第一条"', '"第一条'), "整个文件", "读不懂"),
    ("方括号没有收尾", spoilt("[limits.complaint]", "[limits.complaint"), "整个文件", "读不懂"),
    ("中文引号", spoilt('"10个工作日"', "“10个工作日”"), "整个文件", "读不懂"),
    ("空文件", "", "pack", ""),
    ("没有头", LIMIT, "pack", ""),
    ("没有代码", spoilt('code = "zhaoqing"\n', ""), "code", ""),
    ("没有这个地方", spoilt('"zhaoqing"', '"atlantis"'), "atlantis", ""),
    ("没有文件名", spoilt('document = "通知（肇高管办函〔2026〕8号）"\n', ""), "document", ""),
    ("没有文号", spoilt("（肇高管办函〔2026〕8号）", ""), "document", "文号"),
    ("施行日期加了引号", spoilt("2026-07-01", '"2026-07-01"'), "effective_from", "日期"),
    ("施行日期不存在", spoilt("2026-07-01", "2026-02-30"), "整个文件", "读不懂"),
    ("项名写错", spoilt("limits.complaint", "limits.complain"), "limits.complain", "没有这一项"),
    ("节名写错", spoilt("limits.complaint", "limit.complaint"), "limit", "没有这一节"),
    ("没有条号", spoilt('article = "第一条"\n', ""), "limits.complaint", "article"),
    (
        "没有原文",
        spoilt('quote = "投诉、举报事项十个工作日内办结"\n', ""),
        "limits.complaint",
        "quote",
    ),
    ("没有数值", spoilt('value = "10个工作日"\n', ""), "limits.complaint", ""),
    ("单位写错", spoilt("10个工作日", "10个上班日"), "limits.complaint", "15个工作日"),
    ("数值写成汉字", spoilt('"10个工作日"', "true"), "limits.complaint", ""),
    ("负数", spoilt("10个工作日", "-3个工作日"), "limits.complaint", "15个工作日"),
    ("多写一项", spoilt("quote = ", 'author = "某人"\nquote = '), "limits.complaint", "author"),
    (
        "又静默又有数值",
        spoilt('value = "10个工作日"', 'value = "10个工作日"\nsilent = true'),
        "limits.complaint",
        "",
    ),
]


@pytest.mark.parametrize(("text", "key", "why"), [one[1:] for one in BAD], ids=[b[0] for b in BAD])
def test_a_spoilt_pack_is_one_sentence_with_file_key_and_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, key: str, why: str
) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "期限.toml").write_text(text, encoding="utf-8")
    assert main(["city", "show", "zhaoqing", "--data", str(tmp_path)]) == 1
    told = capsys.readouterr().err.strip()
    assert len(told.splitlines()) == 1, told
    assert "期限.toml：" in told
    assert key in told
    assert why in told
    assert "Traceback" not in told


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01", "编码".encode("gb18030")])
def test_a_file_in_another_encoding_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "乱码.toml").write_bytes(content)
    assert main(["city", "list", "--data", str(tmp_path)]) == 1
    assert "乱码.toml：整个文件：读不懂" in capsys.readouterr().err


def test_the_same_pack_unspoilt_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "期限.toml").write_text(GOOD, encoding="utf-8")
    assert main(["city", "show", "zhaoqing", "--data", str(tmp_path)]) == 0
    assert "投诉办理期限：10个工作日" in capsys.readouterr().out
