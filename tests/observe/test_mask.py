from hypothesis import example, given
from hypothesis import strategies as st

from dcud.observe.mask import Mask


def mask(*secrets: bytes) -> Mask:
    known = Mask()
    for secret in secrets:
        known.add(secret)
    return known


def test_octets_without_secrets_are_shown_whole() -> None:
    assert mask().hex(bytes.fromhex("7ea0077e")) == "7EA0077E"


def test_marked_ranges_are_masked_octet_by_octet() -> None:
    assert mask().hex(bytes.fromhex("7ea00711227e"), [(2, 4), (5, 6)]) == "7EA0****22**"


def test_ranges_beyond_the_octets_do_no_harm() -> None:
    assert mask().hex(b"\x01\x02", [(-3, 1), (1, 9)]) == "****"
    assert mask().hex(b"\x01\x02", [(5, 9)]) == "0102"


def test_a_known_secret_is_masked_wherever_it_stands() -> None:
    known = mask(b"12345678")
    assert (
        known.hex(b"\x00" + b"12345678" + b"\xff" + b"12345678")
        == "00" + "*" * 16 + "FF" + "*" * 16
    )


def test_one_digit_less_is_no_secret() -> None:
    assert mask(b"12345678").hex(b"\x001234567\x00") == "0031323334353637" + "00"


def test_a_secret_cut_off_at_either_end_is_masked() -> None:
    known = mask(b"12345678")
    assert known.hex(b"\x001234") == "00********"
    assert known.hex(b"345678\x00") == "************00"
    assert known.hex(b"4567") == "34353637"  # neither its beginning nor its end: can't be told


def test_marks_and_known_secrets_add_up() -> None:
    assert mask(b"abcd").hex(b"\x01abcd\x02", [(5, 6)]) == "01**********"


def test_secrets_that_begin_alike_are_told_apart() -> None:
    known = mask(b"00000001", b"00000002", b"00000002")
    assert known.hex(b"x00000002x") == "78" + "*" * 16 + "78"
    assert known.hex(b"x00000003x") == "78" + b"00000003".hex() + "78"


def test_secrets_that_end_alike_are_told_apart() -> None:
    known = mask(b"1-secret", b"2-secret")
    assert known.hex(b"1-secret") == "*" * 16
    assert known.hex(b"-secret\x00") == "*" * 14 + "00"
    assert known.hex(b"x-secret") == b"x-secret".hex().upper()


def test_too_short_a_secret_would_mask_half_of_everything() -> None:
    assert mask(b"123").hex(b"0123") == "30313233"


def test_text_is_masked_letter_by_letter() -> None:
    known = mask(b"pass word", "schlüssel".encode())
    assert known.text("got pass word, then") == "got *********, then"
    assert known.text("der schlüssel") == "der **********"
    assert known.text("nothing") == "nothing"
    assert mask().text("nothing") == "nothing"


secrets = st.binary(min_size=4, max_size=32)


@given(secret=secrets, before=st.binary(max_size=40), after=st.binary(max_size=40))
@example(secret=b"\x00" * 4, before=b"\x00" * 9, after=b"\x00")
def test_no_secret_survives(secret: bytes, before: bytes, after: bytes) -> None:
    shown = mask(secret).hex(before + secret + after)
    start, end = 2 * len(before), 2 * (len(before) + len(secret))
    assert shown[start:end] == "*" * (end - start)
    assert len(shown) == 2 * len(before + secret + after)


def hidden_in(octets: bytes, secret: bytes) -> set[int]:
    """Return where the secret stands, octet by octet, found the slow and obvious way."""
    hidden: set[int] = set()
    for start in range(-len(secret), len(octets)):
        end = start + len(secret)
        both = range(max(start, 0), min(end, len(octets)))
        lies_inside_the_secret = start < 0 and end > len(octets)
        if len(both) < 4 or lies_inside_the_secret:
            continue
        if all(octets[index] == secret[index - start] for index in both):
            hidden.update(both)
    return hidden


@given(octets=st.binary(max_size=64), known=st.lists(secrets, max_size=3))
@example(octets=b"-secret secret sec", known=[b"secret", b"a-secret"])
@example(octets=b"ecre", known=[b"secret"])
def test_what_is_no_secret_is_shown(octets: bytes, known: list[bytes]) -> None:
    hidden = {index for secret in known for index in hidden_in(octets, secret)}
    expected = "".join("**" if i in hidden else f"{octet:02X}" for i, octet in enumerate(octets))
    assert mask(*known).hex(octets) == expected
