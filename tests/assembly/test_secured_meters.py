"""Secured meters as the daemon has them: real counters in a file, a real line, simulated meters."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dcud.assembly.links import Links
from dcud.assembly.ports import port
from dcud.assembly.secured_meters import COUNTER_FILE, SecuredMeters, open_counters
from dcud.config import model
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import (
    CountersSpentError,
    MeterNotAuthenticError,
    ProtocolError,
    SecurityError,
)
from dcud.dlms.obis import Obis
from dcud.dlms.secret import Secret
from dcud.dlms.security.counters import FreshCounter
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Guard
from dcud.dlms.security.policy import SecurityPolicy
from dcud.dlms.security.suite import SecuritySuite
from dcud.dlms.server import ServerParameters
from dcud.line.bus import Bus, BusParameters
from dcud.sim.faults import Fault
from dcud.sim.meter import MeterParameters
from dcud.sim.secured_meter import SecuredMeter
from dcud.sim.security import SecurityDemand
from dcud.sim.serving import serve_tcp
from dcud.sim.wrapper_line import WrapperLine
from dcud.store.errors import StoreRefusedError
from tests.assembly.test_security import Keys
from tests.support.scripted_line import Recorder
from tests.support.small_configuration import configured

NOW = 1_800_000_000.0
NAME = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
NAME_OCTETS = b"\x09\x10SIM0000000000001"
BOTH = Guard(authenticated=True, encrypted=True)
KEYS = KeySet(
    suite=SecuritySuite.SUITE_0,
    unicast=Secret(bytes(range(16))),
    authentication=Secret(bytes(range(16, 32))),
)
WITH_FRAME_COUNTER = 'security = { frame_counter = "0.0.43.1.0.255" }'


def simulated(fault: Fault | None = None) -> SecuredMeter:
    demand = SecurityDemand(
        mechanism=Mechanism.HLS_GMAC,
        keys=KEYS,
        policy=SecurityPolicy(requests=BOTH, answers=BOTH),
        random=os.urandom,
        fault=fault,
    )
    return SecuredMeter(
        MeterParameters(number=1, installed=NOW - 86_400), lambda: NOW, demand, b"SIM\0\0\0\0\1"
    )


class Told:
    """What the observer of security was told."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self.left: list[int] = []

    def security_refused(self, bus: str, meter: str, error: SecurityError) -> None:
        self.refused.append(f"{bus} {meter} {error.code}")

    def counters_left(self, bus: str, meter: str, counters: int) -> None:
        self.left.append(counters)


@dataclass
class Gateway:
    """What a daemon would be made of, started and ended as often as a test likes."""

    directory: Path
    device: SecuredMeter
    told: Told
    security: str = WITH_FRAME_COUNTER

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Reading"]:
        async with AsyncExitStack() as stack:
            line = lambda: WrapperLine({1: self.device}, ServerParameters())  # noqa: E731  # a line for each connection
            host, number = await stack.enter_async_context(serve_tcp(line))
            told = (
                'authentication = "hls-gmac"\nclient_sap = 1\nkey_file = "k"\n'
                'client_system_title = "4443550000000001"\nresponse_timeout = "1 s"\n'
            )
            bus, meter = configured(
                self.directory,
                f'framing = "wrapper"\ntcp = {{ host = "{host}", port = {number} }}',
                told + self.security,
            )
            gateway = model.Gateway(id="gw", state_directory=str(self.directory))
            counters = await open_counters(gateway, lambda: NOW, exclusive=True)
            await stack.enter_async_context(counters)

            async def fetch(_: model.Meter) -> Keys:
                return Keys(unicast_key=KEYS.unicast, authentication_key=KEYS.authentication)

            secured = SecuredMeters(
                gateway, counters, fetch=fetch, observer=self.told, clock=lambda: NOW
            )
            recorder = Recorder()
            owner = Bus(
                "b",
                port(bus),
                tracer=recorder,
                observer=recorder,
                parameters=BusParameters(keep_open=False),
            )
            stack.push_async_callback(owner.close)
            yield Reading(secured.associate(owner, Links(bus), meter), counters.restored)


@dataclass
class Reading:
    associate: object
    restored: bool

    async def name(self) -> object:
        async with self.associate() as reader:  # type: ignore[operator]  # as SecuredMeters makes it
            return await reader.get(NAME)


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path, simulated(), Told())


async def test_a_new_meter_is_asked_where_its_counter_stands(gateway: Gateway) -> None:
    async with gateway.running() as reading:
        assert await reading.name() == NAME_OCTETS
        assert await reading.name() == NAME_OCTETS
        first = gateway.device.security.last_received
        assert first > 10_000
    assert gateway.told.refused == []
    assert len(gateway.told.left) == 2
    async with gateway.running() as reading:
        assert await reading.name() == NAME_OCTETS
    assert gateway.device.security.last_received > first + 100  # the rest of the block is gone


async def test_one_daemon_at_a_time(gateway: Gateway) -> None:
    async with gateway.running():
        with pytest.raises(StoreRefusedError, match="in use by process"):
            async with gateway.running():
                pass


async def test_a_lost_store_goes_on_above_what_the_meter_took(gateway: Gateway) -> None:
    async with gateway.running() as reading:
        await reading.name()
    taken = gateway.device.security.last_received
    for path in gateway.directory.glob(COUNTER_FILE + "*"):
        path.unlink()
    async with gateway.running() as reading:
        assert await reading.name() == NAME_OCTETS
    assert gateway.device.security.last_received > taken + 10_000


async def test_a_restored_backup_goes_on_above_what_the_meter_took(gateway: Gateway) -> None:
    async with gateway.running() as reading:
        await reading.name()
    backup = gateway.directory / "backup"
    backup.mkdir()
    for path in gateway.directory.glob(COUNTER_FILE):
        shutil.copy2(path, backup)
    async with gateway.running() as reading:
        assert not reading.restored
        await reading.name()
    taken = gateway.device.security.last_received
    for path in gateway.directory.glob(COUNTER_FILE + "-*"):
        path.unlink()
    shutil.copy2(backup / COUNTER_FILE, gateway.directory / COUNTER_FILE)
    async with gateway.running() as reading:
        assert reading.restored
        assert await reading.name() == NAME_OCTETS
    assert gateway.device.security.last_received > taken + 10_000


async def test_without_a_frame_counter_the_meter_is_made_to_name_what_it_expects(
    gateway: Gateway,
) -> None:
    gateway.security = "security = {}"
    gateway.device.security.setup.unicast.theirs.advance(4999)
    async with gateway.running() as reading:
        assert await reading.name() == NAME_OCTETS
    assert gateway.device.security.last_received > 5000 + 10_000


async def test_a_meter_that_names_none_is_refused_with_the_remedy(gateway: Gateway) -> None:
    gateway.security = "security = {}"
    async with gateway.running() as reading:
        with pytest.raises(CountersSpentError, match="dcud keys counter m --from NUMBER"):
            await reading.name()
    assert gateway.told.refused == ["b m counters_spent"]


async def test_a_meter_that_was_ahead_of_us_is_followed(gateway: Gateway) -> None:
    gateway.security = "security = { counter_step = 2000000 }"
    gateway.device.security.setup.unicast.theirs.advance(4999)
    async with gateway.running() as reading:
        await reading.name()
        unicast = gateway.device.security.setup.unicast
        unicast.theirs.advance(unicast.theirs.floor + 1_000_000)
        assert await reading.name() == NAME_OCTETS


async def test_a_meter_that_names_a_counter_out_of_reach_is_not_followed(gateway: Gateway) -> None:
    async with gateway.running() as reading:
        await reading.name()
        unicast = gateway.device.security.setup.unicast
        unicast.theirs.advance(unicast.theirs.floor + 50_000_000)
        with pytest.raises(CountersSpentError, match="nothing vouches for that"):
            await reading.name()
    assert gateway.told.refused == ["b m counter_bound"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.WRONG_TAG, "authentication_tag"),
        (Fault.PLAIN_ANSWER, "security_policy"),
        (Fault.WEAKER, "security_policy"),
        (Fault.WRONG_SUITE, "security_control"),
    ],
)
async def test_what_is_forged_is_refused_and_told(
    gateway: Gateway, fault: Fault, code: str
) -> None:
    gateway.device = simulated(fault)
    async with gateway.running() as reading:
        with pytest.raises(ProtocolError):
            await reading.name()
    assert code in {told.split()[-1] for told in gateway.told.refused}


async def test_a_meter_that_cannot_prove_itself_is_not_read(gateway: Gateway) -> None:
    gateway.device = simulated(Fault.WRONG_PROOF)
    async with gateway.running() as reading:
        with pytest.raises(MeterNotAuthenticError):
            await reading.name()
    assert gateway.told.refused == ["b m meter_not_authentic"]


async def test_a_replay_is_known_after_a_restart(gateway: Gateway) -> None:
    """The meter's counter goes back, as a recording of it would."""
    async with gateway.running() as reading:
        await reading.name()
        await reading.name()
    setup = gateway.device.security.setup
    setup.unicast = replace(setup.unicast, ours=FreshCounter())
    async with gateway.running() as reading:
        with pytest.raises(SecurityError):
            await reading.name()
    assert gateway.told.refused[-1].split()[-1] == "replay"
