"""Ciphered APDUs opened with the keys of a key file, for an operator to look into."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Self

from dcud.cli.main import UsageError
from dcud.config.key_entries import DEFAULT, parse_keys
from dcud.config.key_file import Access, key_file, read_secret_file
from dcud.dlms import llc
from dcud.dlms.errors import KeyMissingError, SystemTitleError, TagError
from dcud.dlms.secret import Secret
from dcud.dlms.security.cipher import BodyCipher, control_of
from dcud.dlms.security.compression import expanded
from dcud.dlms.security.envelope import Envelope, Family, open_envelope
from dcud.trace.apdu import APDUS, Dissected
from dcud.trace.tree import Node

_LONGEST: Final = 1 << 20
"""Octets that an APDU may have once it is expanded."""
_TITLES: Final = frozenset({"calling-AP-title", "responding-AP-title"})
_LLCS: Final = (llc.COMMAND, llc.RESPONSE, llc.BROADCAST)
_DEDICATED: Final = frozenset({Family.DED, Family.GENERAL_DED})


class TranslationKeys:
    """Keys by their names in key files, and the system titles that were given or heard."""

    def __init__(self, keys: Mapping[str, Secret], titles: Iterable[bytes]) -> None:
        self._keys = dict(keys)
        self._titles = list(titles)

    @classmethod
    def read(cls, path: Path, meter: str | None, titles: Iterable[bytes]) -> Self:
        """Return the keys of a meter in a key file; those for all where no meter is named.

        Raises:
            ConfigError: the file can't be read, or may be read by others.
            UsageError: it has no keys for the meter.
        """
        octets = read_secret_file(key_file(str(path.absolute())), Access.of_this_process())
        table = ("meter", meter) if meter else (DEFAULT,)
        entries = parse_keys(path, octets)
        keys = {entry[-1]: secret for entry, secret in entries.items() if entry[:-1] == table}
        if not keys:
            raise UsageError(
                f"{path} has no table [{'.'.join(table)}]", remedy="name a meter by --meter"
            )
        return cls(keys, titles)

    def learn(self, part: Dissected) -> None:
        """Take over the system titles that an association is made with, and a dedicated key."""
        for node in _nodes(part.nodes):
            octets = part.octets[node.start : node.end]
            if node.name in _TITLES and len(node.children) == 1:
                child = node.children[0]
                self._titles.append(part.octets[child.start : child.end])
            elif node.name == "dedicated-key":
                self._keys["dedicated_key"] = Secret(octets[1:])

    def opened(self, part: Dissected) -> bytes | None:
        """Return what a ciphered APDU carries, or the ciphered one in an association's.

        Raises:
            DecodeError: it is malformed.
            SecurityError: a key or system title is missing, or none fits.
        """
        apdu = _ciphered(part)
        envelope = open_envelope(apdu) if apdu else None
        if envelope is None:
            return None
        told = envelope.header.originator_system_title if envelope.header else envelope.system_title
        cipher = self._cipher(envelope)
        plain = self._deciphered(cipher, envelope, [told] if told else self._titles)
        return expanded(plain, _LONGEST) if control_of(envelope.body).compressed else plain

    def _cipher(self, envelope: Envelope) -> BodyCipher:
        control = control_of(envelope.body)
        if envelope.key_info is not None:
            raise KeyMissingError("its key is wrapped or agreed", remedy="it stays as it is")
        name = "broadcast_key" if control.broadcast else "unicast_key"
        if envelope.family in _DEDICATED:
            name = "dedicated_key"
        key = self._keys.get(name)
        if key is None:
            raise KeyMissingError(f"no {name} is known", remedy=_REMEDIES.get(name, _IN_FILE))
        authentication = self._keys.get("authentication_key")
        if control.authenticated and authentication is None:
            raise KeyMissingError("no authentication_key is known", remedy=_IN_FILE)
        return BodyCipher(key, authentication)

    def _deciphered(self, cipher: BodyCipher, envelope: Envelope, titles: Iterable[bytes]) -> bytes:
        header = envelope.header.authenticated_octets if envelope.header else b""
        control = control_of(envelope.body)
        problem: TagError | SystemTitleError = SystemTitleError(
            "nothing tells the sender's system title", remedy="give it by --system-title"
        )
        for title in titles:
            try:
                plain = cipher.decipher(envelope.body, title, header)
            except TagError as error:
                problem = error
                continue
            if control.authenticated or control.compressed or plain[:1] in _TAGS:
                return plain
            problem = TagError("what comes out is no APDU", remedy="look up key and system title")
        raise problem


_IN_FILE: Final = "add it to the key file"
_REMEDIES: Final = {"dedicated_key": "give the association's AARQ, too"}
_TAGS: Final = frozenset(bytes((tag,)) for tag in APDUS)


def _ciphered(part: Dissected) -> bytes:
    """Return the APDU that may be ciphered: the part's own, or the one within user-information."""
    for node in part.nodes:
        if node.name == "user-information" and node.children:
            return part.octets[node.children[0].start : node.end]
    return part.octets[3:] if part.octets[:3] in _LLCS else part.octets


def _nodes(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _nodes(node.children)
