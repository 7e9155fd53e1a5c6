"""A table that somebody chose on a page: read, looked at, and sent along to be brought in."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from hotline.errors import BadInput

LARGEST: Final = 128 * 1024
"""Bytes of a table on a page, where it travels twice."""


async def chosen_file(request: Request) -> bytes:
    """The file of the form. Raises BadInput."""
    form = await request.form()
    chosen = form.get("file")
    if not isinstance(chosen, UploadFile) or not chosen.filename:
        raise BadInput("file", "请先选择一个文件（CSV 或 XLSX）")
    content = await chosen.read(LARGEST + 1)
    await form.close()
    if len(content) > LARGEST:
        raise BadInput("file", f"网页上最大{LARGEST // 1024}KB，请分成几个文件")
    return content


def packed(content: bytes) -> str:
    """The file as the page sends it along."""
    return base64.b64encode(content).decode("ascii")


def unpacked(form: FormData) -> bytes:
    """What :func:`packed` made. Raises BadInput where the page is out of date."""
    text = form.get("content")
    try:
        return base64.b64decode(text if isinstance(text, str) else "", validate=True)
    except binascii.Error:
        raise BadInput("file", "页面已经过期，请重新选择文件") from None


def csv_response(content: bytes, name: str) -> Response:
    """A table to keep."""
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)
