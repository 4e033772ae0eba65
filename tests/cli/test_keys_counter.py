import asyncio
import json
from pathlib import Path

import pytest

from dcud.cli import keys_counter
from dcud.cli.main import main
from dcud.collect.counter_ledger import CounterLedger
from dcud.dlms.secret import Secret
from dcud.store.counter_rows import FloorKey
from dcud.store.counter_store import CounterStore

KEY = bytes.fromhex("8f1c3a5be2790d46a1b3c5d7e9fb0d1f")
TITLE = bytes.fromhex("4443550000000001")
CONFIG = """
[gateway]
id = "gw"
key_file = "keys.toml"
state_directory = "."
system_title = "4443550000000001"

[[bus]]
id = "net"
tcp.host = "meter.example"

[[meter]]
id = "m1"
bus = "net"
template = "generic-electricity"
authentication = "hls-gmac"
security = {}
"""
NOW = 1_750_000_000.0


@pytest.fixture(name="directory", autouse=True)
def make_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(keys_counter, "wall_clock", lambda: NOW)
    keys = f'[meter.m1]\nunicast_key = "{KEY.hex()}"\nauthentication_key = "{KEY[::-1].hex()}"\n'
    Path("keys.toml").write_text(keys)
    Path("keys.toml").chmod(0o600)
    Path("dcud.toml").write_text(CONFIG)
    return tmp_path


def counter(*options: str) -> int:
    return main(["keys", "counter", "m1", "--config", "dcud.toml", "--format", "json", *options])


async def opened() -> CounterStore:
    return await CounterStore.open(Path("counters.sqlite"), lambda: NOW, exclusive=False)


def row(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, object], str]:
    output = capsys.readouterr()
    assert KEY.hex() not in output.out + output.err
    return json.loads(output.out), output.err


def test_a_counter_of_which_nothing_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert counter() == 0
    shown, error = row(capsys)
    assert (shown["next"], shown["trusted"], shown["left"]) == (None, False, None)
    assert error.startswith("dcud: nothing is known of the counter: it is set from m1's frame")


def test_a_counter_that_is_set_is_the_one_that_associations_take(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert counter("--from", "5000") == 0
    shown, error = row(capsys)
    assert shown | {"key": ""} == {
        "meter": "m1",
        "client_system_title": "4443550000000001",
        "key": "",
        "next": 5000,
        "trusted": True,
        "left": 0xFFFFFFFF - 5000,
        "changed": "2025-06-15T15:06:40+00:00",
    }
    assert not error

    async def taken() -> int:
        async with await opened() as store:
            account = CounterLedger(store).account(Secret(KEY), TITLE)
            assert await account.load()
            return account.counter.next()

    assert asyncio.run(taken()) == 5000


def test_a_counter_is_never_lowered(capsys: pytest.CaptureFixture[str]) -> None:
    counter("--from", "5000")
    capsys.readouterr()
    assert counter("--from", "4999") == 0
    shown, error = row(capsys)
    assert shown["next"] == 5000
    assert error.startswith("dcud: the counter stays at 5000: it is never lowered")


def test_what_the_meter_has_sent_is_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    floor = FloorKey(meter="m1", fingerprint="f", title=b"", which="")

    async def raise_floor() -> None:
        async with await opened() as store:
            await store.raise_floors({floor: 77})

    async def kept() -> int:
        async with await opened() as store:
            return await store.floor(floor)

    asyncio.run(raise_floor())
    assert counter() == 0
    assert asyncio.run(kept()) == 77
    capsys.readouterr()
    assert counter("--forget-floors", "--from", "1") == 0
    _, error = row(capsys)
    assert error == "dcud: forgot 1 of the counters that m1 has sent; restart dcud\n"
    assert asyncio.run(kept()) == 0


@pytest.mark.parametrize("number", ["-1", "x", "4294967295", "1e3"])
def test_what_is_no_counter_is_refused(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert counter(f"--from={number}") == 64
    assert f"{number} is no number from 0 to 4294967294" in capsys.readouterr().err


def test_a_meter_that_is_not_configured_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "counter", "m2", "--config", "dcud.toml"]) == 64
    assert "no meter m2 is configured; known are: m1" in capsys.readouterr().err


def test_a_meter_with_which_nothing_is_counted_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plain = CONFIG.replace('authentication = "hls-gmac"\nsecurity = {}', "")
    Path("dcud.toml").write_text(plain)
    assert counter() == 78
    assert "with meter m1 nothing is counted: it has no unicast_key" in capsys.readouterr().err


def test_the_key_may_come_from_a_program(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = directory / "get-keys"
    program.write_text(f"#!/bin/sh\ncat {directory}/keys.toml\n")
    program.chmod(0o700)
    command = f'key_command = ["{program}", "{{meter}}"]'
    Path("dcud.toml").write_text(CONFIG.replace('key_file = "keys.toml"', command))
    assert counter("--from", "9") == 0
    assert row(capsys)[0]["next"] == 9
