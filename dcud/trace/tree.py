"""Octets as a tree of named fields."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor

Range = tuple[int, int]
Value = str | int | float | bool | None

MASKED: Final = "masked"
"""The meaning of what the log does not show."""


@dataclass(slots=True, kw_only=True)
class Node:
    """One field, with what it is made of.

    Attributes:
        name: the standard's name.
        start: index of its first octet among the octets of its tree.
        end: index after its last octet.
        value: a number, a text, or octets in hex; None where the children say it all.
        meaning: in words; "" where the value says it all.
        children: its parts, in their order.
        is_trouble: whether it tells why the octets from here on can't be read.
    """

    name: str
    start: int
    end: int
    value: Value = None
    meaning: str = ""
    children: list["Node"] = field(default_factory=list)
    is_trouble: bool = False


class TraceCursor(Cursor):
    """A cursor that can be held to a part of its octets for a while."""

    __slots__ = ()

    @property
    def end(self) -> int:
        """Where the octets end, or the part does that it is held to."""
        return self._end

    def hold_to(self, end: int) -> int:
        """End at `end`; returns where it ended before."""
        before, self._end = self._end, end
        return before


class MaskedCursor(TraceCursor):
    """A cursor over octets some of which are not known.

    Fields may hold such octets, but where a tag, a length or a count is unknown nothing after it
    can be told.
    """

    __slots__ = ("_masked",)

    def __init__(self, octets: bytes, masked: Sequence[Range]) -> None:
        super().__init__(octets)
        self._masked = masked

    def u8(self) -> int:
        """Read one octet, which must be known."""
        start = self.position
        octet = super().u8()
        if overlaps(self._masked, start, start + 1):
            self.position = start
            raise DecodeError(f"octet {start} is masked, and what follows depends on it")
        return octet


def overlaps(ranges: Sequence[Range], start: int, end: int) -> bool:
    """Tell whether any of the half-open ranges has an octet in start..end."""
    return any(first < end and start < last for first, last in ranges)


def shown_hex(octets: bytes, masked: Sequence[Range] = ()) -> str:
    """Return upper-case hex, `**` for each masked octet."""
    text = octets.hex().upper()
    for start, end in masked:
        first, last = max(start, 0), min(end, len(octets))
        if first < last:
            text = text[: 2 * first] + "**" * (last - first) + text[2 * last :]
    return text


def within(ranges: Sequence[Range], start: int, end: int) -> tuple[Range, ...]:
    """Return the ranges as they lie in octets[start:end]."""
    return tuple(
        (max(first, start) - start, min(last, end) - start)
        for first, last in ranges
        if first < end and start < last
    )


@dataclass(frozen=True, slots=True)
class Block:
    """A part of something that is too long for one APDU.

    Attributes:
        number: of the block.
        is_last: whether nothing follows.
        octets: the part.
        masked: the ranges of it that are not known.
        begins: whether it begins anew whatever came before.
        describe: takes apart what all the parts make together.
    """

    number: int
    is_last: bool
    octets: bytes
    masked: tuple[Range, ...]
    begins: bool
    describe: Callable[["Dissection"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What a frame carries for the layer above.

    Attributes:
        octets: the APDU or a part of it, with whatever stands before it.
        masked: the ranges of it that are not known.
        stream: destination and source as they stand in the frame.
        more: whether the next frame carries on.
        number: the frame's sequence number, None where it has none.
        describe: takes apart what the parts make together; None where it is a frame itself.
    """

    octets: bytes
    masked: tuple[Range, ...]
    stream: tuple[bytes, bytes]
    more: bool = False
    number: int | None = None
    describe: Callable[["Dissection"], None] | None


class Dissection:
    """Octets being taken apart: reads fields one by one and notes each in the tree.

    Attributes:
        octets: all of them.
        masked: those that are not known.
        cursor: where the reading is; what `read` is given moves it.
        nodes: the trees so far.
        is_brief: whether only what is told in one line is wanted: long values have no parts then,
            and octets are not shown.
        kinds: names of the APDUs found, outermost first.
        words: what is worth telling in one line, in order.
        has_trouble: whether anything could not be read, or is wrong.
        block: set where the octets carry a part of something longer.
        payload: set where the octets are a frame that carries something.
        subject: of a request what it asks about.
        of_list: whether the request asks for several things at once, or the answer is to such.
    """

    __slots__ = (
        "_open",
        "_told",
        "block",
        "cursor",
        "has_trouble",
        "is_brief",
        "kinds",
        "masked",
        "nodes",
        "octets",
        "of_list",
        "payload",
        "subject",
        "words",
    )

    def __init__(
        self, octets: bytes, masked: Sequence[Range] = (), *, is_brief: bool = False
    ) -> None:
        self.octets = octets
        self.is_brief = is_brief
        self.masked = masked
        self.cursor = MaskedCursor(octets, masked) if masked else TraceCursor(octets)
        self.nodes: list[Node] = []
        self.kinds: list[str] = []
        self.words: list[str] = []
        self.block: Block | None = None
        self.payload: Payload | None = None
        self.has_trouble = False
        self.subject = ""
        self.of_list = False
        self._open = self.nodes
        self._told: DecodeError | None = None

    def say(self, words: str) -> None:
        """Add to what is told in one line."""
        self.words.append(words)

    def qualify(self, kind: str) -> None:
        """Tell more exactly what kind of APDU this is."""
        if self.kinds:
            self.kinds[-1] = self.words[-1] = f"{self.kinds[-1]}-{kind}"

    def add(self, node: Node) -> Node:
        """Add a field below the one that is open."""
        self._open.append(node)
        return node

    def leaf(self, name: str, start: int, value: Value, meaning: str = "") -> Node:
        """Add the field that begins at `start` and ends where the cursor is.

        Raises:
            DecodeError: it goes beyond what the cursor is held to.
        """
        end = self.cursor.position
        if end > self.cursor.end:
            # Integers are read without a look at what the cursor is held to.
            self.cursor.position = start
            raise self.cursor.overrun(f"{end - start} octets")
        if self.masked and overlaps(self.masked, start, end):
            value = shown_hex(self.octets[start:end], within(self.masked, start, end))
            meaning = MASKED
        return self.add(Node(name=name, start=start, end=end, value=value, meaning=meaning))

    def number(self, name: str, reader: Callable[[Cursor], int], names: str = "") -> int:
        """Read an integer; `names` is what it means."""
        start = self.cursor.position
        found = reader(self.cursor)
        self.leaf(name, start, found, names)
        return found

    def raw(self, name: str, count: int, meaning: str = "") -> bytes:
        """Read so many octets that are shown in hex."""
        start = self.cursor.position
        octets = self.cursor.take(count)
        self.leaf(name, start, None if self.is_brief else octets.hex().upper(), meaning)
        return octets

    def rest(self, name: str, meaning: str = "") -> bytes:
        """Read all that is left, in hex; adds nothing where nothing is left."""
        count = self.cursor.remaining
        return self.raw(name, count, meaning) if count else b""

    @contextmanager
    def group(self, name: str, meaning: str = "", *, end: int | None = None) -> Iterator[Node]:
        """Open a field; what is read within the context becomes its parts.

        Args:
            name: its name.
            meaning: in words.
            end: where it ends, where that is known beforehand: trouble within it is then contained,
                and reading goes on behind it.
        """
        node = self.add(Node(name=name, start=self.cursor.position, end=0, meaning=meaning))
        before, self._open = self._open, node.children
        cursor = self.cursor
        held_before = cursor.hold_to(cursor.end if end is None else end)
        try:
            yield node
            if end is not None:
                self.rest("more octets")
        except DecodeError as error:
            self._tell(error)
            if end is None:
                raise
            cursor.position = end
        finally:
            cursor.hold_to(held_before)
            node.end = cursor.position
            self._open = before

    def _tell(self, error: DecodeError) -> None:
        """Add a field that tells why what is left can't be read, once for each error."""
        if error is self._told:
            return
        self._told = error
        self.has_trouble = True
        start, end = self.cursor.position, self.cursor.end
        self.add(
            Node(
                name="unreadable",
                start=start,
                end=end,
                value=shown_hex(self.octets[start:end], within(self.masked, start, end)),
                meaning=error.message,
                is_trouble=True,
            )
        )

    def run(self, describe: Callable[["Dissection"], None]) -> None:
        """Take the octets apart; what can't be read ends in a field that tells why."""
        try:
            describe(self)
            self.rest("more octets", "nothing is known of them")
        except DecodeError as error:
            self._tell(error)
