from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from dcud.collect.key_transfer import KeysUnsettledError, KeyTransfer, KeyTransferError, Outcome
from dcud.collect.security_setup import SetupRefusedError
from dcud.cosem.security_setup import KeyData, KeyId
from dcud.dlms.errors import NoAnswerError, TagError
from dcud.dlms.secret import Secret
from dcud.dlms.security.primitives.aes_key_wrap import unwrap

OLD, NEW, LATER, KEK = (Secret(bytes((octet,)) * 16) for octet in (1, 2, 3, 9))


class Killed(BaseException):
    """The process ends here."""


@dataclass
class World:
    """What outlives a process: file, store and meter; a process dies after so many steps."""

    current: dict[str, Secret] = field(
        default_factory=lambda: {"unicast_key": OLD, "master_key": KEK}
    )
    next: dict[str, Secret] = field(default_factory=dict)
    begun: list[Secret] = field(default_factory=list)
    in_meter: Secret = OLD
    steps_left: int = 1000
    refuses: bool = False
    loses: str = ""
    tries: list[Secret] = field(default_factory=list)

    def step(self) -> None:
        self.steps_left -= 1
        if self.steps_left < 0:
            raise Killed

    def state(self) -> "World":
        return self

    def begin(self, keys: Mapping[str, Secret]) -> None:
        self.step()
        assert keys["unicast_key"] in self.begun
        self.next = dict(keys)
        self.step()

    def promote(self) -> None:
        self.step()
        self.current, self.next = self.current | self.next, {}
        self.step()

    def abandon(self) -> None:
        self.next = {}
        self.step()

    async def begin_counter(self, unicast_key: Secret) -> None:
        assert unicast_key not in self.begun
        self.begun.append(unicast_key)
        self.step()

    @asynccontextmanager
    async def associate(self, keys: Mapping[str, Secret]) -> AsyncIterator["World"]:
        self.step()
        self.tries.append(keys["unicast_key"])
        if keys["unicast_key"] != self.in_meter:
            raise TagError("wrong key")
        yield self

    async def transfer_keys(self, keys: Iterable[KeyData]) -> None:
        self.step()
        if self.refuses:
            raise SetupRefusedError("no")
        if self.loses == "transfer":
            raise NoAnswerError("gone")
        (told,) = keys
        assert told.key_id == KeyId.UNICAST
        self.in_meter = unwrap(KEK, told.octets)
        self.step()
        if self.loses == "answer":
            raise NoAnswerError("gone")


async def rotate(world: World, key: Secret = NEW) -> Outcome:
    return await KeyTransfer(meter=world, file=world).run({"unicast_key": key})


async def test_new_keys_take_the_old_ones_place_once_proved() -> None:
    world = World()
    assert await rotate(world) is Outcome.NEW
    assert world.current["unicast_key"] == world.in_meter == NEW
    assert (world.next, world.tries, world.begun) == ({}, [OLD, NEW], [NEW])


@pytest.mark.parametrize("steps", range(9))
async def test_a_rotation_killed_at_any_step_is_ended_by_the_next_run(steps: int) -> None:
    world = World(steps_left=steps)
    with pytest.raises(Killed):
        await rotate(world)
    assert world.in_meter in {world.current["unicast_key"], world.next.get("unicast_key")}
    world.steps_left, world.tries = 1000, []
    assert await rotate(world, LATER) is Outcome.NEW
    assert world.current["unicast_key"] == world.in_meter
    assert world.in_meter in world.begun
    assert len(world.begun) == len(set(world.begun))


async def test_a_lost_answer_leaves_the_new_keys_in_use() -> None:
    world = World(loses="answer")
    assert await rotate(world) is Outcome.NEW
    assert world.current["unicast_key"] == NEW


async def test_a_lost_transfer_leaves_the_old_keys_in_use_to_be_gone_on_with() -> None:
    world = World(loses="transfer")
    assert await rotate(world) is Outcome.OLD
    assert world.next == {"unicast_key": NEW}
    world.loses = ""
    assert await rotate(world, LATER) is Outcome.NEW
    assert world.in_meter == NEW


async def test_what_a_meter_refuses_is_given_up() -> None:
    world = World(refuses=True)
    assert await rotate(world) is Outcome.OLD
    assert (world.current["unicast_key"], world.next) == (OLD, {})


async def test_both_keys_are_kept_where_neither_works_each_tried_once() -> None:
    world = World(next={"unicast_key": NEW}, in_meter=LATER)
    with pytest.raises(KeysUnsettledError, match="neither"):
        await rotate(world)
    assert (world.current["unicast_key"], world.next) == (OLD, {"unicast_key": NEW})
    assert world.tries == [NEW, OLD]


async def test_keys_that_the_meter_was_never_told_of_are_given_up() -> None:
    world = World(in_meter=LATER)
    with pytest.raises(TagError):
        await rotate(world)
    assert (world.next, world.tries) == ({}, [OLD])


async def test_without_the_master_key_nothing_begins() -> None:
    world = World(current={"unicast_key": OLD})
    with pytest.raises(KeyTransferError, match="master_key"):
        await rotate(world)
    assert world.begun == []


async def test_without_the_unicast_key_nothing_begins() -> None:
    world = World()
    with pytest.raises(KeyTransferError, match="unicast_key"):
        await KeyTransfer(meter=world, file=world).run({"authentication_key": NEW})
    assert world.begun == []
