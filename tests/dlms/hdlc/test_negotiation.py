import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.hdlc.negotiation import LinkSizes, SizeForm, negotiate, settle

DEFAULTS = LinkSizes()


@pytest.mark.parametrize(
    ("information", "sizes"),
    [
        ("", (128, 128, 1, 1)),
        # u9n/dlms-cosem tests
        ("81801205019a06019a070400000001080400000001", (154, 154, 1, 1)),
        ("8180140502008006020080070400000001080400000001", (128, 128, 1, 1)),
        # jDLMS tests: a Landis+Gyr E650
        ("81801205018006013e070400000001080400000001", (128, 62, 1, 1)),
        # u9n/dlms-cosem issue 62: one value of one octet, one of two
        ("818013050180060202000704000000010804" + "00000001", (128, 512, 1, 1)),
        # what may be missing, in another order, or of length zero
        ("818000", (128, 128, 1, 1)),
        ("81800808040000000305" + "00", (128, 128, 1, 3)),
        ("818003070107", (128, 128, 7, 1)),
        ("8180080701020601ff8800", (128, 255, 2, 1)),
        # out of range: taken for the nearest
        ("81800a0502ffff060407ffffff", (2030, 2030, 1, 1)),
        ("8180060701ff080100", (128, 128, 7, 1)),
        # a length of zero stands for the default, for each of the four
        ("8180080500060007000800", (128, 128, 1, 1)),
        # IEC 62056-46 allows groups of the manufacturer's own (format 81, group F0) behind ours
        ("81800605014006" + "0140" + "f00401020304", (64, 64, 1, 1)),
        ("818000" + "f001ff", (128, 128, 1, 1)),
    ],
)
def test_known_groups(information: str, sizes: tuple[int, int, int, int]) -> None:
    parsed = LinkSizes.parse(bytes.fromhex(information))
    assert parsed == LinkSizes(
        max_info_transmit=sizes[0],
        max_info_receive=sizes[1],
        window_transmit=sizes[2],
        window_receive=sizes[3],
    )


@pytest.mark.parametrize(
    "information",
    ["81", "8180", "808003050180", "818004050180", "818003050280", "81800105", "818002"],
)
def test_what_is_no_group(information: str) -> None:
    with pytest.raises(DecodeError):
        LinkSizes.parse(bytes.fromhex(information))


def test_a_proposal_has_the_known_octets() -> None:
    # jDLMS and u9n/dlms-cosem agree on these
    assert DEFAULTS.build().hex() == "818012050180060180070400000001080400000001"
    wide = LinkSizes(max_info_receive=512)
    assert wide.build().hex() == "81801305018006020200070400000001080400000001"


@pytest.mark.parametrize(
    ("form", "information"),
    [
        (SizeForm.AUTO, "8180130501800602020007040000000108040000" + "0001"),
        (SizeForm.ONE, "8180120501800601ff0704000000010804000000" + "01"),
        (SizeForm.TWO, "81801405020080060202000704000000010804" + "00000001"),
    ],
)
def test_sizes_in_a_form_that_the_meter_reads(form: SizeForm, information: str) -> None:
    sizes = LinkSizes(max_info_receive=512)
    assert sizes.build(form).hex() == information
    assert LinkSizes.parse(bytes.fromhex(information)) == sizes.told_in(form)


@pytest.mark.parametrize("info", [0, 2031])
def test_sizes_out_of_range(info: int) -> None:
    with pytest.raises(EncodeError):
        LinkSizes(max_info_transmit=info)
    with pytest.raises(EncodeError):
        LinkSizes(max_info_receive=info)


@pytest.mark.parametrize("window", [0, 8])
def test_windows_out_of_range(window: int) -> None:
    with pytest.raises(EncodeError):
        LinkSizes(window_transmit=window)
    with pytest.raises(EncodeError):
        LinkSizes(window_receive=window)


infos = st.integers(1, 2030)
windows = st.integers(1, 7)
sizes_of_any_kind = st.builds(
    LinkSizes,
    max_info_transmit=infos,
    max_info_receive=infos,
    window_transmit=windows,
    window_receive=windows,
)


@given(sizes_of_any_kind, st.sampled_from(SizeForm))
def test_sizes_survive_the_line(sizes: LinkSizes, form: SizeForm) -> None:
    assert LinkSizes.parse(sizes.build()) == sizes
    assert LinkSizes.parse(sizes.build(form)) == sizes.told_in(form)


@given(st.binary(max_size=20) | st.binary(max_size=12).map(lambda rest: b"\x81\x80\x0c" + rest))
def test_any_octets_are_sizes_or_a_typed_error(information: bytes) -> None:
    try:
        sizes = LinkSizes.parse(information)
    except DecodeError:
        return
    assert 1 <= sizes.max_info_transmit <= 2030


@given(sizes_of_any_kind, sizes_of_any_kind)
def test_what_holds_suits_both_sides_whichever_way_they_mean_it(
    own: LinkSizes, peer: LinkSizes
) -> None:
    agreed = negotiate(own, peer)
    assert agreed == negotiate(peer, own)
    for side in (own, peer):
        assert agreed.max_info_transmit <= side.max_info_transmit
        assert agreed.max_info_transmit <= side.max_info_receive
        assert agreed.max_info_receive <= side.max_info_transmit
        assert agreed.window_transmit <= side.window_receive
        assert agreed.window_receive <= side.window_transmit


def test_what_can_t_be_read_stands_for_the_defaults() -> None:
    own = LinkSizes(max_info_transmit=512, max_info_receive=512, window_receive=7)
    assert settle(own, b"\x81\x80\x05") == LinkSizes() == settle(own, b"")


@given(sizes_of_any_kind, sizes_of_any_kind)
def test_what_the_octets_tell_is_what_holds(own: LinkSizes, peer: LinkSizes) -> None:
    assert settle(own, peer.build()) == negotiate(own, peer)
