"""The tags of service-specific ciphering: what is what under the global and the dedicated key.

[IEC 62056-5-3: ciphered xDLMS APDUs]
"""

_SHORT_NAME_SERVICES = (
    0x01,  # initiate-request
    0x05,  # read-request
    0x06,  # write-request
    0x08,  # initiate-response
    0x0C,  # read-response
    0x0D,  # write-response
    0x0E,  # confirmed-service-error
    0x16,  # unconfirmed-write-request
    0x18,  # information-report-request
)
_LOGICAL_NAME_SERVICES = (
    0xC0,  # get-request
    0xC1,  # set-request
    0xC2,  # event-notification-request
    0xC3,  # action-request
    0xC4,  # get-response
    0xC5,  # set-response
    0xC7,  # action-response
)

GLOBAL_TAGS = {tag: tag + 0x20 for tag in _SHORT_NAME_SERVICES} | {
    tag: tag + 0x08 for tag in _LOGICAL_NAME_SERVICES
}
"""From the tag of an APDU to the one it has under the global key (glo-)."""

DEDICATED_TAGS = {tag: tag + 0x40 for tag in _SHORT_NAME_SERVICES} | {
    tag: tag + 0x10 for tag in _LOGICAL_NAME_SERVICES
}
"""From the tag of an APDU to the one it has under the dedicated key (ded-)."""

PLAIN_OF_GLOBAL = {ciphered: plain for plain, ciphered in GLOBAL_TAGS.items()}
PLAIN_OF_DEDICATED = {ciphered: plain for plain, ciphered in DEDICATED_TAGS.items()}
