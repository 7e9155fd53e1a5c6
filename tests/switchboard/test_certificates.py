"""Our own CA and its certificates, and the judgement of anybody's."""

from __future__ import annotations

import contextlib
import datetime as dt
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from switchboard.certificates import (
    BadCertificate,
    Pair,
    certificate_state,
    check_pair,
    fingerprint,
    ip_of,
    make_ca,
    make_leaf,
    may_sign,
)

NOW = dt.datetime(2026, 9, 28, 2, 0, tzinfo=dt.UTC)
SEATS = ("192.168.1.5", "hotline.lan")
CA = make_ca(SEATS, NOW)
LEAF = make_leaf(CA, SEATS, NOW)


def read(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def test_a_browser_that_trusts_the_ca_accepts_the_leaf_for_every_address() -> None:
    store = Store([read(CA.chain)])
    for address in SEATS:
        found = ip_of(address)
        name = x509.DNSName(address) if found is None else x509.IPAddress(found)
        judge = PolicyBuilder().store(store).time(NOW).build_server_verifier(name)
        assert judge.verify(read(LEAF.chain), [])


def test_a_stranger_s_ca_is_not_ours() -> None:
    store = Store([read(make_ca(SEATS, NOW).chain)])
    judge = PolicyBuilder().store(store).time(NOW).build_server_verifier(x509.DNSName(SEATS[1]))
    with pytest.raises(VerificationError):
        judge.verify(read(LEAF.chain), [])


def test_the_ca_lasts_ten_years_and_the_leaf_at_most_397_days() -> None:
    ca, leaf = read(CA.chain), read(LEAF.chain)
    assert (ca.not_valid_after_utc - NOW).days == 3650
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days <= 397
    assert leaf.not_valid_before_utc < NOW, "a seat whose clock is behind accepts it too"


def test_the_ca_vouches_for_the_inside_and_for_nothing_else() -> None:
    for inside in ("10.1.2.3", "192.168.200.1", "fd00::7", "desk.hotline.lan", "x.internal"):
        assert may_sign(CA.chain, inside)
    for outside in ("8.8.8.8", "2001:db8::1", "bank.example.com", "notlan"):
        assert not may_sign(CA.chain, outside)
        with pytest.raises(BadCertificate, match=outside):
            make_leaf(CA, [outside], NOW)


def test_an_address_outside_private_networks_gets_a_ca_for_itself_alone() -> None:
    own = make_ca(["203.0.113.9", "12345.gov.example"], NOW)
    assert may_sign(own.chain, "203.0.113.9")
    assert may_sign(own.chain, "12345.gov.example")
    assert not may_sign(own.chain, "203.0.113.10")
    assert not may_sign(own.chain, "gov.example")


def test_a_stolen_ca_key_makes_no_bank_that_a_seat_believes() -> None:
    forged = read(_signed_without_asking(CA, "bank.example.com"))
    judge = PolicyBuilder().store(Store([read(CA.chain)])).time(NOW)
    with pytest.raises(VerificationError, match="name constraint"):
        judge.build_server_verifier(x509.DNSName("bank.example.com")).verify(forged, [])
    inside = read(_signed_without_asking(CA, "other.lan"))
    assert judge.build_server_verifier(x509.DNSName("other.lan")).verify(inside, [])


def _signed_without_asking(ca: Pair, address: str) -> bytes:
    key = serialization.load_pem_private_key(ca.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    authority = read(ca.chain)
    good = read(make_leaf(ca, ["x.lan"], NOW).chain)
    builder = (
        x509.CertificateBuilder()
        .subject_name(good.subject)
        .issuer_name(authority.subject)
        .public_key(good.public_key())
        .serial_number(7)
        .not_valid_before(good.not_valid_before_utc)
        .not_valid_after(good.not_valid_after_utc)
    )
    for extension in good.extensions:
        value = extension.value
        if isinstance(value, x509.SubjectAlternativeName):
            value = x509.SubjectAlternativeName([x509.DNSName(address)])
        builder = builder.add_extension(value, extension.critical)
    made = builder.sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize("address", ["192.168.1.5", "fd00::5", "hotline.lan"])
def test_openssl_too_accepts_what_the_ca_signed(address: str, tmp_path: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    ca = make_ca([address], now)
    shake_hands(ca, make_leaf(ca, [address], now), address, tmp_path)


def shake_hands(ca: Pair, leaf: Pair, address: str, folder: Path) -> None:
    """A whole handshake in memory; raises SSLError where the client does not believe the leaf."""
    file = folder / "both.pem"
    file.write_bytes(leaf.combined)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    asking = ssl.create_default_context(cadata=ca.chain.decode())
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = serving.wrap_bio(there, back, server_side=True)
    client = asking.wrap_bio(back, there, server_hostname=address)
    for _ in range(4):
        for side in (client, server):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
    assert client.version() is not None


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (dt.timedelta(days=0), "good"),
        (dt.timedelta(days=365), "good"),
        (dt.timedelta(days=367), "soon"),
        (dt.timedelta(days=397), "expired"),
        (dt.timedelta(days=-2), "not-yet"),
    ],
)
def test_the_state_follows_the_clock(after: dt.timedelta, state: str) -> None:
    found = certificate_state(LEAF.chain, SEATS, NOW + after)
    assert found.state == state
    assert found.usable == (state in ("good", "soon"))
    assert bool(found.do) == (state != "good")
    assert found.issuer.startswith("Jiesu CA")


def test_the_state_names_the_address_that_is_missing() -> None:
    found = certificate_state(LEAF.chain, ["192.168.1.5", "192.168.1.6"], NOW)
    assert (found.state, found.missing) == ("wrong-address", ("192.168.1.6",))
    assert "192.168.1.6" in found.now


def test_a_star_stands_for_one_label() -> None:
    star = make_leaf(make_ca(["a.gov.lan"], NOW), ["*.gov.lan"], NOW).chain
    assert certificate_state(star, ["desk.gov.lan"], NOW).usable
    assert not certificate_state(star, ["a.desk.gov.lan"], NOW).usable


def test_what_is_no_certificate_is_called_unreadable() -> None:
    assert certificate_state(b"-----BEGIN", ["x.lan"], NOW).state == "unreadable"


@pytest.mark.parametrize(
    ("pair", "why"),
    [
        (Pair(b"nonsense", LEAF.key), "证书读不懂"),
        (Pair(LEAF.chain, b"nonsense"), "密钥读不懂"),
        (Pair(LEAF.chain, CA.key), "不是一对"),
        (
            Pair(
                LEAF.chain,
                ed25519.Ed25519PrivateKey.generate().private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                ),
            ),
            "RSA 或 ECDSA",
        ),
        (
            Pair(
                LEAF.chain,
                ec.generate_private_key(ec.SECP256R1()).private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.BestAvailableEncryption(b"word"),
                ),
            ),
            "口令",
        ),
    ],
)
def test_a_pair_that_would_not_serve_is_refused_with_its_reason(pair: Pair, why: str) -> None:
    with pytest.raises(BadCertificate, match=why):
        check_pair(pair)


def test_a_good_pair_is_let_in() -> None:
    check_pair(LEAF)


def test_no_leaf_outlives_its_ca() -> None:
    late = NOW + dt.timedelta(days=3500)
    leaf = read(make_leaf(CA, SEATS, late).chain)
    assert leaf.not_valid_after_utc <= read(CA.chain).not_valid_after_utc
    with pytest.raises(BadCertificate, match="到期"):
        make_leaf(CA, SEATS, NOW + dt.timedelta(days=3640))


def test_the_fingerprint_is_written_as_systems_show_it() -> None:
    shown = fingerprint(CA.chain)
    assert len(shown.split(":")) == 32
    assert shown == shown.upper()
