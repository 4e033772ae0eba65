"""The parameter of the method by which an association's HLS secret is replaced.

[IEC 62056-6-2: Association LN, change_HLS_secret]
"""

from dcud.dlms.data import encode_data, octet_string
from dcud.dlms.secret import Secret

CHANGE_HLS_SECRET = 2
"""The method's index in Association LN."""


def encode_hls_secret(secret: Secret) -> Secret:
    """Return the encoded parameter, of which no log may show anything.

    The association must encrypt what carries it. [field: companion profiles that have the secret
    wrapped with the master key] There it is given wrapped.
    """
    return Secret(encode_data(octet_string(secret.octets)))
