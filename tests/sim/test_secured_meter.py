"""Meters that demand the whole of security, read by our client: mechanism x protection x form."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.association_view import decode_object_list
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.authentication import Mechanism
from dcud.dlms.connection import ConnectionFailed, Opened, Released
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import LinkError
from dcud.dlms.exchange import Answered
from dcud.dlms.obis import Obis
from dcud.dlms.security.channel import Counters
from dcud.dlms.security.parameters import Form, Guard, KeyInfoMethod
from dcud.dlms.security.server_protection import CounterRefusal
from dcud.dlms.security.suite import SecuritySuite
from dcud.dlms.server import ServerParameters
from dcud.sim.secured_meter import PUBLIC_OBJECTS
from tests.support.outcomes import has_value
from tests.support.secured_simulation import (
    BOTH,
    ENERGY,
    FRAME_COUNTER,
    NAME,
    PROFILE,
    Site,
)

AUTHENTICATED = Guard(authenticated=True)
ENCRYPTED = Guard(encrypted=True)
SIGNED = Guard(authenticated=True, encrypted=True, signed=True)
SUITES = tuple(SecuritySuite)
NAME_OCTETS = b"\x09\x10SIM0000000000001"


def read(site: Site) -> None:
    """Open, read a value and what comes in blocks, release."""
    client = site.client()
    assert isinstance(client.open(), Opened)
    name = client.get(NAME)
    assert has_value(name)
    assert name.answer == NAME_OCTETS
    profile = client.get(PROFILE)
    assert has_value(profile)
    assert len(profile.answer) > 2000
    assert isinstance(client.release(), Released)


@pytest.mark.parametrize("mechanism", [m for m in Mechanism if m is not Mechanism.HLS_ECDSA])
@pytest.mark.parametrize("ciphered", [False, True])
def test_every_mechanism(mechanism: Mechanism, *, ciphered: bool) -> None:
    read(Site(mechanism=mechanism, ciphered=ciphered))


@pytest.mark.parametrize("suite", [SecuritySuite.SUITE_1, SecuritySuite.SUITE_2])
@pytest.mark.parametrize("ciphered", [False, True])
def test_proof_by_signature(suite: SecuritySuite, *, ciphered: bool) -> None:
    read(Site(mechanism=Mechanism.HLS_ECDSA, suite=suite, ciphered=ciphered))


@pytest.mark.parametrize(
    ("suite", "guard", "form", "dedicated"),
    list(
        product(
            SUITES,
            [AUTHENTICATED, ENCRYPTED, BOTH],
            [Form.SERVICE_SPECIFIC, Form.GENERAL],
            [False, True],
        )
    ),
)
def test_every_protection_in_every_form(
    suite: SecuritySuite, guard: Guard, form: Form, *, dedicated: bool
) -> None:
    read(Site(suite=suite, guard=guard, form=form, dedicated=dedicated))


@pytest.mark.parametrize(
    ("suite", "method"),
    [
        *product(SUITES, [KeyInfoMethod.IDENTIFIED, KeyInfoMethod.WRAPPED]),
        *product(SUITES[1:], [KeyInfoMethod.ONE_PASS, KeyInfoMethod.STATIC]),
    ],
)
@pytest.mark.parametrize("guard", [AUTHENTICATED, BOTH])
def test_general_ciphering(suite: SecuritySuite, method: KeyInfoMethod, guard: Guard) -> None:
    read(Site(suite=suite, method=method, form=Form.GENERAL_CIPHERING, guard=guard))


@pytest.mark.parametrize("suite", SUITES[1:])
@pytest.mark.parametrize("form", list(Form))
def test_signed_requests_and_answers(suite: SecuritySuite, form: Form) -> None:
    read(Site(suite=suite, guard=SIGNED, form=form))


@pytest.mark.parametrize("form", [Form.GENERAL, Form.GENERAL_CIPHERING])
def test_compression(form: Form) -> None:
    site = Site(suite=SecuritySuite.SUITE_1, form=form, compress=True)
    client = site.client()
    client.open()
    assert has_value(client.get(PROFILE))


@pytest.mark.parametrize("form", [Form.SERVICE_SPECIFIC, Form.GENERAL_CIPHERING])
def test_over_hdlc(form: Form) -> None:
    read(Site(hdlc=True, form=form))


@pytest.mark.parametrize("hdlc", [False, True])
def test_a_meter_that_is_silent_about_old_counters(*, hdlc: bool) -> None:
    site = Site(hdlc=hdlc, demand_changes={"counter_refusal": CounterRefusal.SILENT})
    read(site)
    site.counters = Counters.fresh()
    refused = site.client().open()
    assert isinstance(refused, ConnectionFailed)
    assert isinstance(refused.error, LinkError)


def test_the_meter_tells_its_system_title() -> None:
    read(Site(told_title=False))


class TestThePublicClient:
    def test_it_reads_the_frame_counter(self) -> None:
        site = Site()
        client = site.client()
        client.open()
        client.get(NAME)
        public = site.public_client()
        assert isinstance(public.open(), Opened)
        told = public.get(FRAME_COUNTER)
        assert has_value(told)
        # AARQ 0, proof 1, the request that brings it 2, GET 3
        assert told.answer == bytes.fromhex("0600000003")

    def test_it_reads_nothing_else(self) -> None:
        public = Site().public_client()
        public.open()
        assert has_value(public.get(NAME))
        assert isinstance(public.get(ENERGY), Answered)

    def test_its_list_names_what_it_may_read(self) -> None:
        site = Site()
        assert site.meter.parameters.number == 1
        public = site.public_client()
        public.open()
        told = public.get(AttributeDescriptor(15, Obis.parse("0.0.40.0.0.255"), 2))
        assert has_value(told)
        objects = decode_object_list(told.answer)
        assert {each.logical_name for each in objects} == PUBLIC_OBJECTS


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0x60, 0x62, 0xC0, 0xC3, 0xC8, 0xDB, 0xDD]), st.binary(max_size=40)
        ),
        max_size=5,
    )
)
def test_whatever_comes_the_meter_lives_on(requests: list[tuple[int, bytes]]) -> None:
    site = Site(mechanism=Mechanism.LOWEST)
    application = site.meter.application(ServerParameters(), ClientSap(1))
    for tag, octets in requests:
        assert application.answers(bytes((tag, *octets)))
    client = site.client()
    assert isinstance(client.open(), Opened)
    assert has_value(client.get(NAME))
