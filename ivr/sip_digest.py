"""Digest authentication of SIP (RFC 3261 §22, RFC 8760): answering and checking a challenge."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Final

from ivr.sip_headers import BadSip, split_commas

_HASHES: Final = {"MD5": "md5", "SHA-256": "sha256"}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a 401 or 407 asks for. `qop` is "auth" or "" (the older form of RFC 2069)."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: str = ""
    opaque: str = ""
    stale: bool = False


def _pairs(value: str) -> dict[str, str]:
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest":
        raise BadSip("authentication that is not Digest")
    pairs = {}
    for part in split_commas(rest):
        name, equals, text = part.partition("=")
        if not equals:
            raise BadSip("digest parameter without a value")
        text = text.strip()
        if len(text) >= 2 and text[0] == text[-1] == '"':
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        pairs[name.strip().lower()] = text
    return pairs


def parse_challenge(value: str) -> Challenge:
    """A WWW-Authenticate or Proxy-Authenticate value; BadSip when we cannot answer it."""
    pairs = _pairs(value)
    algorithm = pairs.get("algorithm", "MD5").upper()
    if algorithm not in _HASHES:
        raise BadSip("digest algorithm that is neither MD5 nor SHA-256")
    offered = [kind.strip().lower() for kind in pairs.get("qop", "").split(",") if kind.strip()]
    if offered and "auth" not in offered:
        raise BadSip("digest quality of protection other than auth")
    if not pairs.get("nonce"):
        raise BadSip("digest challenge without a nonce")
    return Challenge(
        realm=pairs.get("realm", ""),
        nonce=pairs["nonce"],
        algorithm=algorithm,
        qop="auth" if offered else "",
        opaque=pairs.get("opaque", ""),
        stale=pairs.get("stale", "").lower() == "true",
    )


def digest(
    challenge: Challenge, *, user: str, password: str, method: str, uri: str, nc: str, cnonce: str
) -> str:
    """The response value in hex (RFC 2617 §3.2.2)."""

    def hashed(text: str) -> str:
        return hashlib.new(_HASHES[challenge.algorithm], text.encode()).hexdigest()

    secret = hashed(f"{user}:{challenge.realm}:{password}")
    act = hashed(f"{method}:{uri}")
    if challenge.qop:
        return hashed(f"{secret}:{challenge.nonce}:{nc}:{cnonce}:{challenge.qop}:{act}")
    return hashed(f"{secret}:{challenge.nonce}:{act}")


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(slots=True)
class Credentials:
    """One user's answers; counts how often each nonce was used (nc), as the RFC demands."""

    user: str
    password: str = field(repr=False)
    _uses: dict[str, int] = field(default_factory=dict, repr=False)

    def answer(self, challenge: Challenge, *, method: str, uri: str, cnonce: str) -> str:
        """The Authorization value for the next use of this challenge's nonce."""
        uses = self._uses.get(challenge.nonce, 0) + 1
        self._uses = {challenge.nonce: uses}
        nc = f"{uses:08x}"
        parts = [
            f"username={_quote(self.user)}",
            f"realm={_quote(challenge.realm)}",
            f"nonce={_quote(challenge.nonce)}",
            f"uri={_quote(uri)}",
            "response="
            + _quote(
                digest(
                    challenge,
                    user=self.user,
                    password=self.password,
                    method=method,
                    uri=uri,
                    nc=nc,
                    cnonce=cnonce,
                )
            ),
            f"algorithm={challenge.algorithm}",
        ]
        if challenge.opaque:
            parts.append(f"opaque={_quote(challenge.opaque)}")
        if challenge.qop:
            parts += [f"qop={challenge.qop}", f"nc={nc}", f"cnonce={_quote(cnonce)}"]
        return "Digest " + ", ".join(parts)


def accepts(challenge: Challenge, authorization: str, *, password: str, method: str) -> bool:
    """Whether an Authorization value answers the challenge with that password."""
    pairs = _pairs(authorization)
    if pairs.get("nonce") != challenge.nonce or pairs.get("realm") != challenge.realm:
        return False
    wanted = digest(
        challenge,
        user=pairs.get("username", ""),
        password=password,
        method=method,
        uri=pairs.get("uri", ""),
        nc=pairs.get("nc", ""),
        cnonce=pairs.get("cnonce", ""),
    )
    return hmac.compare_digest(wanted, pairs.get("response", ""))
