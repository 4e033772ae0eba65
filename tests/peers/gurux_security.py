"""What the gurux-dlms meters keep secret, with what is broken in the package's security replaced.

The cryptography is the package's: every octet of ciphertext, tag, proof and signature on the line
is made by it. What is replaced (1.0.203), and why:

- its secure server gives its ciphering to a setting that nobody reads (`ciphering`, not `cipher`);
- each association sets its invocation counter back to 0, InitiateResponse and the proof of GMAC
  don't count at all: the same counter would be used again under the same key;
- it never looks at the client's counter, nor refuses one in an exception response;
- it takes the tag of what is authenticated and encrypted for granted;
- it hands over system title and keys of glo- and ded-requests in one another's places;
- its InitiateResponse always says suite 0;
- its AARE calls a setter without the octet where it tells its system title, and miscounts the
  lengths of system title and challenge;
- a ciphered request that takes more than one frame calls a getter that doesn't exist;
- over HDLC it serves a client of HLS before that has proved itself;
- it judges the client's proof as an int, knows SHA-256's as that of a plain secret, ECDSA's not;
- its ACTION makes a list of what is no list, and calls setters that don't exist;
- it fails to unwrap keys (float indices), and takes master keys of 16 octets alone;
- its RLRE is plain, RLRQ's user-information unread.
"""

import copy
from dataclasses import dataclass
from importlib import import_module

from gurux_dlms._GXAPDU import _GXAPDU
from gurux_dlms.AesGcmParameter import AesGcmParameter
from gurux_dlms.ConnectionState import ConnectionState
from gurux_dlms.CountType import CountType
from gurux_dlms.ecdsa.GXEcdsa import GXEcdsa
from gurux_dlms.ecdsa.GXPrivateKey import GXPrivateKey
from gurux_dlms.ecdsa.GXPublicKey import GXPublicKey
from gurux_dlms.enums import (
    AssociationResult,
    Authentication,
    Command,
    ErrorCode,
    RequestTypes,
    Security,
)
from gurux_dlms.GXByteBuffer import GXByteBuffer
from gurux_dlms.GXCiphering import GXCiphering
from gurux_dlms.GXDLMS import GXDLMS
from gurux_dlms.GXDLMSChippering import GXDLMSChippering
from gurux_dlms.GXDLMSChipperingStream import GXDLMSChipperingStream
from gurux_dlms.GXDLMSException import GXDLMSException
from gurux_dlms.GXReplyData import GXReplyData
from gurux_dlms.GXSecure import GXSecure
from gurux_dlms.objects import GXDLMSAssociationLogicalName, GXDLMSSecuritySetup
from gurux_dlms.objects.enums import GlobalKeyType, SecuritySuite

action = import_module("gurux_dlms.GXDLMSLNCommandHandler")

FRAME_COUNTER = "0.0.43.1.0.255"
SECURITY_SETUP = "0.0.43.0.0.255"

FIRST_SECURED_CLIENT = 48
"""The client that authenticates by mechanism N, in the clear or not, is the N-th after it."""

DECIPHERING_ERROR = bytes.fromhex("d80105")


def counter_error(expected):
    """Return the exception response that tells which invocation counter would have been taken."""
    return bytes.fromhex("d80106") + expected.to_bytes(4)


@dataclass
class Secrets:
    """Keys and counters of one meter, the same on every line that leads to it.

    The counters are those under the global key: `sent` the next of the meter's, `received` the
    last of the client's, -1 for none.
    """

    suite: int
    system_title: bytes
    unicast: bytes
    authentication: bytes
    master: bytes
    hls_secret: bytes
    signing: bytes
    client_public: bytes | None
    replaceable = (
        GlobalKeyType.UNICAST_ENCRYPTION,
        GlobalKeyType.AUTHENTICATION,
        GlobalKeyType.KEK,
    )
    sent: int = 1
    received: int = -1

    def described(self):
        """Return what a test needs to know, ready for JSON."""
        return {
            "suite": self.suite,
            "server_system_title": self.system_title.hex(),
            "unicast_key": self.unicast.hex(),
            "authentication_key": self.authentication.hex(),
            "master_key": self.master.hex(),
            "hls_secret": self.hls_secret.hex(),
            "public_key": self.public_key.hex(),
        }

    @property
    def signing_key(self):
        return GXPrivateKey.fromRawBytes(self.signing)

    @property
    def public_key(self):
        return bytes(self.signing_key.getPublicKey().rawValue)[1:]

    def replace(self, key_type, key):
        """Take a new key; the counters of a new encryption key begin anew."""
        if key_type == GlobalKeyType.UNICAST_ENCRYPTION:
            self.unicast, self.sent, self.received = key, 1, -1
        elif key_type == GlobalKeyType.AUTHENTICATION:
            self.authentication = key
        else:
            self.master = key


class Cipher(GXCiphering):
    """One association's ciphering; its global keys and their counters are the meter's."""

    def __init__(self, secrets):
        keys = secrets.unicast, secrets.authentication, secrets.sent
        self.secrets = secrets
        super().__init__(secrets.system_title)
        secrets.unicast, secrets.authentication, secrets.sent = keys
        self.securitySuite = SecuritySuite(secrets.suite)
        self.dedicated_received = -1
        self.received_before = -1
        self.refusal = None

    @property
    def blockCipherKey(self):
        return self.secrets.unicast

    @blockCipherKey.setter
    def blockCipherKey(self, key):
        self.secrets.unicast = key

    @property
    def authenticationKey(self):
        return self.secrets.authentication

    @authenticationKey.setter
    def authenticationKey(self, key):
        self.secrets.authentication = key

    @property
    def invocationCounter(self):
        return self.secrets.sent

    @invocationCounter.setter
    def invocationCounter(self, counter):
        self.secrets.sent = counter

    def reset(self):
        self.security = Security.NONE

    def setDedicatedKey(self, value):
        self.dedicatedKey, self.dedicated_received = value, -1

    def taken_refusal(self):
        """Return the exception response that is due, once."""
        refusal, self.refusal = self.refusal, None
        return refusal

    def judge(self, parameters, octets, plain):
        """Return the exception response that something deciphered is answered with, else None.

        The counter is looked at first, as many meters do: one that is old tells what is expected.
        """
        counter, dedicated = parameters.invocationCounter, self._is_dedicated(parameters)
        last = self.dedicated_received if dedicated else self.secrets.received
        if counter <= last:
            return counter_error(last + 1)
        if plain is None or not self._fits(parameters, octets, plain):
            return DECIPHERING_ERROR
        if dedicated:
            self.dedicated_received = counter
        else:
            self.received_before, self.secrets.received = last, counter
        return None

    def _is_dedicated(self, parameters):
        return parameters.blockCipherKey is self.dedicatedKey

    @staticmethod
    def _fits(parameters, octets, plain):
        """Tell whether the tag fits; of authentication alone the package has judged it."""
        if parameters.security != Security.AUTHENTICATION_ENCRYPTION:
            return True
        again = copy.copy(parameters)
        again.type_ = CountType.TAG
        return GXDLMSChippering.encryptAesGcm(again, plain) == octets[-12:]


class RefusedError(Exception):
    """What came ciphered is not trusted."""


class Association(GXDLMSAssociationLogicalName):
    """The association's object, which judges and makes proofs of identity."""

    def getAssociationStatus(self):
        return self.associationStatus

    def invoke(self, settings, e):
        if e.index != 1:
            e.error = ErrorCode.READ_WRITE_DENIED
            return None
        if not self._fits(settings, bytes(e.parameters)):
            e.error = ErrorCode.READ_WRITE_DENIED
            self.associationStatus = 0
            return None
        self.associationStatus = 2
        return self._proof(settings)

    def _fits(self, settings, proof):
        cipher = settings.cipher
        client, server = bytes(settings.sourceSystemTitle or b""), cipher.secrets.system_title
        challenge, counter = bytes(settings.stoCChallenge), 0
        if settings.authentication == Authentication.HIGH_ECDSA:
            public = GXPublicKey.fromRawBytes(b"\x04" + cipher.secrets.client_public)
            signed = client + server + challenge + bytes(settings.ctoSChallenge)
            return GXEcdsa(public).verify(proof, signed)
        if settings.authentication == Authentication.HIGH_GMAC:
            counter = int.from_bytes(proof[1:5])
            if counter <= cipher.received_before:
                return False
            cipher.secrets.received = max(counter, cipher.secrets.received)
        secret = self._secret(settings, client, server, challenge, settings.ctoSChallenge)
        return bytes(GXSecure.secure(settings, cipher, counter, challenge, secret)) == proof

    def _proof(self, settings):
        cipher = settings.cipher
        client, server = bytes(settings.sourceSystemTitle or b""), cipher.secrets.system_title
        challenge = bytes(settings.ctoSChallenge)
        if settings.authentication == Authentication.HIGH_ECDSA:
            signed = server + client + challenge + bytes(settings.stoCChallenge)
            return GXEcdsa(cipher.secrets.signing_key).sign(signed)
        counter = cipher.invocationCounter
        if settings.authentication == Authentication.HIGH_GMAC:
            cipher.invocationCounter += 1
        secret = self._secret(settings, server, client, challenge, settings.stoCChallenge)
        return bytes(GXSecure.secure(settings, cipher, counter, challenge, secret))

    @staticmethod
    def _secret(settings, prover, verifier, challenge, counter_challenge):
        secret = settings.cipher.secrets.hls_secret
        if settings.authentication == Authentication.HIGH_GMAC:
            return prover
        if settings.authentication == Authentication.HIGH_SHA256:
            return secret + prover + verifier + challenge + bytes(counter_challenge)
        return secret


class SecuritySetup(GXDLMSSecuritySetup):
    """The security setup, whose keys can be replaced."""

    def __init__(self, secrets):
        super().__init__(SECURITY_SETUP)
        self.secrets = secrets
        self.securitySuite = SecuritySuite(secrets.suite)
        self.serverSystemTitle = secrets.system_title
        self.clientSystemTitle = b""

    def invoke(self, settings, e):
        if e.index != 2:
            super().invoke(settings, e)
            return
        known = self.secrets.replaceable
        try:
            keys = [unwrap(self.secrets.master, bytes(wrapped)) for _, wrapped in e.parameters]
        except ValueError:
            keys = []
        if not keys or any(key_type not in known for key_type, _ in e.parameters):
            e.error = ErrorCode.READ_WRITE_DENIED

    def applyKeys(self, _settings, e):
        """Take the new keys, once the answer is made under the old ones."""
        master = self.secrets.master
        for key_type, wrapped in e.parameters:
            self.secrets.replace(key_type, unwrap(master, bytes(wrapped)))


def unwrap(master, wrapped):
    """Undo the AES key wrap, with the package's block cipher."""
    cipher = GXDLMSChipperingStream(None, False, master, None, None, 0)
    blocks = [wrapped[at : at + 8] for at in range(0, len(wrapped), 8)]
    register, count = blocks.pop(0), len(blocks)
    for step in range(6 * count, 0, -1):
        index = (step - 1) % count
        block = bytearray((int.from_bytes(register) ^ step).to_bytes(8) + blocks[index])
        cipher.processBlock(block, 0, block, 0)
        register, blocks[index] = bytes(block[:8]), bytes(block[8:])
    if register != bytes(GXDLMSChipperingStream.IV):
        raise ValueError("a key was wrapped with another master key")
    return b"".join(blocks)


class IterableArguments(action.ValueEventArgs):
    """Arguments of a call that can be made a list of, as ACTION does."""

    def __iter__(self):
        return iter((self,))


_decrypt = GXCiphering.decrypt
_user_information = _GXAPDU.getUserInformation
_general_request = GXDLMS.handleGloDedResponse


def decrypt(_cls, settings, parameters, data):
    """Decipher, then judge what the package doesn't."""
    octets = bytes(data.array())
    try:
        plain = _decrypt(settings, parameters, data)
    except ValueError:
        plain = None
    refusal = settings.cipher.judge(parameters, octets, plain)
    if refusal is None:
        return plain
    associated = settings.connected & ConnectionState.DLMS
    if associated or refusal != DECIPHERING_ERROR:
        settings.cipher.refusal = refusal  # else AARE tells that the association is rejected
    raise RefusedError


def get_user_information(_cls, settings, cipher):
    """Return InitiateResponse, ciphered as InitiateRequest was."""
    if not (cipher and cipher.isCiphered()):
        return _user_information(settings, None)
    parameters = AesGcmParameter(
        Command.GLO_INITIATE_RESPONSE,
        cipher.systemTitle,
        cipher.blockCipherKey,
        cipher.authenticationKey,
    )
    parameters.security = cipher.security
    parameters.securitySuite = cipher.securitySuite
    parameters.invocationCounter = cipher.invocationCounter
    cipher.invocationCounter += 1
    return GXCiphering.encrypt(parameters, _user_information(settings, None))


def generate_aare(_cls, settings, data, result, diagnostic, cipher, error, _ciphered):
    """Append AARE: as the package does, with lengths that fit."""
    body = GXByteBuffer()
    _GXAPDU.generateApplicationContextName(settings, body, cipher)
    body.set(bytes((0xA2, 3, 2, 1, result, 0xA3, 5, 0xA1, 3, 2, 1, diagnostic)))
    if cipher and (settings.authentication == Authentication.HIGH_GMAC or cipher.isCiphered()):
        body.set(b"\xa4\x0a\x04\x08" + bytes(cipher.systemTitle))
    if settings.authentication > Authentication.LOW:
        challenge = bytes(settings.stoCChallenge)
        body.set(bytes.fromhex("880207808907608574050802"))
        body.setUInt8(settings.authentication)
        body.set(bytes((0xAA, 2 + len(challenge), 0x80, len(challenge))) + challenge)
    if result == AssociationResult.ACCEPTED or not cipher or cipher.security == Security.NONE:
        information = bytes(
            error.array() if error else _GXAPDU.getUserInformation(settings, cipher)
        )
        body.set(bytes((0xBE, 2 + len(information), 4, len(information))) + information)
    data.setUInt8(0x61)
    data.setUInt8(len(body))
    data.set(body)


def handle_request(_cls, settings, data):
    """Decipher a glo- or ded-request."""
    data.data.position -= 1
    if data.moreData & RequestTypes.FRAME:
        return
    cipher = settings.cipher
    dedicated = cipher.dedicatedKey and settings.connected & ConnectionState.DLMS
    parameters = AesGcmParameter(
        0,
        settings.sourceSystemTitle,
        cipher.dedicatedKey if dedicated else cipher.blockCipherKey,
        cipher.authenticationKey,
    )
    try:
        plain = GXCiphering.decrypt(settings, parameters, data.data)
    except RefusedError:
        plain = b"\xd8"
    data.data.clear()
    data.data.set(plain)
    data.command = Command(data.data.getUInt8())


def handle_general(_cls, settings, data, index):
    """Decipher a general-glo- or general-ded-request."""
    try:
        _general_request(settings, data, index)
    except RefusedError:
        data.data.clear()
        data.command = Command.EXCEPTION_RESPONSE


def mend():
    """Put the package's functions right, in this process."""
    GXCiphering.decrypt = classmethod(decrypt)
    _GXAPDU.getUserInformation = classmethod(get_user_information)
    _GXAPDU.generateAARE = classmethod(generate_aare)
    GXDLMS.handleGloDedRequest = classmethod(handle_request)
    GXDLMS.handleGloDedResponse = classmethod(handle_general)
    GXReplyData.getCipherIndex = lambda reply: reply.cipherIndex
    action.ValueEventArgs = IterableArguments


def read_release(settings, data):
    """Decipher what RLRQ brings; raises RefusedError."""
    data.getUInt8()
    while data.available():
        tag = data.getUInt8()
        if tag == 0xBE:
            try:
                _GXAPDU.parseUserInformation(settings, settings.cipher, data, None)
            except GXDLMSException:
                raise RefusedError from None
            return
        size = data.getUInt8()
        data.position += size
