import argparse
from random import Random

import pytest

from dcud.cli.impaired_line import ImpairedLine, impairment
from dcud.dlms.hdlc.frame import CONTROLS, HdlcFrame
from dcud.line.impairment import Impairment

RR = HdlcFrame(b"\x02\x23", b"\x21", CONTROLS[0x11]).build()


class Parrot:
    """Says again what it hears; hangs up on silence."""

    def receive(self, octets: bytes, now: float) -> bytes | None:
        return octets or None


def test_both_ways_are_bad() -> None:
    random = Random(1)  # noqa: S311  # a seed is the point
    doubling = ImpairedLine(Parrot(), Impairment(duplication=1.0), random)
    assert doubling.receive(RR, 0.0) == RR * 4
    losing = ImpairedLine(Parrot(), Impairment(loss=1.0), random)
    assert losing.receive(RR, 0.0) is None


def test_a_wish_is_read() -> None:
    assert impairment("corruption=0.01,loss=0.02") == Impairment(corruption=0.01, loss=0.02)


@pytest.mark.parametrize("text", ["", "delay=0.1", "loss", "loss=much", "loss=0.7,noise=0.7"])
def test_what_is_no_wish(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        impairment(text)
