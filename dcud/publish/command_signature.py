"""Whether somebody who is known vouches for a request."""

from collections.abc import Mapping
from typing import ClassVar

from dcud.errors import DcudError
from dcud.publish.command_request import Request


class SignatureError(DcudError):
    """Nobody who may vouches for a request."""

    code: ClassVar[str] = "signature"


def check_signature(request: Request, keys: Mapping[str, bytes], allowed: frozenset[str]) -> None:
    """Return if the request is signed by one of the keys that are allowed to.

    Args:
        request: as it came.
        keys: public keys of Ed25519 by name, 32 octets each. [RFC 8032: Ed25519]
        allowed: names of those that count.

    Raises:
        SignatureError: it is not.
    """
    signature = request.signature
    if signature is None:
        raise SignatureError("it has to be signed", remedy="see the section on signatures")
    if signature.key not in allowed or signature.key not in keys:
        raise SignatureError(
            f"the key {signature.key[:40]!r} may not sign this", remedy="see [[commands.allow]]"
        )
    if not request.gateway or request.expires is None:
        raise SignatureError(
            'what is signed has to name "gateway" and "expires"',
            remedy="or it could be played to another gateway, or again",
        )
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # few sign: start-up
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415  # likewise
        Ed25519PublicKey,
    )

    key = Ed25519PublicKey.from_public_bytes(keys[signature.key])
    try:
        key.verify(signature.octets, signature.signed)
    except InvalidSignature:
        raise SignatureError(
            f"the signature is not that of the key {signature.key}",
            remedy='sign the octets of the text in "request", as they stand there',
        ) from None
