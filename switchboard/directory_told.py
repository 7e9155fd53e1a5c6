"""The dispatch directory in words and as plain data (ready for JSON)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hotline import directory_rows as dr
from hotline.directory import Affected, Entry, Version
from switchboard.directory_book import Preview

_COLUMNS: Final[Mapping[str, str]] = {
    "item": dr.ITEM,
    "basis": dr.BASIS,
    "unit": dr.UNIT,
    "limit": dr.LIMIT,
    "sub_office": dr.SUB_OFFICE,
    "keywords": dr.KEYWORDS,
    "effective_from": dr.BEGINS,
    "effective_to": dr.ENDS,
}
_SHOWN: Final = 20
"""So many tickets or rows are told one by one; the JSON has all."""
Names = Mapping[str, str]


def entry_data(entry: Entry, names: Names) -> dict[str, Any]:
    """``{"item","basis","unit","unit_name","limit","sub_office","keywords",…}``; days as ISO."""
    return {
        "item": entry.item,
        "basis": entry.basis,
        "unit": entry.unit,
        "unit_name": names.get(entry.unit, entry.unit),
        "limit": str(entry.limit) if entry.limit else None,
        "sub_office": entry.sub_office,
        "keywords": list(entry.keywords),
        "effective_from": entry.effective_from.isoformat() if entry.effective_from else None,
        "effective_to": entry.effective_to.isoformat() if entry.effective_to else None,
    }


def version_data(version: Version, names: Names) -> dict[str, Any]:
    """A version with its entries."""
    return version_head(version) | {"entries": [entry_data(one, names) for one in version.entries]}


def version_head(version: Version) -> dict[str, Any]:
    """``{"version","effective_from","stored_at","origin","count"}``."""
    return {
        "version": version.number,
        "effective_from": version.effective_from.isoformat(),
        "stored_at": version.stored_at.isoformat(),
        "origin": version.origin,
        "count": len(version.entries),
    }


def preview_data(preview: Preview, names: Names, *, stored: bool) -> dict[str, Any]:
    """What an import would change, or (``stored``) has changed."""
    changes = preview.difference
    return {
        "stored": stored,
        "version": preview.number,
        "effective_from": preview.effective_from.isoformat(),
        "count": len(preview.entries),
        "errors": [{"row": one.row, "column": one.column, "why": one.why} for one in preview.wrong],
        "new": [entry_data(one, names) for one in changes.new],
        "changed": [
            {
                "fields": list(one.names),
                "before": entry_data(one.before, names),
                "after": entry_data(one.after, names),
            }
            for one in changes.changed
        ],
        "removed": [entry_data(one, names) for one in changes.removed],
        "tickets": [_affected_data(one) for one in preview.affected],
    }


def _affected_data(one: Affected) -> dict[str, Any]:
    def of(entry: Entry | None) -> dict[str, str | None]:
        limit = str(entry.limit) if entry and entry.limit else None
        return {"unit": entry.unit if entry else None, "limit": limit}

    return {
        "ticket": one.case.ticket,
        "item": one.case.item,
        "dispatched": one.case.dispatched,
        "before": of(one.before),
        "after": of(one.after),
    }


def preview_text(preview: Preview, names: Names) -> str:
    """The preview for an official: wrong rows alone, else the changes and the open tickets."""
    if preview.wrong:
        lines = [f"{preview.origin}：有{len(preview.wrong)}处要改正，没有导入任何一行"]
        return "\n".join([*lines, *(f"  {one}" for one in preview.wrong)])
    lines = [
        f"派单目录第{preview.number}版：{len(preview.entries)}项，自{preview.effective_from}起施行"
    ]
    changes = preview.difference
    if preview.before is not None:
        lines.append(f"与第{preview.before.number}版相比：")
    lines.append(
        f"  新增{len(changes.new)}项，修改{len(changes.changed)}项，删去{len(changes.removed)}项"
    )
    lines += _some([f"  新增 {_line(one, names)}" for one in changes.new])
    for one in changes.changed[:_SHOWN]:
        lines.append(f"  修改 {one.after.item}")
        before, after = _shown(one.before, names), _shown(one.after, names)
        lines += [
            f"      {_COLUMNS[name]}：{before[name] or '（空）'} → {after[name] or '（空）'}"
            for name in one.names
        ]
    if len(changes.changed) > _SHOWN:
        lines.append(f"  ……另有{len(changes.changed) - _SHOWN}项修改，--json 列出全部")
    lines += _some([f"  删去 {_line(one, names)}" for one in changes.removed])
    return "\n".join([*lines, *_tickets(preview.affected, names)])


def _tickets(affected: Sequence[Affected], names: Names) -> list[str]:
    waiting = [one for one in affected if not one.case.dispatched]
    sent = [one for one in affected if one.case.dispatched]
    lines = [f"未派出的工单：{len(waiting)}件的推荐单位或期限会变"]
    lines += _some([_affected(one, names) for one in waiting])
    lines.append(f"已派出的工单：期限不变；另行转派时{len(sent)}件会按新目录")
    return lines + _some([_affected(one, names) for one in sent])


def _affected(found: Affected, names: Names) -> str:
    parts, sides = [], (found.before, found.after)
    if found.other_unit:
        before, after = (names.get(one.unit, one.unit) if one else "目录没有" for one in sides)
        parts.append(f"{before} → {after}")
    if found.other_limit:
        before, after = (str(one.limit) if one and one.limit else "没有期限" for one in sides)
        parts.append(f"{before} → {after}")
    return f"  {found.case.ticket} {found.case.item}：" + "，".join(parts)


def _some(lines: list[str]) -> list[str]:
    if len(lines) <= _SHOWN:
        return lines
    return [*lines[:_SHOWN], f"  ……另有{len(lines) - _SHOWN}项，--json 列出全部"]


def versions_text(versions: Sequence[Version], shown: Version, names: Names) -> str:
    """Every version in a line, then the entries of one."""
    lines = [
        f"第{one.number}版  自{one.effective_from}起  {len(one.entries)}项  来自{one.origin}"
        + ("  ←" if one.number == shown.number else "")
        for one in versions
    ]
    lines += ["", f"{shown.title}，自{shown.effective_from}起施行"]
    for entry in shown.entries:
        lines += [f"  {_line(entry, names)}", f"      依据：{entry.basis}"]
        if entry.keywords:
            lines.append("      关键词：" + "、".join(entry.keywords))
    return "\n".join(lines)


def _line(entry: Entry, names: Names) -> str:
    said = [entry.item, names.get(entry.unit, entry.unit)]
    if entry.sub_office:
        said.append(f"建议由{entry.sub_office}承办")
    said.append(str(entry.limit) if entry.limit else "未定期限")
    if entry.effective_from:
        said.append(f"自{entry.effective_from}")
    if entry.effective_to:
        said.append(f"至{entry.effective_to}")
    return "  ".join(said)


def _shown(entry: Entry, names: Names) -> dict[str, str]:
    found = entry_data(entry, names)
    found["unit"] = found["unit_name"]
    found["keywords"] = "、".join(entry.keywords)
    return {name: str(found[name] or "") for name in _COLUMNS}
