from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.prime.messages import NewDevice, RemoveDevice, StartReporting
from dcud.dlms.prime.network import NodeJoined, NodeLeft, PrimeNetwork, is_named


def node(device_id: int, number: int) -> NewDevice:
    return NewDevice(
        device_id=device_id,
        capabilities=1,
        identifier=f"ZIV{number:010d}".encode(),
        eui48=number.to_bytes(6, "big"),
    )


def test_nodes_come_and_go() -> None:
    network = PrimeNetwork()
    assert network.note(node(1, 100)) == [NodeJoined(node=node(1, 100))]
    assert network.note(node(2, 200)) == [NodeJoined(node=node(2, 200))]
    assert network.note(node(1, 100)) == []
    assert list(network) == [node(1, 100), node(2, 200)]
    assert network.note(RemoveDevice(device_id=1)) == [NodeLeft(device_id=1, node=node(1, 100))]
    assert network.note(RemoveDevice(device_id=9)) == [NodeLeft(device_id=9, node=None)]
    assert network.note(StartReporting()) == []
    assert len(network) == 1
    assert len(network.take_events()) == 4
    assert network.take_events() == []


def test_a_node_that_joins_anew_has_one_number() -> None:
    network = PrimeNetwork()
    network.note(node(1, 100))
    network.note(node(2, 200))
    assert network.note(node(3, 100)) == [
        NodeLeft(device_id=1, node=node(1, 100)),
        NodeJoined(node=node(3, 100)),
    ]
    assert network.note(node(2, 300)) == [
        NodeLeft(device_id=2, node=node(2, 200)),
        NodeJoined(node=node(2, 300)),
    ]


def test_a_node_is_found_by_either_name() -> None:
    network = PrimeNetwork()
    network.note(node(7, 100))
    assert network.find(b"ZIV0000000100") == node(7, 100)
    assert network.find(b"ZIV0000000100\x00\x00 ") == node(7, 100)
    assert network.find((100).to_bytes(6, "big")) == node(7, 100)
    assert network.find(b"ZIV0000000101") is None
    assert is_named(node(7, 100), b"ZIV0000000100")


def test_a_new_connection_knows_nothing() -> None:
    network = PrimeNetwork()
    network.note(node(7, 100))
    network.clear()
    assert list(network) == []
    assert network.take_events() == []


def test_a_node_in_doubt_is_told_of_anew() -> None:
    network = PrimeNetwork()
    network.note(node(7, 100))
    network.doubt(7)
    network.doubt(8)
    assert list(network) == []
    assert network.note(node(7, 100)) == [NodeJoined(node=node(7, 100))]


@given(
    st.lists(
        st.builds(node, st.integers(1, 4), st.integers(1, 4))
        | st.builds(RemoveDevice, device_id=st.integers(1, 4))
    )
)
def test_events_tell_what_there_is(messages: list[NewDevice | RemoveDevice]) -> None:
    network = PrimeNetwork()
    told: dict[int, NewDevice] = {}
    for message in messages:
        for event in network.note(message):
            if isinstance(event, NodeJoined):
                told[event.node.device_id] = event.node
            else:
                told.pop(event.device_id, None)
    assert set(told.values()) == set(network)
    assert len({each.eui48 for each in network}) == len(network)
