"""[sms] of site.toml: which gateway carries messages to callers, and who may bring replies."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from switchboard import site_values as read
from switchboard.site_values import Secret, setting

SHORTEST: Final = 16
PLACES: Final = ("number", "text", "key")
"""What a template may name."""


def url(value: object) -> str:
    """An http or https address without a password in it, or empty."""
    found = read.text(value)
    if not found:
        return ""
    parts = urlsplit(found)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError('应为网址，例如 "https://sms.example.gov.cn/send"，密钥写在 secret')
    return found


def template(value: object) -> str:
    """The body of a request with its places in braces; both number and text must be there."""
    found = read.text(value)
    try:
        named = {name for _, name, _, _ in string.Formatter().parse(_braced(found)) if name}
    except ValueError:
        raise ValueError("花括号只用于 {number}、{text}、{key}") from None
    if not {"number", "text"} <= named or named - set(PLACES):
        raise ValueError("要有 {number} 和 {text}，另外只能有 {key}")
    return found


def _braced(text: str) -> str:
    """The template with every brace but those of our places doubled: JSON has its own."""
    doubled = text.replace("{", "{{").replace("}", "}}")
    for place in PLACES:
        doubled = doubled.replace(f"{{{{{place}}}}}", f"{{{place}}}")
    return doubled


def key(value: object) -> Secret:
    """What a platform wants in its header, ``Bearer …`` too."""
    return Secret(read.text(value))


def reply_key(value: object) -> Secret:
    """Long enough that nobody guesses it, or empty."""
    found = read.secret(value)
    if found.value and len(found.value) < SHORTEST:
        raise ValueError(f"至少要 {SHORTEST} 位")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """The way out and the way in for messages."""

    gateway: str = setting(
        "file",
        read.one_of("file", "http", "none"),
        "短信网关：file 写入文件，http 接平台，none 不发",
    )
    url: str = setting("", url, "平台的发送地址，gateway 为 http 时必填")
    template: str = setting(
        '{"to": "{number}", "text": "{text}", "id": "{key}"}',
        template,
        "请求的内容：{number} 号码、{text} 内容、{key} 每条唯一的编号",
    )
    content_type: str = setting(
        "application/json",
        read.one_of("application/json", "application/x-www-form-urlencoded"),
        "请求内容的格式，决定怎样转义",
    )
    secret: Secret = setting(Secret(""), key, "平台的密钥，原样放进 secret_header")
    secret_header: str = setting("Authorization", read.token, "放密钥的请求头")
    accepted: str = setting("", read.text, "平台收下时应答中必有的文字；留空则 2xx 即为收下")
    timeout_s: int = setting(10, read.whole(1, 60), "等平台应答几秒")
    idempotent: bool = setting(
        False, read.flag, "平台是否按编号去重；否则结果不明的不再重发，转人工回访"
    )
    give_up_h: int = setting(12, read.whole(1, 72), "平台不通时重试几小时，仍不通转人工回访")
    reply_secret: Secret = setting(
        Secret(""), reply_key, "平台送来回复时的密钥（至少16位）；留空不接收"
    )
