"""Notifications that come in general blocks, which nobody acknowledges.

[IEC 62056-5-3: general block transfer, unconfirmed]
"""

from dcud.dlms.apdu.general_block_transfer import TAG
from dcud.dlms.datalink import NotificationReceived, OctetsDiscarded
from dcud.dlms.general_block_transfer import (
    ApduWhole,
    BlockTransferParameters,
    GeneralBlockLayer,
    PushDamaged,
)

_BLOCK = bytes((TAG,))


class PushedBlocks:
    """Puts them together; nothing is ever said to them."""

    def __init__(self) -> None:
        self._layer = GeneralBlockLayer(BlockTransferParameters(room=0))

    def take(self, apdu: bytes) -> list[NotificationReceived | OctetsDiscarded]:
        """Return what an APDU makes whole; one that is no block is whole by itself."""
        if apdu[:1] != _BLOCK:
            return [NotificationReceived(apdu=apdu)]
        events: list[NotificationReceived | OctetsDiscarded] = []
        for told in self._layer.receive(apdu, 0.0):  # nothing here has to do with time
            match told:
                case ApduWhole(octets=octets):
                    events.append(NotificationReceived(apdu=octets))
                case PushDamaged():
                    events.append(OctetsDiscarded(reason="push", octets=apdu))
                case _:
                    pass
        self._layer.apdus_to_send()
        return events
