"""Certificates, pure: made, read and judged from bytes; no disk, no clock of their own.

Our own CA signs nothing but a hotline: its name constraints (RFC 5280 4.2.1.10) let it vouch for
private networks, private domains, and the address it was made for, so that a seat which trusts it
gives nobody power over the rest of the world. What people are told is Chinese, one sentence each.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

CA_LASTS: Final = dt.timedelta(days=3650)
LEAF_LASTS: Final = dt.timedelta(days=396)
"""Beside the day before: browsers refuse more than 398 days from authorities they know."""
RENEW_BEFORE: Final = dt.timedelta(days=30)
_CLOCKS_DIFFER: Final = dt.timedelta(days=1)
PRIVATE_NETWORKS: Final = (
    "10.0.0.0/8",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "fc00::/7",
    "fe80::/10",
)
_PRIVATE_DOMAINS: Final = ("home.arpa", "internal", "intranet", "lan", "local")
_CURVE: Final = ec.SECP256R1


class BadCertificate(ValueError):
    """One Chinese clause: what is wrong with a certificate or its key."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate (with those of its authorities after it) and its private key, both PEM."""

    chain: bytes
    key: bytes

    @property
    def combined(self) -> bytes:
        """Key and chain in one file, so that a reader never meets half of a change."""
        return self.key + self.chain


State = Literal["good", "soon", "expired", "not-yet", "wrong-address", "unreadable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateState:
    """How a certificate stands. ``now`` and ``do`` are Chinese, ``do`` empty where nothing is to
    be done; ``days_left`` is None and the times too where the certificate cannot be read."""

    state: State
    now: str
    do: str = ""
    issuer: str = ""
    not_before: dt.datetime | None = None
    not_after: dt.datetime | None = None
    days_left: int | None = None
    missing: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether browsers accept it today, once its authority is trusted."""
        return self.state in ("good", "soon")


def certificate_state(
    cert_pem: bytes, addresses: Iterable[str], now: dt.datetime
) -> CertificateState:
    """How the first certificate of ``cert_pem`` stands for these host names and IP addresses."""
    try:
        one = x509.load_pem_x509_certificates(cert_pem)[0]
    except (ValueError, IndexError):
        return CertificateState(
            state="unreadable",
            now="证书读不懂",
            do="请换成 PEM 格式的证书（-----BEGIN CERTIFICATE-----）",
        )
    left = (one.not_valid_after_utc - now).days
    missing = tuple(a for a in addresses if not covers(one, a))
    day = one.not_valid_after_utc.astimezone().strftime("%Y-%m-%d")
    state, told, do = _judged(one, now, left, missing, day)
    return CertificateState(
        state=state,
        now=told,
        do=do,
        issuer=_common_name(one.issuer),
        not_before=one.not_valid_before_utc,
        not_after=one.not_valid_after_utc,
        days_left=left,
        missing=missing,
    )


def _judged(
    one: x509.Certificate, now: dt.datetime, left: int, missing: Sequence[str], day: str
) -> tuple[State, str, str]:
    if now >= one.not_valid_after_utc:
        return "expired", f"证书已于 {day} 过期", "请换新证书，再运行 ./jiesu up"
    if now < one.not_valid_before_utc:
        begins = one.not_valid_before_utc.astimezone().strftime("%Y-%m-%d")
        return "not-yet", f"证书 {begins} 才生效", "请核对本机时钟，或换一张已生效的证书"
    if missing:
        return (
            "wrong-address",
            f"证书不包含 {'、'.join(missing)}",
            "请换一张写明这个地址的证书，或用证书所写的名称监听",
        )
    if one.not_valid_after_utc - now < RENEW_BEFORE:
        return "soon", f"证书还有 {left} 天到期（{day}）", "自建的会自动续签；自备的请尽快更换"
    return "good", f"证书有效至 {day}（还有 {left} 天）", ""


def covers(one: x509.Certificate, address: str) -> bool:
    """Whether the subject alternative names hold this IP address or host name (RFC 9525: the
    common name does not count; a star stands for one label)."""
    try:
        names = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    wanted = ip_of(address)
    if wanted is not None:
        return wanted in names.get_values_for_type(x509.IPAddress)
    host = address.lower().rstrip(".")
    known = [name.lower() for name in names.get_values_for_type(x509.DNSName)]
    return host in known or f"*.{host.partition('.')[2]}" in known


def ip_of(address: str) -> IPAddress | None:
    """The IP address a text is; None for a host name."""
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


# --------------------------------------------------------------------------------------- our own


def make_ca(addresses: Sequence[str], now: dt.datetime) -> Pair:
    """A new authority for these addresses. It is told apart from other installations' in the
    list of a seat's system by the day and a part of its own key."""
    key = ec.generate_private_key(_CURVE())
    public = key.public_key()
    mark = x509.SubjectKeyIdentifier.from_public_key(public).digest.hex()[:8].upper()
    name = _named(f"Jiesu CA {now:%Y-%m-%d} {mark}")
    made = (
        _builder(name, name, public, now, CA_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.NameConstraints(
                permitted_subtrees=_may_vouch_for(addresses), excluded_subtrees=None
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    return Pair(made.public_bytes(serialization.Encoding.PEM), _key_bytes(key))


def _may_vouch_for(addresses: Sequence[str]) -> list[x509.GeneralName]:
    networks = [ipaddress.ip_network(one) for one in PRIVATE_NETWORKS]
    domains = list(_PRIVATE_DOMAINS)
    for address in addresses:
        found = ip_of(address)
        if found is None:
            domains.append(address.lower())
        elif not any(found in network for network in networks):
            networks.append(ipaddress.ip_network(found))
    return [*map(x509.IPAddress, networks), *map(x509.DNSName, domains)]


def may_sign(ca_pem: bytes, address: str) -> bool:
    """Whether this authority may vouch for an address."""
    one = x509.load_pem_x509_certificate(ca_pem)
    try:
        permitted = one.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return True
    subtrees, found = permitted.permitted_subtrees or (), ip_of(address)
    if found is not None:
        networks = [name.value for name in subtrees if isinstance(name, x509.IPAddress)]
        return any(found in ipaddress.ip_network(str(network)) for network in networks)
    domains = [name.value for name in subtrees if isinstance(name, x509.DNSName)]
    return any(f".{address.lower()}".endswith(f".{domain}") for domain in domains)


def make_leaf(ca: Pair, addresses: Sequence[str], now: dt.datetime) -> Pair:
    """A server certificate for these addresses, signed by ``ca``. Raises BadCertificate where
    the authority may not, or does not last long enough."""
    authority = x509.load_pem_x509_certificate(ca.chain)
    refused = [address for address in addresses if not may_sign(ca.chain, address)]
    if refused:
        raise BadCertificate(f"已有的 CA 不能为 {'、'.join(refused)} 签发证书")
    lasts = min(LEAF_LASTS, authority.not_valid_after_utc - now)
    if lasts <= RENEW_BEFORE:
        raise BadCertificate(f"CA 将于 {authority.not_valid_after_utc:%Y-%m-%d} 到期")
    signing = serialization.load_pem_private_key(ca.key, None)
    if not isinstance(signing, ec.EllipticCurvePrivateKey):
        raise BadCertificate("CA 的密钥不是接诉台建立的那一种")
    key = ec.generate_private_key(_CURVE())
    public = key.public_key()
    made = (
        _builder(_named(f"Jiesu {addresses[0]}"[:64]), authority.subject, public, now, lasts)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_names(addresses)), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
        .sign(signing, hashes.SHA256())
    )
    return Pair(made.public_bytes(serialization.Encoding.PEM), _key_bytes(key))


def _names(addresses: Sequence[str]) -> list[x509.GeneralName]:
    found = [(address, ip_of(address)) for address in addresses]
    return [x509.DNSName(name.lower()) if ip is None else x509.IPAddress(ip) for name, ip in found]


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: dt.datetime,
    lasts: dt.timedelta,
) -> x509.CertificateBuilder:
    now = now.replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + lasts)
    )


def _named(common: str) -> x509.Name:
    """The blank in every common name of ours is meant: OpenSSL holds a common name that looks like
    a host to the CA's name constraints, and takes 192.168.1.5 for a host."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Jiesu"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


# ------------------------------------------------------------------------------- somebody else's


def check_pair(pair: Pair) -> None:
    """Raises BadCertificate unless both can be read, belong together, and serve a browser."""
    try:
        one = x509.load_pem_x509_certificates(pair.chain)[0]
    except (ValueError, IndexError):
        raise BadCertificate("证书读不懂，应为 PEM 格式（-----BEGIN CERTIFICATE-----）") from None
    try:
        key = serialization.load_pem_private_key(pair.key, None)
    except TypeError:
        raise BadCertificate("密钥带有口令，请先去掉口令（openssl pkey -in 旧 -out 新）") from None
    except ValueError:
        raise BadCertificate("密钥读不懂，应为 PEM 格式（-----BEGIN PRIVATE KEY-----）") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise BadCertificate("密钥应为 RSA 或 ECDSA，浏览器不支持别的")
    if _public_bytes(key.public_key()) != _public_bytes(one.public_key()):
        raise BadCertificate("证书与密钥不是一对")


def _public_bytes(key: object) -> bytes:
    bytes_of = getattr(key, "public_bytes", None)
    if bytes_of is None:
        return b""
    return bytes(
        bytes_of(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def fingerprint(cert_pem: bytes) -> str:
    """SHA-256 of the certificate as systems show it: ``AB:CD:…``."""
    one = x509.load_pem_x509_certificate(cert_pem)
    return one.fingerprint(hashes.SHA256()).hex(":").upper()


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()
