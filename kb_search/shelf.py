"""Reads folders of article files; the demonstration's own is shipped here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kb_search.articles import Article, BadArticle, parse, unique

DEMO: Final = Path(__file__).parent / "demo"


def read(folder: Path = DEMO) -> tuple[Article, ...]:
    """Every article of a folder's ``*.toml``, by file name.

    Raises BadArticle: a file that is no TOML of articles, an id used twice, no file at all.
    """
    articles: list[Article] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            raise BadArticle(path.name, "全文", "不是 UTF-8 编码，请另存为 UTF-8") from None
        articles += parse(text, path.name)
    if not articles:
        raise BadArticle(str(folder), "目录", "里面没有文章文件（*.toml）")
    unique(articles, str(folder))
    return tuple(articles)
