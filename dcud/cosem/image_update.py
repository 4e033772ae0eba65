"""The transfer of new firmware to a meter, as the steps that are to be done one after the other.

[IEC 62056-6-2: Image transfer, image transfer procedure]
"""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, TypeVar

from dcud.cosem.image_transfer import (
    CURRENT_IMAGE_TRANSFER,
    IMAGE_TRANSFER,
    NOTHING_TO_SAY,
    ImageAttribute,
    ImageBlock,
    ImageInitiation,
    ImageMethod,
    ImageStatus,
    parse_blocks_status,
    parse_enabled,
    parse_images,
    parse_number,
    parse_status,
)
from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.data import Data
from dcud.dlms.errors import ProtocolError
from dcud.dlms.obis import Obis

_MAX_BLOCKS = 0x10_0000
"""More of them would take weeks: such a block size is a meter's mistake."""
_STARTED = (ActionResult.SUCCESS, ActionResult.TEMPORARY_FAILURE)
"""What a meter says of a verification or activation that is done, or goes on."""
_WRONG_IMAGE = "check that the image is meant for this type of meter, then transfer it anew"

T = TypeVar("T")


class ImageUpdateError(ProtocolError):
    """New firmware could not be brought into a meter."""

    code: ClassVar[str] = "image_update"
    retryable: ClassVar[bool] = False


class ImageTransferDisabledError(ImageUpdateError):
    """The meter takes no images at present."""

    code: ClassVar[str] = "image_transfer_disabled"


class ImageBlockSizeError(ImageUpdateError):
    """The meter's block size can't be worked with."""

    code: ClassVar[str] = "image_block_size"


class ImageIncompleteError(ImageUpdateError):
    """Blocks are missing still, after all the rounds there may be."""

    code: ClassVar[str] = "image_incomplete"
    retryable: ClassVar[bool] = True


class ImageAbortedError(ImageUpdateError):
    """The meter refused a step, or gave the transfer up."""

    code: ClassVar[str] = "image_aborted"


class ImageVerificationError(ImageUpdateError):
    """The meter found the image wrong, or has another one."""

    code: ClassVar[str] = "image_verification"


class ImageActivationError(ImageUpdateError):
    """The meter could not activate the image."""

    code: ClassVar[str] = "image_activation"


class ImageTimeoutError(ImageUpdateError):
    """The meter went on verifying or activating longer than it was waited for."""

    code: ClassVar[str] = "image_timeout"
    retryable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Read:
    """Read this attribute; the reply is its value, or why there is none."""

    attribute: AttributeDescriptor


@dataclass(frozen=True, slots=True)
class Call:
    """Call this method; the reply is its result."""

    method: MethodDescriptor
    parameter: Data


@dataclass(frozen=True, slots=True)
class Wait:
    """Let so many seconds pass; the reply is None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Progress:
    """So many blocks of `total` are in the meter, as far as is known; the reply is None."""

    done: int
    total: int


Step = Read | Call | Wait | Progress
Reply = Data | DataAccessResult | ActionResult | None
"""None also where the association was lost under the step, and there is a new one by now."""
Steps = Generator[Step, Reply, T]


class ImageOutcome(Enum):
    """What an update came to."""

    VERIFIED = "verified"
    ACTIVATED = "activated"
    ACTIVATION_UNTOLD = "activation untold"
    """Activation began, and the meter has forgotten the transfer since: read its firmware version.

    [field: status zero after the restart]
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePatience:
    """How much of a meter's hesitation is borne.

    Attributes:
        rounds: how many times missing blocks are sent, 1 or more.
        polls: how often the status is read while the meter verifies or activates, 1 or more.
        poll_seconds: the pause before each of these.
    """

    rounds: int = 5
    polls: int = 60
    poll_seconds: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageUpdate:
    """An image, with where it is to go.

    Attributes:
        image: the octets, one or more.
        identifier: the image's.
        signature: what the meter must tell as its signature; None if that is not looked at.
        logical_name: the meter's Image transfer object.
        begun: what is known to be the transfer last initiated in the meter; None if nothing is.
        patience: how much of the meter's hesitation is borne.
    """

    image: bytes = field(repr=False)
    identifier: bytes
    signature: bytes | None = None
    logical_name: Obis = CURRENT_IMAGE_TRANSFER
    begun: ImageInitiation | None = None
    patience: ImagePatience = ImagePatience()

    @property
    def initiation(self) -> ImageInitiation:
        """Return what tells the meter of the image."""
        return ImageInitiation(identifier=self.identifier, size=len(self.image))

    def steps(self, *, activate: bool = False) -> Steps[ImageOutcome]:
        """Return the steps of the whole procedure; each wants its reply sent.

        Args:
            activate: whether to activate the image once it is verified.

        Raises:
            ImageUpdateError: of the kind that says why the procedure ended.
            DecodeError: an attribute is not of its type.
        """
        if not (yield from self._get(ImageAttribute.TRANSFER_ENABLED, parse_enabled)):
            raise ImageTransferDisabledError(
                "the meter takes no image: image_transfer_enabled is false",
                remedy="set attribute 5 of the Image transfer object to true, then try again",
            )
        size = yield from self._get(ImageAttribute.BLOCK_SIZE, parse_number)
        total = self._total(size)
        missing = yield from self._begin(total)
        yield from self._send_all(missing, size, total)
        yield from self._verify()
        if not activate:
            return ImageOutcome.VERIFIED
        return (yield from self._activate())

    def _total(self, size: int) -> int:
        total = -(-len(self.image) // size) if size else 0
        if not 0 < total <= _MAX_BLOCKS:
            raise ImageBlockSizeError(
                f"the meter's image_block_size of {size} does not suit an image of"
                f" {len(self.image)} octets",
                remedy="look at attribute 2 of the Image transfer object, and at the image file",
            )
        return total

    def _begin(self, total: int) -> Steps[tuple[int, ...]]:
        if (yield from self._is_under_way()):
            return (yield from self._missing(total))
        result = yield self._call(ImageMethod.TRANSFER_INITIATE, self.initiation.to_data())
        if result is not ActionResult.SUCCESS:
            raise _refusal("image_transfer_initiate", result)
        return tuple(range(total))

    def _is_under_way(self) -> Steps[bool]:
        status = yield from self._get(ImageAttribute.TRANSFER_STATUS, parse_status)
        if status != ImageStatus.INITIATED:
            return False
        if self.begun is not None:
            return self.begun == self.initiation
        told = yield self._read(ImageAttribute.TO_ACTIVATE_INFO)
        images = parse_images(told) if isinstance(told, Data) else ()
        return any(
            (each.identification, each.size) == (self.identifier, len(self.image))
            for each in images
        )

    def _missing(self, total: int) -> Steps[tuple[int, ...]]:
        told = yield self._read(ImageAttribute.TRANSFERRED_BLOCKS_STATUS)
        if isinstance(told, Data):
            blocks = parse_blocks_status(told)
            if len(blocks) >= total:
                return tuple(number for number in range(total) if not blocks[number])
        # [field: bitmaps too long to be read, or shorter than the image]
        attribute = ImageAttribute.FIRST_NOT_TRANSFERRED_BLOCK_NUMBER
        return tuple(range((yield from self._get(attribute, parse_number)), total))

    def _send_all(self, missing: tuple[int, ...], size: int, total: int) -> Steps[None]:
        yield Progress(total - len(missing), total)
        for _ in range(self.patience.rounds):
            if not missing:
                return
            yield from self._send(missing, size, total)
            missing = yield from self._missing(total)
            yield Progress(total - len(missing), total)
        if missing:
            raise ImageIncompleteError(
                f"the meter misses {len(missing)} of {total} blocks after"
                f" {self.patience.rounds} rounds, the first being block {missing[0]}",
                remedy="try again later: what the meter has is not sent again",
            )

    def _send(self, numbers: Iterable[int], size: int, total: int) -> Steps[None]:
        waiting = tuple(numbers)
        done = total - len(waiting)
        for number in waiting:
            octets = self.image[number * size : (number + 1) * size]
            block = ImageBlock(number=number, octets=octets)
            result = yield self._call(ImageMethod.BLOCK_TRANSFER, block.to_data())
            if result is ActionResult.SUCCESS:
                done += 1
                yield Progress(done, total)
            elif result not in (None, ActionResult.TEMPORARY_FAILURE):
                raise _refusal(f"image_block_transfer of block {number}", result)

    def _verify(self) -> Steps[None]:
        result = yield from self._start(ImageMethod.VERIFY, ImageStatus.INITIATED)
        if result is not None and result not in _STARTED:
            raise ImageVerificationError(
                f"the meter refused image_verify: {result}",
                remedy=_WRONG_IMAGE,
            )
        status = yield from self._settle(
            (ImageStatus.INITIATED, ImageStatus.VERIFICATION_INITIATED), "verifying"
        )
        if status == ImageStatus.VERIFICATION_FAILED:
            raise ImageVerificationError(
                "the meter found the image wrong: verification failed",
                remedy=_WRONG_IMAGE,
            )
        if status != ImageStatus.VERIFICATION_SUCCESSFUL:
            raise _abandoned("verification", status)
        yield from self._compare()

    def _compare(self) -> Steps[None]:
        images = yield from self._get(ImageAttribute.TO_ACTIVATE_INFO, parse_images)
        for each in images:
            same = (each.identification, each.size) == (self.identifier, len(self.image))
            if same and self.signature in (None, each.signature):
                return
        raise ImageVerificationError(
            f"none of the {len(images)} images that the meter would activate is of the size,"
            " identifier and signature of the one that was sent",
            remedy="check identifier and signature against the maker's; don't activate it",
        )

    def _activate(self) -> Steps[ImageOutcome]:
        verified = ImageStatus.VERIFICATION_SUCCESSFUL
        result = yield from self._start(ImageMethod.ACTIVATE, verified)
        if result is not None and result not in _STARTED:
            raise ImageActivationError(
                f"the meter refused image_activate: {result}",
                remedy="look at the rights of this client; the image stays verified in the meter",
            )
        going_on = (verified, ImageStatus.ACTIVATION_INITIATED)
        status = yield from self._settle(going_on, "activating")
        if status == ImageStatus.ACTIVATION_SUCCESSFUL:
            return ImageOutcome.ACTIVATED
        if status == ImageStatus.NOT_INITIATED:
            return ImageOutcome.ACTIVATION_UNTOLD
        if status == ImageStatus.ACTIVATION_FAILED:
            raise ImageActivationError(
                "the meter could not activate the image: activation failed",
                remedy="read the meter's firmware version and its event log",
            )
        raise _abandoned("activation", status)

    def _start(self, method: ImageMethod, before: ImageStatus) -> Steps[Reply]:
        """Call what takes its time; once more where the meter has not heard the call."""
        result = yield self._call(method, NOTHING_TO_SAY)
        if result is None:
            told = yield self._read(ImageAttribute.TRANSFER_STATUS)
            if isinstance(told, Data) and parse_status(told) == before:
                result = yield self._call(method, NOTHING_TO_SAY)
        return result

    def _settle(self, going_on: tuple[ImageStatus, ...], doing: str) -> Steps[int]:
        """Read the status until it is none of those in which the meter goes on."""
        told = yield self._read(ImageAttribute.TRANSFER_STATUS)
        for _ in range(self.patience.polls):
            if isinstance(told, Data):
                status = parse_status(told)
                if status not in going_on:
                    return status
            yield Wait(self.patience.poll_seconds)
            told = yield self._read(ImageAttribute.TRANSFER_STATUS)
        raise ImageTimeoutError(
            f"the meter is still {doing} the image after {self.patience.polls} looks at its status",
            remedy="look again later, or be more patient with this type of meter",
        )

    def _get(self, attribute: ImageAttribute, parse: Callable[[Data], T]) -> Steps[T]:
        told = yield self._read(attribute)
        if not isinstance(told, Data):
            raise _refusal(f"attribute {attribute.value}", told)
        return parse(told)

    def _read(self, attribute: ImageAttribute) -> Read:
        return Read(AttributeDescriptor(IMAGE_TRANSFER, self.logical_name, attribute))

    def _call(self, method: ImageMethod, parameter: Data) -> Call:
        return Call(MethodDescriptor(IMAGE_TRANSFER, self.logical_name, method), parameter)


def _refusal(what: str, reply: Reply) -> ImageAbortedError:
    reason = "no answer came" if reply is None else str(reply)
    return ImageAbortedError(
        f"the meter refused {what}: {reason}",
        remedy="look at the rights of this client on the Image transfer object, then try again",
    )


def _abandoned(what: str, status: int) -> ImageAbortedError:
    return ImageAbortedError(
        f"the meter ended the {what} with image_transfer_status {status:d}",
        remedy="transfer the image anew",
    )
