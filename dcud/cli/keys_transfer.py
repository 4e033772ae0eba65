"""`dcud keys transfer`: new keys for one meter, brought to it under its master key."""

import argparse
import asyncio
import json
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dcud.cli.check import DEFAULT_PATH
from dcud.cli.main import UsageError
from dcud.cli.meter_choice import ChosenMeter
from dcud.cli.visit import visit, wall_clock
from dcud.config import key_rotation
from dcud.config.load import load
from dcud.config.meter_secrets import MeterSecrets
from dcud.config.model import Configuration
from dcud.config.report import suggestion
from dcud.dlms.secret import Secret

if TYPE_CHECKING:
    from dcud.collect.key_transfer import FileState, Keys
    from dcud.collect.security_setup import SecuritySetupDialogue

summary = "replace a meter's keys by fresh ones, in steps that survive a power cut"

KINDS = ("unicast_key", "authentication_key", "broadcast_key", "master_key")
_DEFAULT_KINDS = ("unicast_key", "authentication_key")

_WORDS = {
    "new": "{meter}: the new keys work; they are in {path}, the old ones beside them",
    "old": "{meter}: the old keys work; nothing was replaced",
    "unknown_new": "{meter}: the old keys work; the new ones are kept in {path} for another try",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("meter", metavar="METER", help="its id in the configuration")
    parser.add_argument(
        "--config",
        type=Path,
        default=DEFAULT_PATH,
        metavar="FILE",
        help="the configuration (default: %(default)s)",
    )
    parser.add_argument(
        "--kind",
        action="append",
        choices=KINDS,
        help="which keys, given once for each (default: unicast_key and authentication_key)",
    )
    parser.add_argument(
        "--drop-previous",
        action="store_true",
        help="afterwards, if the new keys work, remove the replaced ones from the key file",
    )
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="of standard output (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Rotate the keys; returns 0 where the new ones work, 75 where the old ones still do."""
    chosen, path = _chosen(load(arguments.config), arguments.meter)
    outcome = asyncio.run(_rotate(chosen, path, tuple(arguments.kind or _DEFAULT_KINDS)))
    if outcome == "new" and arguments.drop_previous:
        key_rotation.drop_previous(path, chosen.meter.id)
    _tell(arguments.format, outcome, chosen.meter.id, path)
    return 0 if outcome == "new" else 75


def _chosen(configuration: Configuration, name: str) -> tuple[ChosenMeter, Path]:
    """Return the meter, and the key file that can be edited."""
    meters = {meter.id: meter for meter in configuration.meters}
    if name not in meters:
        raise UsageError(f"no meter {name} is configured", remedy=suggestion(name, meters))
    meter = meters[name]
    if meter.key_file is None:
        source = "a credential" if meter.credential else "a program"
        raise UsageError(
            f"the keys of {name} come from {source}, which dcud can't write to",
            remedy="rotate them where they are kept, or move them to a key_file",
        )
    if meter.security is None or meter.security.requests == "none":
        raise UsageError(
            f"{name} has no security under which keys could be brought to it",
            remedy="add security = { suite = 0 }, or as the meter's keys are made for",
        )
    bus = next(bus for bus in configuration.buses if bus.id == meter.bus)
    chosen = ChosenMeter(bus=bus, meter=meter, gateway=configuration.gateway, configured=True)
    return chosen, Path(meter.key_file)


async def _rotate(chosen: ChosenMeter, path: Path, kinds: tuple[str, ...]) -> str:
    """Return "new", "old", or "unknown_new" where the new ones are kept for another try."""
    from dcud.collect.key_transfer import KeyTransfer, Outcome  # noqa: PLC0415  # loads ciphers
    from dcud.config.key_entries import KEY_SIZES  # noqa: PLC0415  # beside it

    suite = 0 if chosen.meter.security is None else chosen.meter.security.suite
    size = KEY_SIZES[suite == 2]
    fresh = {kind: Secret(secrets.token_bytes(size)) for kind in kinds}
    file = _KeyFile(path, chosen.meter.id)
    outcome = await KeyTransfer(meter=_Meter(chosen), file=file).run(fresh)
    if outcome is Outcome.NEW:
        return "new"
    return "unknown_new" if file.state().next else "old"


@dataclass(frozen=True, slots=True)
class _KeyFile:
    """The key file of the one meter."""

    path: Path
    meter: str

    def state(self) -> "FileState":
        """Return what it holds."""
        return key_rotation.state(self.path, self.meter)

    def begin(self, keys: "Keys") -> None:
        """Write new keys beside those in use."""
        key_rotation.begin(self.path, self.meter, keys)

    def promote(self) -> None:
        """Have the new keys be those in use."""
        key_rotation.promote(self.path, self.meter)

    def abandon(self) -> None:
        """Remove the new keys."""
        key_rotation.abandon(self.path, self.meter)


@dataclass(frozen=True, slots=True)
class _Meter:
    """The meter on its line, with the counters of the gateway."""

    chosen: ChosenMeter

    async def begin_counter(self, unicast_key: Secret) -> None:
        """Count from 0 under a key that nobody has used."""
        from dcud.assembly.secured_meters import open_counters  # noqa: PLC0415  # loads ciphers
        from dcud.collect.counter_ledger import CounterLedger  # noqa: PLC0415  # likewise

        gateway, title = self.chosen.gateway, self.chosen.meter.client_system_title or b""
        async with await open_counters(gateway, wall_clock, exclusive=False) as store:
            await store.begin(CounterLedger(store).fingerprint(unicast_key), title)

    @asynccontextmanager
    async def associate(self, keys: "Keys") -> "AsyncIterator[SecuritySetupDialogue]":
        """Open an association under these keys."""
        from dcud.collect.security_setup import SecuritySetupDialogue  # noqa: PLC0415  # likewise

        held = MeterSecrets(**keys)  # type: ignore[arg-type]  # by the names that it has
        async with visit(replace(self.chosen, secrets=held)) as session:
            yield SecuritySetupDialogue(session)


def _tell(form: str, outcome: str, meter: str, path: Path) -> None:
    if form == "json":
        works = "new" if outcome == "new" else "old"
        told = {"meter": meter, "working_keys": works, "key_file": str(path)}
        print(json.dumps({**told, "next_kept": outcome == "unknown_new"}))
        return
    out = sys.stdout if outcome == "new" else sys.stderr
    print(_WORDS[outcome].format(meter=meter, path=path), file=out)
