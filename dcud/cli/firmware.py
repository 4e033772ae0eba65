"""`dcud firmware`: new firmware brought into a meter."""

import argparse
import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from dcud.cli import visit
from dcud.cli.attribute_choice import obis_argument
from dcud.cli.confirmation import add_confirmation_argument, confirm
from dcud.cli.main import UsageError
from dcud.cli.meter_choice import ChosenMeter, add_meter_arguments, choose
from dcud.cli.progress import progress
from dcud.collect.image_sending import ImageSender
from dcud.cosem.image_transfer import CURRENT_IMAGE_TRANSFER
from dcud.cosem.image_update import ImageOutcome, ImageUpdate
from dcud.errors import DcudError

summary = "transfer new firmware to a meter"

_EPILOG = """\
The image is sent block by block, what is missing is sent again, and the meter verifies it. Only
with --activate, and only once it is verified and the meter tells the same size, identifier and
signature, is it activated. A transfer that was interrupted goes on with --resume: what the meter
has is not sent again."""

_LARGEST = 64 * 1024 * 1024
_DONE = {
    ImageOutcome.VERIFIED: "the image is in the meter, and verified; --activate activates it",
    ImageOutcome.ACTIVATED: "the image is activated",
    ImageOutcome.ACTIVATION_UNTOLD: "activation began, and the meter has forgotten the transfer "
    "since; read its firmware version",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("image", type=Path, metavar="FILE", help="the image, as its maker gives it")
    parser.add_argument(
        "--identifier",
        type=_octets,
        required=True,
        metavar="TEXT",
        help="the image's identifier: text, or hex:0102",
    )
    parser.add_argument(
        "--signature",
        type=_octets,
        metavar="TEXT",
        help="what the meter must tell as its signature",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with the transfer of this image"
    )
    parser.add_argument("--activate", action="store_true", help="activate it once it is verified")
    parser.add_argument(
        "--object",
        type=obis_argument,
        default=CURRENT_IMAGE_TRANSFER,
        metavar="OBIS",
        help="the Image transfer object (default: %(default)s)",
    )
    add_confirmation_argument(parser)
    add_meter_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Transfer; returns 0."""
    image = _image(arguments.image)
    update = ImageUpdate(
        image=image,
        identifier=arguments.identifier,
        signature=arguments.signature,
        logical_name=arguments.object,
    )
    if arguments.resume:
        update = replace(update, begun=update.initiation)
    chosen = choose(arguments)
    doing = "transfer and activate" if arguments.activate else "transfer"
    confirm(arguments, f"{doing} {len(image)} octets of firmware to meter {chosen.meter.id}")
    outcome = asyncio.run(_send(chosen, update, arguments))
    print(_DONE[outcome])
    return 0


async def _send(
    chosen: ChosenMeter, update: ImageUpdate, arguments: argparse.Namespace
) -> ImageOutcome:
    with progress("firmware", wanted=not arguments.frames) as bar:

        def progressed(done: int, total: int) -> None:
            bar.expect(total, 1)
            bar.entries(done)

        sender = ImageSender(lambda: visit.visit(chosen, frames=arguments.frames), progressed)
        try:
            return await sender.send(update, activate=arguments.activate)
        except DcudError as error:
            if error.retryable:
                print("what the meter has is kept: --resume goes on from there", file=sys.stderr)
            raise


def _image(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if not 0 < size <= _LARGEST:
            raise UsageError(f"{path} has {size} octets", remedy="name the image's own file")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from None


def _octets(text: str) -> bytes:
    if not text.startswith("hex:"):
        return text.encode()
    try:
        return bytes.fromhex(text.removeprefix("hex:"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} holds something else than hex") from None
