"""What ``./jiesu city calendar`` does: each command gives the text to print."""

from __future__ import annotations

from pathlib import Path

from hotline.errors import BadInput
from switchboard import calendar_book as book
from switchboard.calendar_files import read_notice
from switchboard.calendar_recount import Recount
from switchboard.clock import utc_now
from switchboard.opening import opened
from switchboard.policies import load_calendar
from switchboard.settings import Settings
from switchboard.table_files import write_csv

BY = "command"
"""Who imported it, in the audit: whoever may run commands on this machine."""


async def bring_in(
    settings: Settings,
    file: Path,
    *,
    year: int | None,
    document: str,
    keep: bool,
    as_json: bool,
) -> tuple[bool, str]:
    """(whether a cell is wrong, what to print). Nothing is stored unless ``keep``.

    The notice is stored before the tickets are counted: should the machine stop in between, the
    next import of it, or the next start, counts the rest.
    """
    reading = read_notice(file, year=year, document=document)
    if reading.notice is None:
        wrong = book.wrong_data(reading)
        return True, book.as_json(wrong) if as_json else book.wrong_text(file.name, reading)
    preview = book.preview_of(settings.data, reading.notice)
    # A notice that is known already may have been stored by somebody whose machine then stopped.
    changed = None if preview.known else preview.changed
    async with opened(settings) as here:
        recount = Recount(here.ledger, here.rule, preview.after)
        if keep:
            book.store(settings.data, reading.notice)
            moved = await recount.apply(utc_now(), BY, changed)
        else:
            moved = await recount.preview(utc_now(), changed)
    if as_json:
        return False, book.as_json(book.preview_data(preview, moved, stored=keep))
    return False, book.preview_text(preview, moved, stored=keep)


def show(settings: Settings, year: int | None, *, as_json: bool) -> str:
    """Every year, or the notice of one."""
    load_calendar(settings.data)  # whatever is wrong with the files is said before anything else
    found = book.notices(settings.data)
    if year is None:
        if as_json:
            return book.as_json([book.notice_data(one) for _, one in sorted(found.items())])
        return book.years_text(settings.data, found)
    notice = book.year_of(found, year)
    return book.as_json(book.notice_data(notice)) if as_json else book.notice_text(notice)


def write_out(settings: Settings, year: int, to: Path | None) -> str:
    """The CSV itself, or where it was written."""
    load_calendar(settings.data)
    content = write_csv(book.year_of(book.notices(settings.data), year).rows())
    if to is None:
        return content.decode("utf-8-sig").rstrip("\r\n")
    try:
        with to.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise BadInput("to", f"{to} 已经存在，请换一个文件名") from None
    except OSError as refused:
        raise BadInput("to", f"不能写 {to}（{refused.strerror}），请换一个地方") from refused
    return f"{year}年的放假通知已写到 {to}"
