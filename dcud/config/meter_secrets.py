"""The secrets of one meter, as far as its configuration asks for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from dcud.config.key_entries import (
    DEFAULT,
    GATEWAY,
    KEY_SIZES,
    NEXT,
    PREVIOUS,
    SYMMETRIC,
    Entry,
    missing,
)
from dcud.config.model import Meter
from dcud.config.problem import ConfigError, Problem
from dcud.dlms.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterSecrets:
    """What a key file holds for one meter; None for what it lacks.

    Attributes:
        lls_password: of LLS.
        hls_secret: of HLS by a function or a digest.
        unicast_key: global unicast encryption key.
        authentication_key: global authentication key.
        broadcast_key: global broadcast encryption key.
        master_key: wraps other keys.
        signing_key: our private key for digital signature, in PEM.
        agreement_key: our private key for key agreement, in PEM.
        others: by name, what is not used with the meter but must stay hidden as well: keys that
            are to replace one of these ("next_unicast_key"), or that one of these replaced.
    """

    lls_password: Secret | None = None
    hls_secret: Secret | None = None
    unicast_key: Secret | None = None
    authentication_key: Secret | None = None
    broadcast_key: Secret | None = None
    master_key: Secret | None = None
    signing_key: Secret | None = None
    agreement_key: Secret | None = None
    others: Mapping[str, Secret] = field(default_factory=dict)

    def all(self) -> list[Secret]:
        """Return those that are there, the unused ones, too."""
        used = [secret for name in NAMES if (secret := getattr(self, name)) is not None]
        return [*used, *self.others.values()]


NO_SECRETS = MeterSecrets()

NAMES = tuple(each.name for each in fields(MeterSecrets) if each.name != "others")
"""What a meter's secrets are called, in a key file as here."""


def needed_by(meter: Meter) -> list[str]:
    """Return the names of the secrets that the meter's configuration can't do without."""
    security = meter.security
    needed = [*_BY_AUTHENTICATION[meter.authentication]]
    if security is not None:
        if security.requests != "none":
            needed.append("unicast_key")
        if "authenticated" in security.requests:
            needed.append("authentication_key")
        needed += _BY_KEY_INFO[security.key_info]
        if security.sign_requests:
            needed.append("signing_key")
    return list(dict.fromkeys(needed))


def holds_secrets(meter: Meter) -> bool:
    """Tell whether something secret is fetched for the meter, from a file or by a program."""
    return meter.key_command is not None or bool(needed_by(meter))


_BY_AUTHENTICATION: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "lls": ("lls_password",),
    "hls": ("hls_secret",),
    "hls-md5": ("hls_secret",),
    "hls-sha1": ("hls_secret",),
    "hls-gmac": ("unicast_key", "authentication_key"),
    "hls-sha256": ("hls_secret",),
    "hls-ecdsa": ("signing_key",),
}
_BY_KEY_INFO: Mapping[str, tuple[str, ...]] = {
    "identified": (),
    "wrapped": ("master_key",),
    "one-pass": ("signing_key", "agreement_key"),
    "static": ("agreement_key",),
}


def chosen_for(meter: Meter, entries: Mapping[Entry, Secret], path: Path) -> MeterSecrets:
    """Return a meter's secrets out of the entries of a key file.

    Its own come first, then those of all meters; private keys may be the gateway's, too.

    Raises:
        ConfigError: something is missing, or a key has not the length of the meter's suite.
    """
    tables: tuple[Entry, ...] = (("meter", meter.id), (DEFAULT,), (GATEWAY,))

    def find(name: str) -> Secret | None:
        return next((entries[(*t, name)] for t in tables if (*t, name) in entries), None)

    found = {name: find(name) for name in NAMES}
    others = {name: secret for name in _OTHERS if (secret := find(name)) is not None}
    problems: list[Problem] = []
    for name in needed_by(meter):
        if found[name] is None:
            problems += missing(path, ("meter", meter.id, name)).problems
    for name in _of_another_suite(meter, found):
        if name in needed_by(meter) or ("meter", meter.id, name) in entries:
            problems.append(_of_another_size(meter, name, found[name], path))
        found[name] = None
    if problems:
        raise ConfigError(problems)
    return MeterSecrets(**found, others=others)


_OTHERS = tuple(prefix + name for prefix in (NEXT, PREVIOUS) for name in NAMES)


def _of_another_suite(meter: Meter, found: Mapping[str, Secret | None]) -> list[str]:
    """Return the names of the keys that have not the length of the meter's suite.

    Those that stand in a table for all meters, and that this one doesn't need, harm nobody.
    """
    size = _key_size(meter)
    return [
        name for name in SYMMETRIC if (key := found[name]) is not None and len(key.octets) != size
    ]


def _of_another_size(meter: Meter, name: str, key: Secret | None, path: Path) -> Problem:
    size = 0 if key is None else len(key.octets)
    return Problem(
        file=str(path),
        line=0,
        key=f"meter.{meter.id}.{name}",
        message=f"has {size} octets; in security suite {_suite(meter)} keys have"
        f" {_key_size(meter)}",
        remedy="look up key and suite in the meter's delivery data",
    )


def _suite(meter: Meter) -> int:
    return 0 if meter.security is None else meter.security.suite


def _key_size(meter: Meter) -> int:
    return KEY_SIZES[_suite(meter) == _WIDE_SUITE]


_WIDE_SUITE = 2
