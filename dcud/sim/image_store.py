"""A simulated meter's place for new firmware.

[IEC 62056-6-2: Image transfer]
"""

from collections.abc import Callable

from dcud.cosem.image_transfer import (
    CURRENT_IMAGE_TRANSFER,
    IMAGE_TRANSFER,
    ImageBlock,
    ImageInitiation,
    ImageMethod,
    ImageStatus,
    ImageToActivate,
    blocks_status_data,
    enabled_data,
    images_data,
    number_data,
    status_data,
)
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.data_types import BitString, Data

OBJECT = (IMAGE_TRANSFER, CURRENT_IMAGE_TRANSFER)
BLOCK_SIZE = 128


class ImageStore:
    """Takes any image whose blocks are all there."""

    def __init__(self) -> None:
        self._initiation = ImageInitiation(identifier=b"", size=0)
        self._blocks: dict[int, bytes] = {}
        self._status = ImageStatus.NOT_INITIATED
        self._methods: dict[int, Callable[[Data], ActionResult]] = {
            ImageMethod.TRANSFER_INITIATE: self._initiate,
            ImageMethod.BLOCK_TRANSFER: self._take,
            ImageMethod.VERIFY: self._verify,
            ImageMethod.ACTIVATE: self._activate,
        }

    @property
    def _total(self) -> int:
        return -(-self._initiation.size // BLOCK_SIZE)

    @property
    def image(self) -> bytes:
        """Return what has come, as far as nothing is missing before it."""
        return b"".join(self._blocks[number] for number in range(self._first_missing()))

    def attribute(self, index: int) -> Data:
        """Return an attribute, 2..7."""
        match index:
            case 2:
                return number_data(BLOCK_SIZE)
            case 3:
                bits = "".join("01"[n in self._blocks] for n in range(self._total))
                return blocks_status_data(BitString.from_text(bits))
            case 4:
                return number_data(self._first_missing())
            case 5:
                return enabled_data(enabled=True)
            case 6:
                return status_data(self._status)
            case _:
                return images_data(self._images())

    def call(self, method: int, parameter: Data) -> ActionResult:
        """Carry a method out, 1..4; `DecodeError` where its parameter is none of its kind."""
        return self._methods[method](parameter)

    def _first_missing(self) -> int:
        return next(n for n in range(self._total + 1) if n not in self._blocks)

    def _images(self) -> tuple[ImageToActivate, ...]:
        if self._status < ImageStatus.VERIFICATION_SUCCESSFUL:
            return ()
        told = self._initiation
        return (ImageToActivate(size=told.size, identification=told.identifier),)

    def _initiate(self, parameter: Data) -> ActionResult:
        self._initiation = ImageInitiation.from_data(parameter)
        self._blocks.clear()
        self._status = ImageStatus.INITIATED
        return ActionResult.SUCCESS

    def _take(self, parameter: Data) -> ActionResult:
        block = ImageBlock.from_data(parameter)
        if self._status is not ImageStatus.INITIATED or block.number >= self._total:
            return ActionResult.OTHER_REASON
        self._blocks[block.number] = block.octets
        return ActionResult.SUCCESS

    def _verify(self, _parameter: Data) -> ActionResult:
        if self._first_missing() < self._total or len(self.image) != self._initiation.size:
            self._status = ImageStatus.VERIFICATION_FAILED
            return ActionResult.OTHER_REASON
        self._status = ImageStatus.VERIFICATION_SUCCESSFUL
        return ActionResult.SUCCESS

    def _activate(self, _parameter: Data) -> ActionResult:
        if self._status is not ImageStatus.VERIFICATION_SUCCESSFUL:
            return ActionResult.OTHER_REASON
        self._status = ImageStatus.ACTIVATION_SUCCESSFUL
        return ActionResult.SUCCESS
