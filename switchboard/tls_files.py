"""DATA/tls: our own CA and certificate, or a copy of the site's own, as they lie on disk.

* ``ca.crt``, ``ca.key``: the CA, made once. Seats trust it; whoever has the key can pretend to be
  any inside address to them.
* ``own.pem``: the certificate the CA signed, with its key; made anew 30 days before its end.
* ``in-use.pem``: what is presented, key and chain in one file; the web server and Asterisk have it.

The folder is 0700, everything secret 0600. `bring` does it all and may be called as often as one
likes: at each start, and by the running system to renew.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509

from switchboard.certificates import (
    BadCertificate,
    CertificateState,
    Pair,
    certificate_state,
    check_pair,
    fingerprint,
    make_ca,
    make_leaf,
)
from switchboard.lan import Lan
from switchboard.refusals import Refusal
from switchboard.running import make_private

CA: Final = "ca.crt"
IN_USE: Final = "in-use.pem"
_CA_KEY: Final = "ca.key"
_OWN: Final = "own.pem"


class BadTls(Refusal):
    """One Chinese sentence: why seats elsewhere cannot be served, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What is presented from now on. ``ca`` is None where the certificate is the site's own;
    ``changed`` says whether it was another one before."""

    combined: bytes
    state: CertificateState
    ca: bytes | None
    changed: bool

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what a seat has to trust: our CA; empty for the site's own."""
        return fingerprint(self.ca) if self.ca else ""


def bring(folder: Path, lan: Lan, now: dt.datetime) -> Brought:
    """Make, renew or check what `lan` needs, and put it in use. Raises BadTls; what was in use
    before then stays."""
    try:
        make_private(folder)
        ca = None
        if lan.given:
            pair, state = _site_s_own(lan.given, lan, now)
        else:
            ca = _own_ca(folder, lan, now)
            pair = _own(folder, ca, lan, now)
            state = certificate_state(pair.chain, lan.names, now)
        changed = _put(folder / IN_USE, pair.combined)
    except OSError as refused:
        where = f"{refused.filename} 读写不了（{refused.strerror}）"
        raise BadTls(f"{where}：请检查权限。") from refused
    return Brought(
        combined=pair.combined, state=state, ca=ca.chain if ca else None, changed=changed
    )


def _site_s_own(
    given: tuple[Path, Path], lan: Lan, now: dt.datetime
) -> tuple[Pair, CertificateState]:
    pair = Pair(*(_read(what, file) for what, file in zip(("证书", "密钥"), given, strict=True)))
    try:
        check_pair(pair)
    except BadCertificate as fault:
        raise BadTls(f"--cert {given[0]}、--key {given[1]} 不能用：{fault}。") from fault
    # A host name is what people type: a certificate of the site need not know the address.
    state = certificate_state(pair.chain, (lan.host,), now)
    if not state.usable:
        raise BadTls(f"--cert {given[0]}：{state.now}，{state.do}。")
    return pair, state


def _read(what: str, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as refused:
        raise BadTls(
            f"{what}文件 {file} 读不出来（{refused.strerror}）：请检查路径和权限。"
        ) from refused


def _own_ca(folder: Path, lan: Lan, now: dt.datetime) -> Pair:
    shown, key = folder / CA, folder / _CA_KEY
    if not shown.exists() and not key.exists():
        made = make_ca(lan.names, now)
        _put(key, made.key)
        _put(shown, made.chain, secret=False)
    found = Pair(shown.read_bytes(), key.read_bytes())
    try:
        check_pair(found)
    except BadCertificate as fault:
        raise BadTls(f"{folder} 中的 CA 不能用（{fault}）：{_anew(folder)}") from fault
    return found


def _own(folder: Path, ca: Pair, lan: Lan, now: dt.datetime) -> Pair:
    file = folder / _OWN
    kept = _halves(file.read_bytes()) if file.exists() else None
    if kept is not None and _serves(kept, ca, lan, now):
        return kept
    try:
        made = make_leaf(ca, lan.names, now)
    except BadCertificate as fault:
        raise BadTls(f"{fault}：{_anew(folder)}") from fault
    _put(file, made.combined)
    return made


def _serves(kept: Pair, ca: Pair, lan: Lan, now: dt.datetime) -> bool:
    if certificate_state(kept.chain, lan.names, now).state != "good":
        return False
    try:
        check_pair(kept)
        authority = x509.load_pem_x509_certificate(ca.chain)
        x509.load_pem_x509_certificate(kept.chain).verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, a new one is made
        return False
    return True


def _halves(combined: bytes) -> Pair:
    begin = combined.find(b"-----BEGIN CERTIFICATE-----")
    return Pair(combined[max(begin, 0) :], combined[: max(begin, 0)])


def _anew(folder: Path) -> str:
    return f"请删除 {folder} 后重新启动，会建立新的 CA，每个坐席要重新信任它。"


def _put(file: Path, content: bytes, *, secret: bool = True) -> bool:
    """Write by one rename; False when it says that already."""
    if file.exists() and file.read_bytes() == content:
        return False
    draft = file.with_name(f"{file.name}.new")
    draft.touch(mode=0o600)
    draft.chmod(0o600 if secret else 0o644)
    draft.write_bytes(content)
    draft.replace(file)
    return True
