"""Articles as files and back without loss: tables (XLSX, CSV), Markdown, JSON lines. Pure.

What :func:`hotline.knowledge_rules.tidied` gives comes out of every format as it went in. A cell
that its plain way of writing could not give back is written as JSON.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from hotline.errors import BadInput
from hotline.knowledge import Content, Ground, Passage, Reach
from hotline.knowledge_rules import tidied
from hotline.policy import ZONE
from ledger.rows import canonical, from_json, to_json

Entry = tuple[str, Content]
"""The id of an article, and what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One article of a file, or why it is none. ``row`` is the line of the file it begins in."""

    row: int
    id: str
    content: Content | None
    problem: str = ""
    title: str = ""


def id_of(title: str) -> str:
    """The id of an article that a file gives none: the same title, the same id."""
    return f"kb-{hashlib.sha256(title.encode()).hexdigest()[:12]}"


def checked(row: int, id_: str, content: Content) -> Line:
    """A line whose id is one, tidied."""
    content = tidied(content)
    id_ = id_.strip() or id_of(content.title)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", id_):
        why = f"编号“{id_[:20]}”只能用字母、数字、- 和 _，最多64个"
        return Line(row=row, id=id_[:64], content=None, problem=why, title=content.title)
    return Line(row=row, id=id_, content=content, title=content.title)


# ------------------------------------------------------------------------------------------ cells


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for one in text.split("\n") if (line := one.strip()))


def _list(values: Sequence[str]) -> str:
    plain = "\n".join(values)
    return (
        plain
        if _lines(plain) == tuple(values) and plain[:1] != "["
        else json.dumps(list(values), ensure_ascii=False)
    )


def _unlist(text: str) -> tuple[str, ...]:
    if text.startswith("["):
        found = json.loads(text)
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise ValueError("应是文字的列表")
        return tuple(found)
    return _lines(text)


_GROUND: Final = re.compile(r"《([^《》]+)》(.*)")


def ground_of(text: str) -> Ground:
    """《文件名》第几条; a name without its marks is one too. Raises ValueError."""
    found = _GROUND.fullmatch(text.strip())
    if found:
        return Ground(found[1], found[2].strip())
    if "《" in text or "》" in text or not text.strip():
        raise ValueError(f"“{text[:30]}”应写成《文件名》第几条")
    return Ground(text.strip())


def _passages(values: Sequence[Passage]) -> str:
    plain = "\n".join(f"【{one.heading}】\n{one.text}" for one in values)
    try:
        if _unpassages(plain) == tuple(values):
            return plain
    except ValueError:
        pass
    return json.dumps([[one.heading, one.text] for one in values], ensure_ascii=False)


def _unpassages(text: str) -> tuple[Passage, ...]:
    if text.startswith("["):
        return tuple(Passage(str(heading), str(body)) for heading, body in json.loads(text))
    found: list[tuple[str, list[str]]] = []
    for line in text.split("\n"):
        if heading := re.fullmatch(r"【(.+)】\s*", line):
            found.append((heading[1], []))
        elif found:
            found[-1][1].append(line)
        elif line.strip():
            found.append(("说明", [line]))
    return tuple(Passage(heading, "\n".join(body).strip()) for heading, body in found)


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    if re.fullmatch(r"\d{5}(\.0+)?", text):  # a date as table programs count it
        return dt.date(1899, 12, 30) + dt.timedelta(days=int(float(text)))
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text)
    if not found:
        raise ValueError(f"“{text[:20]}”应写成 2026-10-01")
    return dt.date(int(found[1]), int(found[2]), int(found[3]))


def _moment(text: str) -> dt.datetime | None:
    if not text:
        return None
    try:
        found = dt.datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        raise ValueError(f"“{text[:30]}”应写成 2026-10-01T09:00") from None
    return found if found.tzinfo else found.replace(tzinfo=ZONE)


def _moment_text(value: dt.datetime | None) -> str:
    return value.astimezone(ZONE).isoformat() if value else ""


def _reach(text: str) -> Reach:
    name = text.removesuffix("适用")
    if name and name not in list(Reach):
        raise ValueError(f"不认识“{text[:10]}”，应写外部或内部")
    return Reach(name) if name else Reach.EXTERNAL


@dataclass(frozen=True, slots=True)
class _Column:
    label: str
    field: str
    write: Callable[[Any], str] = str
    read: Callable[[str], Any] = str


_COLUMNS: Final = (
    _Column("标题", "title"),
    _Column("分类", "category"),
    _Column("答复口径", "words"),
    _Column("其他栏目", "passages", _passages, _unpassages),
    _Column("常见问法", "asked", _list, _unlist),
    _Column("适用范围", "scope"),
    _Column("适用主体", "subjects"),
    _Column("适用条件", "conditions"),
    _Column(
        "依据",
        "grounds",
        lambda grounds: _list([str(one) for one in grounds]),
        lambda text: tuple(ground_of(one) for one in _unlist(text)),
    ),
    _Column("关联知识", "related", _list, _unlist),
    _Column("办理单位", "unit"),
    _Column("联系方式", "contact"),
    _Column("服务时间", "hours"),
    _Column("内部或外部", "reach", lambda reach: reach.value, _reach),
    _Column("有效期起", "valid_from", lambda day: day.isoformat() if day else "", _day),
    _Column("有效期止", "valid_to", lambda day: day.isoformat() if day else "", _day),
    _Column("公开时间", "embargo_until", _moment_text, _moment),
    _Column("来源", "source"),
)
HEADINGS: Final = ("编号", *(column.label for column in _COLUMNS))
_BY_LABEL: Final = {column.label: column for column in _COLUMNS}
_BY_FIELD: Final = {column.field: column for column in _COLUMNS}


def cells(entry: Entry) -> list[str]:
    """The row of an article, in the order of HEADINGS."""
    id_, content = entry
    return [id_, *(column.write(getattr(content, column.field)) for column in _COLUMNS)]


def _content(texts: Mapping[str, str]) -> Content:
    """Raises ValueError with one sentence."""
    values: dict[str, Any] = {}
    for label, text in texts.items():
        column = _BY_LABEL[label]
        try:
            values[column.field] = column.read(text)
        except json.JSONDecodeError:
            raise ValueError(f"{label}：方括号开头的内容不是 JSON，请去掉方括号") from None
        except (TypeError, ValueError) as wrong:
            raise ValueError(f"{label}：{wrong}") from None
    return Content(**{"title": "", "words": "", **values})


def from_rows(rows: Sequence[Sequence[str]]) -> list[Line]:
    """The articles of a table whose first row has the headings, in any order. Raises BadInput
    where that row is no such row; a wrong row is a line with its problem."""
    if not rows:
        raise BadInput("file", "文件是空的，第一行应是列名")
    heads = [one.strip().lstrip("\ufeff") for one in rows[0]]
    if strange := [one for one in heads if one and one not in HEADINGS]:
        raise BadInput(
            "file", f"不认识的列：{'、'.join(strange[:5])}。可用的列：{'、'.join(HEADINGS)}"
        )
    if missing := [one for one in ("标题", "答复口径") if one not in heads]:
        raise BadInput("file", f"缺少列：{'、'.join(missing)}")
    if len(set(filter(None, heads))) < len(list(filter(None, heads))):
        raise BadInput("file", "有重复的列名")
    found: list[Line] = []
    for number, row in enumerate(rows[1:], start=2):
        texts = {head: text.strip() for head, text in zip(heads, row, strict=False) if head}
        if any(texts.values()):
            found.append(_read(number, texts.pop("编号", ""), texts))
    return found


def _read(row: int, id_: str, texts: Mapping[str, str]) -> Line:
    try:
        return checked(row, id_, _content(texts))
    except ValueError as wrong:
        title = texts.get("标题", "")
        return Line(row=row, id=id_, content=None, problem=str(wrong), title=title)


# -------------------------------------------------------------------------------------- JSON lines


def to_jsonl(entries: Iterable[Entry]) -> str:
    """A line of JSON for each article."""
    return "".join(f"{canonical({'id': id_, **to_json(one)})}\n" for id_, one in entries)


def from_jsonl(text: str) -> list[Line]:
    """Each line an object with ``title``, ``words`` and the other fields of Content."""
    found: list[Line] = []
    for number, line in enumerate(text.lstrip("\ufeff").split("\n"), start=1):
        if line.strip():
            found.append(_json_line(number, line))
    return found


def entry_of(data: object) -> tuple[str, Content]:
    """(id, content) of an object as JSON has it. Raises BadInput with one sentence."""
    if not isinstance(data, dict):
        raise BadInput("entry", "应是一个 JSON 对象")
    known = {one.name for one in fields(Content)}
    if strange := sorted(set(data) - known - {"id"}):
        raise BadInput("entry", f"不认识的字段 {'、'.join(strange[:5])}")
    id_ = data.get("id", "")
    if not isinstance(id_, str):
        raise BadInput("entry", "id 应是文字")
    body = {key: value for key, value in data.items() if key != "id"}
    try:
        content: Content = from_json(Content, body)
    except (ValueError, TypeError) as wrong:
        raise BadInput("entry", f"字段的形式不对：{str(wrong)[:120]}") from None
    return id_, content


def _json_line(number: int, line: str) -> Line:
    try:
        id_, content = entry_of(json.loads(line))
    except (ValueError, RecursionError):
        return Line(row=number, id="", content=None, problem="这一行不是 JSON")
    except BadInput as wrong:
        return Line(row=number, id="", content=None, problem=wrong.why)
    return checked(number, id_, content)


# ---------------------------------------------------------------------------------------- Markdown

_HEAD: Final = ("category", "unit", "reach", "valid_from", "valid_to", "embargo_until", "source")
_BODY: Final = ("words", "scope", "subjects", "conditions", "contact", "hours")
_LISTS: Final = ("asked", "grounds", "related")
_SECTIONS: Final = {_BY_FIELD[one].label: one for one in (*_BODY, *_LISTS)}


def to_markdown(entries: Iterable[Entry]) -> str:
    """One after the other: ``# title``, ``- 键：值`` lines, a ``##`` section for each field."""
    return "\n".join(_markdown(id_, content) for id_, content in entries)


def _markdown(id_: str, content: Content) -> str:
    lines = [f"# {content.title}", "", f"- 编号：{id_}"]
    for name in _HEAD:
        column = _BY_FIELD[name]
        if text := column.write(getattr(content, name)):
            lines.append(f"- {column.label}：{text}")
    for name in _BODY:
        if text := getattr(content, name):
            lines += ["", f"## {_BY_FIELD[name].label}", "", _escaped(text)]
    for name in _LISTS:
        if values := getattr(content, name):
            lines += ["", f"## {_BY_FIELD[name].label}", ""]
            lines += [f"- {one}" for one in values]
    for one in content.passages:
        mark = "\\" if one.heading in _SECTIONS or one.heading.startswith("\\") else ""
        lines += ["", f"## {mark}{one.heading}", "", _escaped(one.text)]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return "\n".join(f"\\{line}" if line[:1] in ("#", "\\") else line for line in text.split("\n"))


def from_markdown(text: str) -> list[Line]:
    """What :func:`to_markdown` wrote, or a person did in its way."""
    found: list[Line] = []
    block: list[str] = []
    begun = 0
    for number, line in enumerate([*text.lstrip("\ufeff").split("\n"), "# "], start=1):
        if line.startswith("# "):
            if begun:
                found.append(_markdown_line(begun, block))
            begun, block = number, [line[2:]]
        elif begun:
            block.append(line)
        elif line.strip():
            why = "第一篇之前有文字，每篇以“# 标题”开头"
            found.append(Line(row=number, id="", content=None, problem=why))
            break
    return found


def _markdown_line(row: int, block: Sequence[str]) -> Line:
    heads: dict[str, str] = {}
    sections: list[tuple[str, list[str]]] = []
    for line in block[1:]:
        if line.startswith("## "):
            sections.append((line[3:].strip(), []))
        elif sections:
            sections[-1][1].append(line[1:] if line[:1] == "\\" else line)
        elif line.strip():
            pair = re.fullmatch(r"-\s*([^：:]+)[：:](.*)", line)
            if not pair:
                why = f"“{line[:20]}”应写成“- 键：值”，或写在“## ”标题之下"
                return Line(row=row, id="", content=None, problem=why, title=block[0])
            heads[pair[1].strip()] = pair[2].strip()
    id_ = heads.pop("编号", "")
    if strange := [one for one in heads if _BY_LABEL.get(one, _NONE).field not in _HEAD]:
        why = f"不认识的键 {'、'.join(strange[:3])}"
        return Line(row=row, id=id_, content=None, problem=why, title=block[0])
    texts, passages = _sections(sections)
    read = _read(row, id_, {"标题": block[0].strip(), **heads, **texts})
    if read.content is None:
        return read
    return checked(row, read.id, replace(read.content, passages=passages))


_NONE: Final = _Column("", "")


def _sections(
    sections: Sequence[tuple[str, list[str]]],
) -> tuple[dict[str, str], tuple[Passage, ...]]:
    """The fields of the known headings as cells of a table, and the other parts."""
    texts: dict[str, str] = {}
    passages: list[Passage] = []
    for heading, lines in sections:
        body = "\n".join(lines).strip()
        field = _SECTIONS.get(heading)
        if field is None or heading in texts:
            passages.append(Passage(heading.removeprefix("\\"), body))
        elif field in _LISTS:
            items = [one[1:].strip() if one[:1] in "-*" else one for one in _lines(body)]
            texts[heading] = json.dumps(items, ensure_ascii=False)
        else:
            texts[heading] = body
    return texts, tuple(passages)
