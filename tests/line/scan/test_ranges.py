from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import MisuseError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.line.scan.ranges import AS_IT_IS, LineSetting, ScanRanges, is_shared

NARROW = ScanRanges(
    lines=(LineSetting(9600),), sizes=(2,), logicals=(1,), physicals=(17, 18), clients=(16, 1)
)


def test_addresses_go_by_size_then_logical_then_physical_device() -> None:
    ranges = replace(NARROW, sizes=(1, 4, 2), logicals=(1, 200), physicals=(17, 1000))
    assert ranges.addresses == (
        ServerAddress(1, None, 1),
        ServerAddress(1, 17, 4),
        ServerAddress(1, 1000, 4),
        ServerAddress(200, 17, 4),
        ServerAddress(200, 1000, 4),
        ServerAddress(1, 17, 2),
    )


def test_every_client_of_the_sweep_asks_every_address() -> None:
    ranges = replace(NARROW, sweep_clients=2)
    assert ranges.sweep_length == 4
    assert [ranges.combination(place) for place in range(4)] == [
        (16, ServerAddress(1, 17, 2)),
        (16, ServerAddress(1, 18, 2)),
        (1, ServerAddress(1, 17, 2)),
        (1, ServerAddress(1, 18, 2)),
    ]


def test_hails_go_to_the_addresses_that_any_device_may_answer_to() -> None:
    # [IEC 62056-46: reserved addresses] 0x7F and 0x3FFF are all stations, 0x7E and 0x3FFE calling.
    ranges = replace(NARROW, sizes=(1, 2, 4), clients=(16, 1, 32))
    assert [(client, str(address)) for client, address in ranges.hails] == [
        (client, f"1{address}")
        for client in (16, 1)
        for address in (
            " (1 octet)",
            "/127 (2 octets)",
            "/126 (2 octets)",
            "/16383 (4 octets)",
            "/16382 (4 octets)",
        )
    ]


def test_hails_leave_out_sizes_in_which_the_logical_device_has_no_room() -> None:
    ranges = replace(NARROW, sizes=(1, 2, 4), logicals=(145,), clients=(16,))
    assert {address.octet_count for _, address in ranges.hails} == {4}


def test_over_the_wrapper_addresses_are_server_ports_and_nobody_is_hailed() -> None:
    ranges = replace(NARROW, lines=(AS_IT_IS,), wrapper=True, logicals=(1, 300))
    assert ranges.addresses == (ServerAddress(1), ServerAddress(300))
    assert ranges.hails == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": ()},
        {"lines": (LineSetting(9600), LineSetting(9600))},
        {"sizes": (3,)},
        {"sizes": ()},
        {"logicals": (0x4000,)},
        {"physicals": (17, 17)},
        {"physicals": (-1,)},
        {"clients": (128,)},
        {"clients": ()},
        {"physicals": ()},
        {"logicals": (200,)},
        {"sweep_clients": 0},
        {"sweep_clients": 3},
    ],
)
def test_what_can_not_be_tried_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(MisuseError):
        replace(NARROW, **changes)  # type: ignore[arg-type]  # names of its fields


def test_wide_clients_exist_over_the_wrapper() -> None:
    assert replace(NARROW, wrapper=True, clients=(0xFFFF,)).clients == (0xFFFF,)


@pytest.mark.parametrize(
    ("setting", "octet_time", "words"),
    [
        (LineSetting(9600), 10 / 9600, "9600 8N1"),
        (LineSetting(300, "7E1"), 10 / 300, "300 7E1"),
        (LineSetting(2400, "8E1"), 11 / 2400, "2400 8E1"),
        (AS_IT_IS, 0.0, "as it is"),
    ],
)
def test_a_setting_tells_how_long_an_octet_takes(
    setting: LineSetting, octet_time: float, words: str
) -> None:
    assert setting.octet_time == pytest.approx(octet_time)
    assert str(setting) == words


@given(st.integers(1, 127), st.one_of(st.none(), st.integers(0, 127)))
def test_shared_addresses_name_no_single_device(logical: int, physical: int | None) -> None:
    assert is_shared(ServerAddress(logical, physical)) == (physical in {None, 126, 127})


def test_wide_shared_addresses_are_their_own() -> None:
    wide = [n for n in (126, 127, 0x3FFE, 0x3FFF) if is_shared(ServerAddress(1, n, 4))]
    assert wide == [0x3FFE, 0x3FFF]
