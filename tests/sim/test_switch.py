from dcud.dlms.constructors import boolean, enum
from dcud.sim.switch import Switch


def states(switch: Switch) -> list[object]:
    return [switch.attribute(index) for index in (2, 3, 4)]


def test_it_is_closed_when_new() -> None:
    assert states(Switch()) == [boolean(True), enum(1), enum(4)]


def test_it_opens_and_closes() -> None:
    switch = Switch()
    switch.act(1)
    assert states(switch) == [boolean(False), enum(0), enum(4)]
    switch.act(2)
    assert states(switch) == [boolean(True), enum(1), enum(4)]
