"""What changes a simulated meter's security, and what of it outlives a power cut."""

from dataclasses import replace
from pathlib import Path

import pytest

from dcud.cosem.hls_secret import encode_hls_secret
from dcud.cosem.security_setup import (
    CURRENT_SECURITY_SETUP,
    SECURITY_SETUP,
    KeyData,
    KeyId,
    SetupMethod,
    key_data,
    parse_key_data,
    policy_data,
)
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.authentication import Mechanism
from dcud.dlms.connection import ConnectionFailed, Opened, SecurityRefused
from dcud.dlms.constructors import enum, octet_string
from dcud.dlms.data import Data, decode_data, encode_data
from dcud.dlms.errors import (
    CounterRejectedError,
    MeterNotAuthenticError,
    ServiceRefusedError,
)
from dcud.dlms.exchange import Answered, RequestFailed
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.dlms.secret import Secret
from dcud.dlms.security.channel import Counters
from dcud.dlms.security.counters import FreshCounter, ReceivedCounter
from dcud.dlms.security.key_agreement import cipher_algorithm, derive_key
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Guard
from dcud.dlms.security.policy import SecurityPolicy
from dcud.dlms.security.primitives.aes_key_wrap import wrap
from dcud.dlms.security.primitives.elliptic_curve import PublicKey, fresh_key
from dcud.dlms.security.suite import SecuritySuite
from dcud.sim.faults import Fault
from tests.support.outcomes import has_value
from tests.support.secured_simulation import BOTH, CLIENT, METER, NAME, Client, Site

NEW = Secret(bytes(range(0x60, 0x70)))
MASTER = Secret(bytes(range(0x80, 0x90)))


def call(method: int, parameter: Data | bytes) -> MethodCall:
    octets = parameter if isinstance(parameter, bytes) else encode_data(parameter)
    descriptor = MethodDescriptor(SECURITY_SETUP, CURRENT_SECURITY_SETUP, method)
    return MethodCall(method=descriptor, parameter=octets, is_secret=True)


def transfer(*keys: tuple[int, Secret], master: Secret = MASTER) -> MethodCall:
    wrapped = [KeyData(number, wrap(master, key)) for number, key in keys]
    return call(SetupMethod.KEY_TRANSFER, key_data(wrapped))


def opened(site: Site) -> Client:
    client = site.client()
    event = client.open()
    assert isinstance(event, Opened), event
    return client


def take_new_key(site: Site) -> None:
    site.keys = replace(site.keys, unicast=NEW)
    site.counters = Counters.fresh()


class TestKeyTransfer:
    def test_new_keys_hold_once_the_answer_is_made(self) -> None:
        site = Site()
        client = opened(site)
        # It was protected under the old key, else our protection would refuse it.
        assert client.act(transfer((KeyId.UNICAST, NEW))) == Answered(answer=None)
        assert isinstance(site.client().open(), ConnectionFailed)
        take_new_key(site)
        assert has_value(opened(site).get(NAME))

    def test_counters_under_a_new_key_begin_anew(self) -> None:
        site = Site()
        opened(site).act(transfer((KeyId.UNICAST, NEW)))
        assert site.meter.security.state()["unicast"] == [0, 0]
        assert site.meter.security.last_received == 0

    def test_a_key_that_comes_again_goes_on_with_its_counters(self) -> None:
        site = Site()
        same = site.keys.demand("unicast")
        opened(site).act(transfer((KeyId.UNICAST, same)))
        assert site.meter.security.state()["unicast"] == [4, 4]
        assert has_value(opened(site).get(NAME))

    def test_all_keys_at_once(self) -> None:
        site = Site()
        told = [(number, Secret(bytes((number,)) * 16)) for number in KeyId]
        assert opened(site).act(transfer(*told)) == Answered(answer=None)
        assert site.meter.security.setup.keys == KeySet(
            suite=SecuritySuite.SUITE_0,
            unicast=Secret(bytes(16)),
            broadcast=Secret(b"\1" * 16),
            authentication=Secret(b"\2" * 16),
            master=Secret(b"\3" * 16),
        )

    @pytest.mark.parametrize(
        ("request_", "result"),
        [
            (transfer((0, NEW), master=NEW), ActionResult.OTHER_REASON),
            (transfer((0, Secret(bytes(32)))), ActionResult.OTHER_REASON),
            (transfer((4, NEW)), ActionResult.TYPE_UNMATCHED),
            (call(2, enum(1)), ActionResult.TYPE_UNMATCHED),
            (call(2, b"\x01"), ActionResult.TYPE_UNMATCHED),
            (call(9, enum(1)), ActionResult.OBJECT_UNDEFINED),
        ],
    )
    def test_what_is_refused_changes_nothing(
        self, request_: MethodCall, result: ActionResult
    ) -> None:
        site = Site()
        client = opened(site)
        before = site.meter.security.setup.keys
        assert client.act(request_) == Answered(answer=result)
        assert site.meter.security.setup.keys == before

    def test_the_public_client_transfers_nothing(self) -> None:
        public = Site().public_client()
        public.open()
        assert public.act(transfer((0, NEW))) == Answered(answer=ActionResult.READ_WRITE_DENIED)


class TestPowerCuts:
    def test_counters_go_on(self, tmp_path: Path) -> None:
        site = Site(state=tmp_path / "state")
        opened(site).get(NAME)
        before = site.meter.security.state()
        site.meter = site.new_meter()
        assert site.meter.security.state() == before
        assert has_value(opened(site).get(NAME))

    def test_new_keys_are_kept(self, tmp_path: Path) -> None:
        site = Site(state=tmp_path / "state")
        opened(site).act(transfer((KeyId.UNICAST, NEW)))
        site.meter = site.new_meter()
        take_new_key(site)
        assert has_value(opened(site).get(NAME))

    def test_power_that_fails_before_the_keys_take_effect(self, tmp_path: Path) -> None:
        site = Site(state=tmp_path / "state", fault=Fault.LOSE_TRANSFER)
        assert isinstance(opened(site).act(transfer((KeyId.UNICAST, NEW))), _BROKEN)
        site.fault = None
        site.meter = site.new_meter()
        assert has_value(opened(site).get(NAME))

    def test_power_that_fails_before_the_answer(self, tmp_path: Path) -> None:
        site = Site(state=tmp_path / "state", fault=Fault.LOSE_TRANSFER_ANSWER)
        assert isinstance(opened(site).act(transfer((KeyId.UNICAST, NEW))), _BROKEN)
        site.fault = None
        site.meter = site.new_meter()
        assert isinstance(site.client().open(), ConnectionFailed)
        take_new_key(site)
        assert has_value(opened(site).get(NAME))

    def test_a_meter_without_a_file_forgets(self) -> None:
        site = Site()
        opened(site).act(transfer((KeyId.UNICAST, NEW)))
        site.meter = site.new_meter()
        assert site.meter.security.state()["unicast"] == [0, 0]


_BROKEN = (RequestFailed, ConnectionFailed)


class TestPolicy:
    def test_it_gets_stronger_once_the_answer_is_made(self) -> None:
        authenticated = Guard(authenticated=True)
        site = Site(guard=authenticated)
        client = opened(site)
        both = policy_data(SecurityPolicy(requests=BOTH, answers=BOTH), 0)
        assert client.act(call(SetupMethod.SECURITY_ACTIVATE, both)) == Answered(answer=None)
        refused = site.client().open()
        assert isinstance(refused, ConnectionFailed)
        assert isinstance(refused.error, ServiceRefusedError)
        site.guard = BOTH
        assert has_value(opened(site).get(NAME))

    @pytest.mark.parametrize("weaker", [0, 1, 2])
    def test_it_never_gets_weaker(self, weaker: int) -> None:
        client = opened(Site())
        assert client.act(call(SetupMethod.SECURITY_ACTIVATE, enum(weaker))) == Answered(
            answer=ActionResult.READ_WRITE_DENIED
        )

    def test_more_protection_than_demanded_is_welcome(self) -> None:
        site = Site(demanded=Guard(authenticated=True))
        assert has_value(opened(site).get(NAME))


class TestSecret:
    def test_a_new_secret(self) -> None:
        site = Site(mechanism=Mechanism.HLS_SHA256)
        new = encode_hls_secret(Secret(b"another secret"))
        method = MethodDescriptor(15, Obis.parse("0.0.40.0.0.255"), 2)
        client = opened(site)
        assert client.act(MethodCall(method=method, parameter=new.octets)) == Answered(answer=None)
        refused = site.client().open()
        assert isinstance(refused, ConnectionFailed)
        assert site.meter.security.state()["secret"] == b"another secret".hex()

    def test_it_outlives_the_power(self, tmp_path: Path) -> None:
        site = Site(mechanism=Mechanism.HLS_SHA256, state=tmp_path / "state")
        method = MethodDescriptor(15, Obis.parse("0.0.40.0.0.255"), 2)
        octets = encode_data(octet_string(b"another secret"))
        opened(site).act(MethodCall(method=method, parameter=octets))
        assert site.new_meter().security.state()["secret"] == b"another secret".hex()


class TestKeyAgreement:
    @pytest.mark.parametrize("suite", [SecuritySuite.SUITE_1, SecuritySuite.SUITE_2])
    def test_both_get_the_same_key(self, suite: SecuritySuite) -> None:
        site = Site(suite=suite)
        pairs = site.client_pairs
        assert pairs is not None
        own = fresh_key(pairs.curve)
        number = bytes((KeyId.UNICAST,))
        signature = pairs.demand_signing().sign(number + own.public.point)
        told = key_data([KeyData(KeyId.UNICAST, own.public.point + signature)])
        answer = opened(site).act(call(SetupMethod.KEY_AGREEMENT, told))
        assert has_value(answer)
        assert isinstance(answer.answer, bytes)
        [theirs] = parse_key_data(decode_data(Cursor(answer.answer)))
        octets = theirs.octets
        size = pairs.curve.point_size
        pairs.demand_peer_signing().verify(octets[size:], number + octets[:size])
        site.keys = replace(
            site.keys,
            unicast=derive_key(
                pairs.curve,
                own.agree(PublicKey(pairs.curve, octets[:size])),
                cipher_algorithm(pairs.curve),
                CLIENT,
                METER,
            ),
        )
        site.counters = Counters.fresh()
        assert has_value(opened(site).get(NAME))

    def test_a_key_that_nobody_signed(self) -> None:
        site = Site(suite=SecuritySuite.SUITE_1)
        assert site.client_pairs is not None
        point = fresh_key(site.client_pairs.curve).public.point
        told = key_data([KeyData(KeyId.UNICAST, point + bytes(64))])
        assert opened(site).act(call(SetupMethod.KEY_AGREEMENT, told)) == Answered(
            answer=ActionResult.OTHER_REASON
        )

    def test_a_meter_without_key_pairs(self) -> None:
        told = key_data([KeyData(KeyId.UNICAST, bytes(128))])
        assert opened(Site()).act(call(SetupMethod.KEY_AGREEMENT, told)) == Answered(
            answer=ActionResult.OTHER_REASON
        )


class TestSetupObject:
    @pytest.mark.parametrize(
        ("suite", "attribute", "octets"),
        [
            (0, 2, "1603"),
            (1, 2, "166c"),
            (0, 3, "1600"),
            (1, 3, "1601"),
            (0, 4, "0908" + CLIENT.hex()),
            (0, 5, "0908" + METER.hex()),
        ],
    )
    def test_it_shows_the_security(self, suite: int, attribute: int, octets: str) -> None:
        client = opened(Site(suite=SecuritySuite(suite)))
        told = client.get(AttributeDescriptor(SECURITY_SETUP, CURRENT_SECURITY_SETUP, attribute))
        assert told == Answered(answer=bytes.fromhex(octets))


class TestLostCounters:
    def test_the_expected_one_is_told(self) -> None:
        site = Site()
        opened(site).get(NAME)
        site.counters = Counters(FreshCounter(), site.counters.theirs)
        refused = site.client().open()
        assert isinstance(refused, ConnectionFailed)
        assert isinstance(refused.error, CounterRejectedError)
        assert refused.error.expected == 4
        site.counters = Counters(FreshCounter(4), site.counters.theirs)
        assert has_value(opened(site).get(NAME))

    def test_a_meter_that_has_forgotten_its_own_is_refused(self) -> None:
        site = Site(mechanism=Mechanism.LOWEST)
        opened(site).get(NAME)
        site.meter = site.new_meter()
        refused = site.client().open()
        assert isinstance(refused, ConnectionFailed | SecurityRefused)
        assert refused.error.code == "replay"

    def test_the_client_that_has_forgotten_the_meters_takes_any(self) -> None:
        site = Site(mechanism=Mechanism.LOWEST)
        opened(site).get(NAME)
        site.counters = Counters(site.counters.ours, ReceivedCounter())
        assert has_value(opened(site).get(NAME))


def test_another_secret_than_the_meters() -> None:
    site = Site(mechanism=Mechanism.HLS_SHA256)
    site.demand_changes = {"secret": Secret(b"of another meter")}
    site.meter = site.new_meter()
    refused = site.client().open()
    assert isinstance(refused, ConnectionFailed)
    assert not isinstance(refused.error, MeterNotAuthenticError)
    assert refused.error.code == "association_rejected"
