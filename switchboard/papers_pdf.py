"""A paper as PDF, set as 党政机关公文格式 (GB/T 9704) asks where it fits. Alone knows fpdf2.

A4, margins 37/26/35/28 mm, 22 lines of 28 characters of 16 pt, page numbers between dashes at the
outer edge. Only the characters used are embedded. A character that no font has is printed as 〓 and
counted.
"""

from __future__ import annotations

import datetime as dt
import logging
from itertools import groupby, zip_longest
from typing import Final

from fpdf import FPDF
from fpdf.fonts import TTFFont

from hotline.papers import Block, Closing, Form, Heading, Listing, Paper, Row, Words
from switchboard.papers_fonts import SIMPLIFIED, PaperFonts
from switchboard.papers_lines import broken, clean, paragraphs

logging.getLogger("fontTools").setLevel(logging.ERROR)
log = logging.getLogger(__name__)

TOP, RIGHT, BOTTOM, LEFT = 37.0, 26.0, 35.0, 28.0
WIDE, HIGH = 210.0, 297.0
ROOM: Final = WIDE - LEFT - RIGHT
FLOOR: Final = HIGH - BOTTOM
POINT: Final = 25.4 / 72
RULE: Final = 0.5 * POINT
LEADING: Final = 28 * POINT
TEXT, TITLE, SMALL, FOLIO = 16.0, 22.0, 12.0, 14.0
CELL: Final = 7.0
"""mm from line to line in a form."""
PAD: Final = 1.8
WHOLE: Final = 12
"""Lines of a row that go onto the next page rather than apart."""
LABEL: Final = 30.0
LACKING: Final = "〓"
_BASE: Final = 0.88
"""Of the size: from the top of a character's square to its base line."""


def pdf_of(paper: Paper, fonts: PaperFonts, at: dt.datetime) -> bytes:
    """The paper as a PDF file; ``at`` (aware) is its date."""
    sheet = _Sheet(fonts, paper.title, at)
    _head(sheet, paper)
    for block, after in zip_longest(paper.blocks, paper.blocks[1:]):
        _together(sheet, block, after, paper.note)
        _put(sheet, block)
    if paper.note:
        sheet.down(2.5)
        sheet.words(paper.note, SMALL, 20 * POINT, indent=False)
    return sheet.finish()


def _head(sheet: _Sheet, paper: Paper) -> None:
    for line in sheet.lines(paper.title, TITLE, ROOM, "bold"):
        sheet.centred(line, TITLE, "bold", 34 * POINT)
    sheet.down(4.0)
    if paper.left or paper.right:
        sheet.at(LEFT, paper.left, SMALL)
        sheet.at(WIDE - RIGHT - sheet.width(paper.right, SMALL), paper.right, SMALL)
        sheet.down(CELL)


def _together(sheet: _Sheet, block: Block, after: Block | None, note: str) -> None:
    """What no page parts: a heading and what it heads; a letter's last words, who signs and the
    note, for a page with a signature alone (此页无正文) is no paper."""
    match block, after:
        case Heading(), Listing():
            first = after.rows[0] if after.rows else ("",)
            cells = zip(first, _widths(after), strict=False)
            most = min(max(len(sheet.cell(text, wide)) for text, wide in cells), WHOLE)
            sheet.room(LEADING + max((1 + most) * CELL + 4 * PAD, 4 * CELL + 2 * PAD))
        case Words(), Closing():
            said = len(sheet.lines(block.text, TEXT, ROOM))
            noted = 2.5 + len(sheet.lines(note, SMALL, ROOM)) * 20 * POINT if note else 0.0
            sheet.room(LEADING * (min(said, 3) + 1 + len(after.lines)) + noted)
        case _:
            pass


def _put(sheet: _Sheet, block: Block) -> None:
    match block:
        case Words():
            sheet.words(block.text, TEXT, LEADING, indent=block.indent)
        case Heading():
            sheet.room(LEADING * 2)
            sheet.words(block.text, TEXT, LEADING, indent=True, face="bold")
        case Form():
            for row in block.rows:
                _row(sheet, row)
            sheet.down(1.0)
        case Listing():
            _listing(sheet, block)
        case Closing():
            _closing(sheet, block)


def _closing(sheet: _Sheet, block: Closing) -> None:
    """署名: centred over its date, four characters in from the right; kept together."""
    sheet.room(LEADING * (len(block.lines) + 1))
    sheet.down(LEADING)
    widest = max(sheet.width(line, TEXT) for line in block.lines)
    middle = WIDE - RIGHT - 4 * TEXT * POINT - widest / 2
    for line in block.lines:
        sheet.at(middle - sheet.width(line, TEXT) / 2, line, TEXT, LEADING)
        sheet.down(LEADING)


# ------------------------------------------------------------------------------------------ tables


def _row(sheet: _Sheet, row: Row) -> None:
    """A row of a form; a long one is broken between lines, with its labels on each page."""
    wide = ROOM / len(row.pairs) - LABEL
    labels = [sheet.cell(label, LABEL) for label, _ in row.pairs]
    cells = [sheet.cell(text, wide) for _, text in row.pairs]
    signing = len(row.sign)
    least = max(row.tall - signing, *(len(one) for one in (*labels, *cells)))
    start = 0
    while True:
        left = sheet.fitting(CELL, 2 * PAD)
        rest = least - start
        whole = rest + signing
        # A short row is not torn; of a long one no single line stays behind.
        if left < (whole if whole <= WHOLE else 2 + signing) and not sheet.fresh:
            sheet.turn()
            continue
        taken = rest if whole <= left else min(rest, left)
        last = start + taken == least and taken + signing <= left
        high = (taken + (signing if last else 0)) * CELL + 2 * PAD
        parts = [[one for one in cell[start : start + taken] if one] for cell in cells]
        _drawn_row(sheet, labels, parts, wide, high, level=row.tall == 1 and not signing)
        if last and signing:
            sheet.signs(row.sign, high)
        sheet.down(high)
        start += taken
        if last:
            return


def _drawn_row(
    sheet: _Sheet,
    labels: list[list[str]],
    parts: list[list[str]],
    wide: float,
    high: float,
    *,
    level: bool,
) -> None:
    """The boxes of a row; ``level``: words in the middle, as in rows of one line."""
    for number, (label, part) in enumerate(zip(labels, parts, strict=True)):
        x = LEFT + number * (LABEL + wide)
        sheet.box(x, LABEL, high)
        sheet.box(x + LABEL, wide, high)
        sheet.middle(x, LABEL, high, label)
        lower = (high - 2 * PAD - len(part) * CELL) / 2 if level else 0.0
        sheet.stack(x + LABEL + PAD, PAD + lower, part)


def _widths(table: Listing) -> list[float]:
    whole = sum(table.shares)
    return [ROOM * share / whole for share in table.shares]


def _listing(sheet: _Sheet, table: Listing) -> None:
    widths = _widths(table)
    _listed(sheet, table.head, widths, table.head, is_head=True)
    for row in table.rows:
        _listed(sheet, row, widths, table.head)
    if not table.rows:
        sheet.box(LEFT, ROOM, CELL + 2 * PAD)
        sheet.middle(LEFT, ROOM, CELL + 2 * PAD, ["还没有办理记录"])
        sheet.down(CELL + 2 * PAD)


def _listed(
    sheet: _Sheet,
    row: tuple[str, ...],
    widths: list[float],
    head: tuple[str, ...],
    *,
    is_head: bool = False,
) -> None:
    cells = [sheet.cell(text, wide) for text, wide in zip(row, widths, strict=True)]
    most = max(len(one) for one in cells)
    start = 0
    while start < most:
        left = sheet.fitting(CELL, 2 * PAD)
        rest = most - start
        torn = left < (rest if rest <= WHOLE else 2) and not sheet.fresh
        if torn or (is_head and left < 4):
            sheet.turn()
            if not is_head:
                _listed(sheet, head, widths, head, is_head=True)
            continue
        taken = min(rest, left)
        high = taken * CELL + 2 * PAD
        x = LEFT
        for cell, wide in zip(cells, widths, strict=True):
            sheet.box(x, wide, high)
            if is_head:
                sheet.middle(x, wide, high, cell, "bold")
            else:
                sheet.stack(x + PAD, PAD, cell[start : start + taken])
            x += wide
        sheet.down(high)
        start += taken


# ------------------------------------------------------------------------------------------- sheet


class _Sheet:
    """Where the pen is, and what it can do. All measures in mm, sizes in points."""

    def __init__(self, fonts: PaperFonts, title: str, at: dt.datetime) -> None:
        pdf = FPDF(unit="mm", format="A4")
        pdf.set_auto_page_break(auto=False)
        pdf.set_title(clean(title))
        pdf.set_lang("zh-CN")
        pdf.set_creation_date(at)
        pdf.set_producer("jiesu")
        pdf.add_font("text", fname=fonts.text, collection_font_number=_face(fonts.text.suffix))
        pdf.add_font("bold", fname=fonts.bold, collection_font_number=_face(fonts.bold.suffix))
        self._pdf = pdf
        self._has = {name: self._characters(name) for name in ("text", "bold")}
        self._rare = fonts.rare
        self._y = 0.0
        self._widths: dict[tuple[str, str], float] = {}
        self.lacking = 0
        self.turn()

    def turn(self) -> None:
        """A new page with its number (页码): outer edge, one character in."""
        self._pdf.add_page()
        self._pdf.set_line_width(RULE)
        folio = f"— {self._pdf.page} —"
        wide, inset = self.width(folio, FOLIO), FOLIO * POINT
        odd = self._pdf.page % 2 == 1
        self._y = FLOOR + 7.0
        self.at(WIDE - RIGHT - inset - wide if odd else LEFT + inset, folio, FOLIO, 5.0)
        self._y = TOP
        self.fresh = True

    def down(self, by: float) -> None:
        """Move the pen down; nothing is turned."""
        self._y += by
        self.fresh = False

    def room(self, high: float) -> None:
        """A new page where less than this is left."""
        if self._y + high > FLOOR + 0.01:
            self.turn()

    def fitting(self, each: float, beside: float) -> int:
        """How many lines of a table still fit."""
        return max(int((FLOOR - self._y - beside + 0.01) / each), 0)

    # ---- text
    def width(self, text: str, size: float, face: str = "text") -> float:
        return sum(self._wide(one, face) for one in text) * size * POINT

    def _wide(self, one: str, face: str) -> float:
        """Of one character, in parts of the size."""
        known = self._widths.get((one, face))
        if known is None:
            drawn, name = self._drawn(one, face)
            self._pdf.set_font(name, size=100)
            known = self._pdf.get_string_width(drawn) / (100 * POINT)
            self._widths[one, face] = known
        return known

    def _drawn(self, one: str, face: str) -> tuple[str, str]:
        """What is drawn for a character, and with which font."""
        for name in (face, "text"):
            if ord(one) in self._has[name]:
                return one, name
        if self._rare is not None and "rare" not in self._has:
            # Large and seldom wanted: opened with the first character that needs it.
            self._pdf.add_font("rare", fname=self._rare)
            self._has["rare"] = self._characters("rare")
        if ord(one) in self._has.get("rare", ()):
            return one, "rare"
        self.lacking += 1
        return LACKING, face

    def _characters(self, name: str) -> frozenset[int]:
        font = self._pdf.fonts[name]
        return frozenset(font.cmap) if isinstance(font, TTFFont) else frozenset()

    def lines(self, text: str, size: float, room: float, face: str = "text") -> list[str]:
        """A text in lines."""
        found: list[str] = []
        for one in paragraphs(text):
            found += broken(one, lambda part: self.width(part, size, face), room)
        return found

    def cell(self, text: str, wide: float) -> list[str]:
        """What stands in a cell of this width, in lines."""
        return self.lines(text, SMALL, wide - 2 * PAD)

    def at(
        self,
        x: float,
        text: str,
        size: float,
        high: float = CELL,
        face: str = "text",
        spread: float = 0.0,
    ) -> None:
        """One line, its square in the middle of ``high``. ``spread`` mm between characters."""
        top = self._y + (high - size * POINT) / 2
        base = top + _BASE * size * POINT
        drawn = [self._drawn(one, face) for one in text]
        self._pdf.set_char_spacing(spread / POINT)
        for name, run in groupby(drawn, key=lambda pair: pair[1]):
            part = "".join(one for one, _ in run)
            self._pdf.set_font(name, size=size)
            self._pdf.text(x, base, part)
            x += sum(self._wide(one, face) for one in part) * size * POINT + spread * len(part)
        self._pdf.set_char_spacing(0)

    def centred(self, text: str, size: float, face: str, high: float) -> None:
        """A line of the title."""
        self.at(LEFT + (ROOM - self.width(text, size, face)) / 2, text, size, high, face)
        self.down(high)

    def words(
        self, text: str, size: float, leading: float, *, indent: bool, face: str = "text"
    ) -> None:
        """Paragraphs, both edges even."""
        dent = 2 * size * POINT if indent else 0.0
        for one in paragraphs(text):
            found = broken(one, lambda part: self.width(part, size, face), ROOM, ROOM - dent)
            for number, line in enumerate(found):
                self.room(leading)
                x = LEFT + (dent if number == 0 else 0.0)
                spread = self._spread(line, size, WIDE - RIGHT - x, face)
                self.at(x, line, size, leading, face, 0.0 if line is found[-1] else spread)
                self.down(leading)

    def _spread(self, line: str, size: float, room: float, face: str) -> float:
        """What each gap gets so that the line ends at the edge; none where it would show."""
        gap = room - self.width(line, size, face)
        return gap / (len(line) - 1) if len(line) > 1 and 0 < gap < 3 * size * POINT else 0.0

    # ---- tables
    def box(self, x: float, wide: float, high: float) -> None:
        self._pdf.rect(x, self._y, wide, high)

    def stack(self, x: float, lower: float, lines: list[str]) -> None:
        """Lines one under another, from this far below the pen."""
        kept = self._y
        self._y += lower
        for line in lines:
            self.at(x, line, SMALL)
            self._y += CELL
        self._y = kept

    def middle(
        self, x: float, wide: float, high: float, lines: list[str], face: str = "text"
    ) -> None:
        """Lines in the middle of a box."""
        kept = self._y
        self._y += (high - len(lines) * CELL) / 2
        for line in lines:
            self.at(x + (wide - self.width(line, SMALL, face)) / 2, line, SMALL, CELL, face)
            self._y += CELL
        self._y = kept

    def signs(self, lines: tuple[str, ...], high: float) -> None:
        """Where hands and seals go: at the foot of a row, towards the right."""
        kept = self._y
        self._y += high - PAD - len(lines) * CELL
        for line in lines:
            self.at(WIDE - RIGHT - 8.0 - self.width(line, SMALL), line, SMALL)
            self._y += CELL
        self._y = kept

    def finish(self) -> bytes:
        """The file."""
        if self.lacking:
            log.warning("characters without a glyph", extra={"count": self.lacking})
        return bytes(self._pdf.output())


def _face(suffix: str) -> int:
    return SIMPLIFIED if suffix == ".ttc" else 0
