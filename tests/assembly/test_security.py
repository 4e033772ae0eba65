"""What secured associations are made of, from a configuration and keys on real files."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dcud.assembly.hls_functions import hls_function
from dcud.assembly.security import SecuredAccess, Surroundings, needs_counters
from dcud.collect.counter_ledger import CounterLedger
from dcud.config import model
from dcud.dlms.apdu.initiate import InitiateRequest
from dcud.dlms.authentication import (
    NO_SECURITY,
    LowLevelSecurity,
    Mechanism,
    NoSecurity,
    high_level,
)
from dcud.dlms.conformance import Conformance
from dcud.dlms.errors import CertificateError, CountersSpentError, KeyMissingError
from dcud.dlms.secret import Secret
from dcud.dlms.security.certificates import Certificates
from dcud.dlms.security.hls.manufacturer import aes_128_ecb
from dcud.store.counter_store import CounterStore
from tests.support.meter_certificates import NOW
from tests.support.small_configuration import configured

CLIENT = "4443550000000001"
INITIATE = InitiateRequest(
    proposed_conformance=Conformance.GET, client_max_receive_pdu_size=0
).encode()
GET = bytes.fromhex("C001C100080000010000FF0200")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    lls_password: Secret | None = None
    hls_secret: Secret | None = None
    unicast_key: Secret | None = None
    authentication_key: Secret | None = None
    broadcast_key: Secret | None = None
    master_key: Secret | None = None
    signing_key: Secret | None = None
    agreement_key: Secret | None = None


ALL = Keys(
    lls_password=Secret(b"12345678"),
    hls_secret=Secret(b"secret"),
    unicast_key=Secret(bytes(range(16))),
    authentication_key=Secret(bytes(range(16, 32))),
    master_key=Secret(bytes(range(32, 48))),
)


def meter(directory: Path, told: str) -> model.Meter:
    line = 'tcp.host = "h"'
    own = f'key_file = "k"\nclient_system_title = "{CLIENT}"\n'
    return configured(directory, line, own + told)[1]


@asynccontextmanager
async def access(
    directory: Path, told: str, keys: Keys = ALL, draw: Callable[[int], bytes] | None = None
) -> AsyncIterator[SecuredAccess]:
    async def fetch() -> Keys:
        return keys

    path = directory / "state" / "counters.sqlite"
    async with await CounterStore.open(path, lambda: 0.0, exclusive=True) as store:
        yield SecuredAccess(
            meter(directory, told),
            fetch,
            Surroundings(
                ledger=CounterLedger(store),
                certificates=Certificates,
                now=lambda: NOW,
                draw=draw or (lambda n: b"\xa5" * n),
            ),
        )


@pytest.mark.parametrize(
    ("name", "mechanism"),
    [
        ("hls", Mechanism.HLS),
        ("hls-md5", Mechanism.HLS_MD5),
        ("hls-sha1", Mechanism.HLS_SHA1),
        ("hls-sha256", Mechanism.HLS_SHA256),
        ("hls-gmac", Mechanism.HLS_GMAC),
    ],
)
async def test_each_mechanism_is_what_it_is_called(
    tmp_path: Path, name: str, mechanism: Mechanism
) -> None:
    async with access(tmp_path, f'authentication = "{name}"') as reached:
        assert await reached.load() is (name != "hls-gmac")
        made = reached.authentication()
        assert not isinstance(made, NoSecurity | LowLevelSecurity)
        assert (made.mechanism, made.challenge) == (mechanism, b"\xa5" * 32)


async def test_a_challenge_is_drawn_for_each_association(tmp_path: Path) -> None:
    drawn = iter(range(10))
    told = 'authentication = "hls-md5"'
    async with access(tmp_path, told, draw=lambda n: bytes((next(drawn),)) * n) as reached:
        await reached.load()
        made = [high_level(reached.authentication()) for _ in range(2)]
    assert [each and each.challenge[:1] for each in made] == [b"\x00", b"\x01"]


async def test_a_password_may_come_late(tmp_path: Path) -> None:
    async with access(tmp_path, 'authentication = "lls"') as reached:
        with pytest.raises(KeyMissingError, match="not fetched yet"):
            reached.authentication()
        assert await reached.load()
        assert reached.authentication() == LowLevelSecurity(Secret(b"12345678"))
        assert reached.protection() is None
        assert not reached.is_low
        await reached.refill()
        await reached.settle()
        assert reached.counters_left is None


async def test_nobody_need_prove_himself(tmp_path: Path) -> None:
    async with access(tmp_path, "security = {}") as reached:
        await reached.load()
        assert reached.authentication() == NO_SECURITY


@pytest.mark.parametrize(
    ("told", "keys", "missing"),
    [
        ('authentication = "lls"', replace(ALL, lls_password=None), "no lls_password is known"),
        ('authentication = "hls-md5"', replace(ALL, hls_secret=None), "no hls_secret is known"),
    ],
)
async def test_a_missing_secret_is_named(
    tmp_path: Path, told: str, keys: Keys, missing: str
) -> None:
    async with access(tmp_path, told, keys) as reached:
        await reached.load()
        with pytest.raises(KeyMissingError, match=missing):
            reached.authentication()


async def test_without_the_unicast_key_there_is_no_counter(tmp_path: Path) -> None:
    async with access(tmp_path, "security = {}", replace(ALL, unicast_key=None)) as reached:
        with pytest.raises(KeyMissingError, match="no unicast_key is known"):
            await reached.load()
        with pytest.raises(CountersSpentError):
            await reached.rebase(1)


@pytest.mark.parametrize(
    ("told", "control"),
    [
        ("{}", 0x30),
        ('{ requests = "authenticated" }', 0x10),
        ('{ requests = "encrypted" }', 0x20),
        ("{ suite = 1 }", 0x31),
    ],
)
async def test_requests_are_protected_as_configured(
    tmp_path: Path, told: str, control: int
) -> None:
    async with access(tmp_path, f"security = {told}") as reached:
        assert not await reached.load()
        assert not await reached.rebase(99)
        protection = reached.protection()
        assert protection is not None
        assert protection.client_system_title == bytes.fromhex(CLIENT)
        initiate = protection.protect_initiate(INITIATE)
        assert (initiate[0], initiate[2]) == (0x21, control)
        counter = int.from_bytes(initiate[3:7], "big")
        assert 99 + 1 + 10_000 <= counter < 99 + 1 + 10_000 + 1_000_000
        assert protection.dedicated_key is None
        assert reached.counters_left == 0xFFFF_FFFE - counter


async def test_a_dedicated_key_is_drawn_for_each_association(tmp_path: Path) -> None:
    drawn = iter(range(10))
    told = "security = { dedicated_key = true, frame_counter_margin = 1 }"
    async with access(tmp_path, told, draw=lambda n: bytes((next(drawn),)) * n) as reached:
        await reached.load()
        await reached.rebase(7)
        made = [reached.protection() for _ in range(2)]
    assert [each and each.dedicated_key for each in made] == [
        Secret(b"\x00" * 16),
        Secret(b"\x01" * 16),
    ]


async def test_the_general_forms(tmp_path: Path) -> None:
    told = 'security = { form = "general", suite = 1, compress = true }'
    async with access(tmp_path, told) as reached:
        await reached.load()
        await reached.rebase(7)
        protection = reached.protection()
        assert protection is not None
        assert protection.protect(GET)[0][0] == 0xDB


async def test_wrapped_keys_are_drawn(tmp_path: Path) -> None:
    told = (
        'security = { form = "general-ciphering", key_info = "wrapped",'
        ' server_system_title = "MTR00001" }'
    )
    async with access(tmp_path, told) as reached:
        await reached.load()
        await reached.rebase(7)
        protection = reached.protection()
        assert protection is not None
        octets, _ = protection.protect(GET)
        assert octets[:10] == b"\xdd\x08" + b"\xa5" * 8


@pytest.mark.parametrize(
    "told",
    [
        'authentication = "hls-ecdsa"\nsecurity = { suite = 1, requests = "none",',
        "security = { suite = 1, sign_requests = true, signed_answers = true,",
        'security = { suite = 1, form = "general-ciphering", key_info = "one-pass",',
    ],
)
async def test_certificates_are_looked_up_by_the_meters_title(tmp_path: Path, told: str) -> None:
    async with access(tmp_path, told + ' server_system_title = "MTR00001" }') as reached:
        await reached.load()
        make = reached.authentication if "hls" in told else reached.protection
        with pytest.raises(CertificateError, match="no certificate of 4D54523030303031"):
            make()


async def test_a_probe_shows_no_key(tmp_path: Path) -> None:
    async with access(tmp_path, "security = {}") as reached:
        probe = reached.probe()
        assert probe.protect_initiate(INITIATE)[7:] == b"\xa5" * (len(INITIATE) + 12)


async def test_nothing_is_ciphered_where_nothing_is_asked(tmp_path: Path) -> None:
    told = 'authentication = "hls-gmac"\nsecurity = { requests = "none" }'
    async with access(tmp_path, told) as reached:
        await reached.load()
        assert reached.protection() is None
        await reached.follow(5)
        assert await reached.load()
        assert reached.counters_left is not None


def test_who_needs_counters(tmp_path: Path) -> None:
    assert needs_counters(meter(tmp_path, "security = {}"))
    assert needs_counters(meter(tmp_path, 'authentication = "hls-gmac"'))
    assert not needs_counters(meter(tmp_path, 'authentication = "hls-md5"'))
    assert not needs_counters(meter(tmp_path, 'security = { requests = "none" }'))


def test_functions_of_manufacturers() -> None:
    assert hls_function("aes-128-ecb") is aes_128_ecb
    assert hls_function("dcud.dlms.security.hls.manufacturer:aes_128_ecb") is aes_128_ecb
    for name in ("aes-128", "no.such:module", "dcud.dlms:nothing", "dcud.dlms.obis:__name__"):
        with pytest.raises(KeyMissingError, match=f"there is no HLS function {name}"):
            hls_function(name)
