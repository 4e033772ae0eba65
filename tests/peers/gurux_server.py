"""Meters of gurux-dlms on a pseudo-terminal and on TCP: a peer that we did not write.

    python gurux_server.py [--meters N] [--rows N] [--max-info N] [--window N] [--max-pdu N] ...

Prints one line of JSON when it is ready: where it can be reached, and every value that it serves.
It lives until its standard input is closed.

The codecs, frames, sequence numbers, associations and block transfer are the package's. Its server
class (1.0.203) can't be run as it is, though; what is replaced here, and why:

- it calls setters and getters that don't exist (GXServerReply.setReply, getConnectionInfo, its own
  notifyRead, setTransaction, getTransaction, GXDLMSLongTransaction.setData);
- its UA offers what it would like, not what was negotiated, and leaves the group length zero;
- its UA to DISC is built from the same missing parts;
- its RLRE miscounts its length;
- reading a profile by range compares a datetime with 0; by entry it drops the last entries;
- scalers are computed as floor(log10), which turns 1000 into 2;
- an SNRM for another station of the same line takes its address over, so that frames are given to
  the station that they address, and to that one alone;
- it acknowledges one frame of a window, however many came, so that it is made to offer to receive
  one at a time; it never sends more than one either;
- it negotiates no PDU size: the client's proposal is taken even where it is above its own;
- it refuses an object that it doesn't have under another invoke id than the request's, which its
  settings spell in two ways.

With --suite meters have keys, and clients of high-level security: see `gurux_security`.
"""

import argparse
import asyncio
import contextlib
import functools
import json
import os
import random
import sys
import tty
from datetime import datetime, timedelta, timezone

import gurux_security
from gurux_dlms import (
    GXByteBuffer,
    GXDateTime,
    GXDLMSServer,
    GXServerReply,
)
from gurux_dlms._GXAPDU import _GXAPDU
from gurux_dlms.ConnectionState import ConnectionState
from gurux_dlms.enums import (
    AccessMode,
    Authentication,
    Command,
    Conformance,
    DataType,
    InterfaceType,
    MethodAccessMode,
    SourceDiagnostic,
    Unit,
)
from gurux_dlms.GXDLMS import GXDLMS
from gurux_dlms.GXDLMSLongTransaction import GXDLMSLongTransaction
from gurux_dlms.internal._GXCommon import _GXCommon
from gurux_dlms.objects import (
    GXDLMSAssociationLogicalName,
    GXDLMSClock,
    GXDLMSData,
    GXDLMSDemandRegister,
    GXDLMSExtendedRegister,
    GXDLMSProfileGeneric,
    GXDLMSRegister,
)
from gurux_dlms.objects.enums import AssociationStatus

PUBLIC_CLIENT = 16
READING_CLIENT = 32

ZONE = timezone(timedelta(hours=1))
"""The meter's: standard time all the year round."""

BEGIN = datetime(2026, 1, 1, tzinfo=ZONE)
"""Of the load profile, unless --begin says otherwise."""
PERIOD = timedelta(minutes=15)

CLOCK = "0.0.1.0.0.255"
LOAD_PROFILE = "1.0.99.1.0.255"
STATUS = "0.0.96.10.1.255"
COLUMNS = (
    ("1.0.1.8.0.255", DataType.UINT32),
    ("1.0.2.8.0.255", DataType.UINT32),
    ("1.0.3.8.0.255", DataType.UINT32),
    ("1.0.4.8.0.255", DataType.UINT32),
    ("1.0.12.7.0.255", DataType.UINT16),
    ("1.0.11.7.0.255", DataType.UINT16),
)


def octets_of(data_type, value):
    """Return the A-XDR octets of one Data, as the package encodes it."""
    buffer = GXByteBuffer()
    _GXCommon.setData(None, buffer, data_type, value)
    return bytes(buffer.array())


def date_time_of(instant):
    """Return an octet-string of a date-time, as the package encodes it."""
    return octets_of(DataType.OCTET_STRING, GXDateTime(instant))


def scaler_unit_of(scaler, unit):
    return b"\x02\x02" + octets_of(DataType.INT8, scaler) + octets_of(DataType.ENUM, int(unit))


class Attributes(dict):
    """What a meter serves: (class id, logical name, attribute) to A-XDR octets."""

    def add(self, class_id, logical_name, *octets):
        for attribute, encoded in enumerate(octets, 2):
            self[class_id, logical_name, attribute] = encoded


class LoadProfile(GXDLMSProfileGeneric):
    """A load profile whose selective access works."""

    def select(self, settings, args):
        """Return the buffer's octets: whole, by range (of the clock), or by entry."""
        rows, columns = self.buffer, None
        if args.selector == 1:
            begin, end = (self._instant(settings, octets) for octets in args.parameters[1:3])
            rows = [row for row in rows if begin <= row[0].value <= end]
            if args.parameters[3]:
                columns = self.getColumns(args.parameters[3])
        elif args.selector == 2:
            first, last, first_column, last_column = args.parameters
            rows = rows[first - 1 : last or None]
            columns = self.captureObjects[first_column - 1 : last_column or None]
        if columns is not None:
            kept = [index for index, it in enumerate(self.captureObjects) if it in columns]
            rows = [[row[index] for index in kept] for row in rows]
        buffer = GXByteBuffer()
        buffer.setUInt8(DataType.ARRAY)
        _GXCommon.setObjectCount(len(rows), buffer)
        types = [
            item.getDataType(it.attributeIndex)
            for item, it in (self.captureObjects if columns is None else columns)
        ]
        for row in rows:
            buffer.setUInt8(DataType.STRUCTURE)
            _GXCommon.setObjectCount(len(row), buffer)
            for data_type, value in zip(types, row, strict=True):
                _GXCommon.setData(settings, buffer, data_type, value)
        return bytes(buffer.array())

    @staticmethod
    def _instant(settings, octets):
        return _GXCommon.changeType(settings, octets, DataType.DATETIME).value


class Model:
    """One meter's data, the same on every line that leads to it."""

    def __init__(self, number, options):
        self.number = number
        self.begin = datetime.fromtimestamp(options.begin, ZONE)
        self.logical_device_name = f"GRX{number:013d}"
        self.attributes = Attributes()
        self.objects = []
        self.registers = []
        chance = random.Random(f"{options.seed}-{number}")  # noqa: S311  # a meter's readings are no secret
        self._data("0.0.42.0.0.255", DataType.OCTET_STRING, self.logical_device_name.encode())
        self._data("0.0.96.1.0.255", DataType.STRING, f"{number:08d}")
        self._data(STATUS, DataType.UINT8, 0)
        self._clock()
        wh, var_h, volt, ampere = (
            Unit.ACTIVE_ENERGY,
            Unit.REACTIVE_ENERGY,
            Unit.VOLTAGE,
            Unit.CURRENT,
        )
        self._register("1.0.1.8.0.255", DataType.UINT32, chance.randrange(2**32), 0, wh)
        self._register("1.0.2.8.0.255", DataType.UINT32, 4294967295, 3, wh)
        self._register("1.0.3.8.0.255", DataType.UINT32, 0, 0, var_h)
        self._register("1.0.4.8.0.255", DataType.UINT32, 1, -1, var_h)
        self._register("1.0.12.7.0.255", DataType.UINT16, chance.randrange(2200, 2400), -1, volt)
        self._register("1.0.11.7.0.255", DataType.UINT16, chance.randrange(65536), -3, ampere)
        self._register("1.0.1.8.1.255", DataType.UINT64, 18446744073709551615, -3, wh)
        self._register("1.0.16.8.0.255", DataType.INT64, -9223372036854775808, -2, wh)
        self._register("1.0.1.7.0.255", DataType.INT32, -2147483648, -2, Unit.ACTIVE_POWER)
        self._maximum()
        self._demand()
        self._profile(options.rows, chance)
        self.secrets = None
        if options.suite is not None:
            self._secure(options)

    def described(self):
        """Return what a test needs to know, ready for JSON."""
        return {
            "security": None if self.secrets is None else self.secrets.described(),
            "server_address": {"logical": 1, "physical": 16 + self.number},
            "wrapper_sap": self.number,
            "logical_device_name": self.logical_device_name,
            "registers": self.registers,
            "attributes": [
                {"class_id": c, "logical_name": n, "attribute": a, "octets": octets.hex()}
                for (c, n, a), octets in self.attributes.items()
            ],
            "profile": {
                "logical_name": LOAD_PROFILE,
                "capture_period": int(PERIOD.total_seconds()),
                "rows": [[row[0].value.isoformat(), *row[1:]] for row in self.profile.buffer],
            },
        }

    def _secure(self, options):
        size = 32 if options.suite == 2 else 16
        title = b"GRX" + (0x1000000000 + self.number).to_bytes(5)
        self.secrets = gurux_security.Secrets(
            suite=options.suite,
            system_title=title,
            unicast=bytes(range(size)),
            authentication=bytes(range(0xD0 - size, 0xD0)),
            master=bytes(range(0x40, 0x40 + size)),
            hls_secret=b"sixteen octets!!",
            signing=bytes(range(1, 49 if options.suite == 2 else 33)),
            client_public=options.client_public_key,
            received=options.counter,
        )
        self.objects.append(GXDLMSData(gurux_security.FRAME_COUNTER))
        self.objects.append(gurux_security.SecuritySetup(self.secrets))

    def _data(self, logical_name, data_type, value):
        item = GXDLMSData(logical_name)
        item.setDataType(2, data_type)
        self.objects.append(item)
        self.attributes.add(1, logical_name, octets_of(data_type, value))

    def _clock(self):
        clock = GXDLMSClock(CLOCK)
        clock.time = GXDateTime(self.begin)
        self.objects.append(clock)
        self.attributes[8, CLOCK, 2] = date_time_of(self.begin)

    def _register(self, logical_name, data_type, value, scaler, unit):
        item = GXDLMSRegister(logical_name)
        item.setDataType(2, data_type)
        self.objects.append(item)
        self.attributes.add(
            3, logical_name, octets_of(data_type, value), scaler_unit_of(scaler, unit)
        )
        self._describe(3, logical_name, value, scaler, unit)

    def _describe(self, class_id, logical_name, value, scaler, unit):
        self.registers.append(
            {
                "class_id": class_id,
                "logical_name": logical_name,
                "value": value,
                "scaler": scaler,
                "unit": int(unit),
            }
        )

    def _maximum(self):
        name, value = "1.0.1.6.0.255", 54321
        item = GXDLMSExtendedRegister(name)
        item.setDataType(2, DataType.UINT32)
        self.objects.append(item)
        self.attributes.add(
            4,
            name,
            octets_of(DataType.UINT32, value),
            scaler_unit_of(-1, Unit.ACTIVE_POWER),
            octets_of(DataType.UINT8, 8),
            date_time_of(self.begin + timedelta(hours=17, minutes=45)),
        )
        self._describe(4, name, value, -1, Unit.ACTIVE_POWER)

    def _demand(self):
        name, value = "1.0.1.4.0.255", 1234
        item = GXDLMSDemandRegister(name)
        self.objects.append(item)
        self.attributes.add(
            5,
            name,
            octets_of(DataType.UINT32, value),
            octets_of(DataType.UINT32, 4321),
            scaler_unit_of(-2, Unit.ACTIVE_POWER),
            octets_of(DataType.UINT8, 0),
            date_time_of(self.begin),
            date_time_of(self.begin + timedelta(minutes=7, seconds=30)),
            octets_of(DataType.UINT32, 900),
            octets_of(DataType.UINT16, 1),
        )
        self._describe(5, name, value, -2, Unit.ACTIVE_POWER)

    def _profile(self, rows, chance):
        by_name = {item.logicalName: item for item in self.objects}
        self.profile = profile = LoadProfile(LOAD_PROFILE)
        for name in (CLOCK, STATUS, *(name for name, _ in COLUMNS)):
            profile.addCaptureObject(by_name[name], 2, 0)
        profile.capturePeriod = int(PERIOD.total_seconds())
        profile.sortObject = by_name[CLOCK]
        profile.sortObjectAttributeIndex = 2
        profile.profileEntries = profile.entriesInUse = rows
        totals = [chance.randrange(10**6) for _ in range(4)]
        for index in range(rows):
            totals = [total + chance.randrange(1000) for total in totals]
            moment = [chance.randrange(2200, 2400), chance.randrange(65536)]
            status = chance.choice([0, 0, 0, 8, 255])
            profile.buffer.append(
                [GXDateTime(self.begin + index * PERIOD), status, *totals, *moment]
            )
        self.objects.append(profile)


class Reply(GXServerReply):
    def setReply(self, value):
        self.reply = value

    def getConnectionInfo(self):
        return self.connectionInfo


class Transaction(GXDLMSLongTransaction):
    def setData(self, value):
        self.data = value


class Meter(GXDLMSServer):
    """One station on one line: the package's server with what is broken in it replaced."""

    def __init__(self, model, interface, options):
        super().__init__(True, interface)
        self.model = model
        self.options = options
        self.settings.maxServerPDUSize = options.max_pdu
        self.settings.gbtWndowSize = 1  # as the block transfer spells it
        self.settings.proposedConformance = (
            Conformance.GET
            | Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ
            | Conformance.SELECTIVE_ACCESS
        )
        for service in options.services:
            self.settings.proposedConformance |= Conformance[service]
        if model.secrets is None:
            association = GXDLMSAssociationLogicalName()
        else:
            association = gurux_security.Association()
            self._secure(model.secrets)
        self.association = association
        self.items.append(association)
        for item in model.objects:
            self.items.append(item)
        # initialize() would append the collection to itself.
        association.objectList.extend(self.items)
        self.initialize()

    def _secure(self, secrets):
        self.settings.cipher = gurux_security.Cipher(secrets)
        self.settings.setConnected = functools.partial(setattr, self.settings, "connected")
        self.settings.proposedConformance |= Conformance.ACTION | Conformance.GENERAL_PROTECTION

    def answer(self, octets):
        """Return the answer to one whole frame or wrapper message; empty for none."""
        reply = Reply(octets)
        self.handleRequest(reply)
        return bytes(reply.reply or b"")

    # What the package's server calls and doesn't have.

    def notifyRead(self):
        pass

    def getTransaction(self):
        return self.transaction

    def setTransaction(self, value):
        if value is not None:
            value = Transaction(value.targets, value.command, value.data)
        self.transaction = value

    # What it leaves to us.

    def isTarget(self, _server_address, _client_address):
        return True

    def onValidateAuthentication(self, authentication, password):
        # The one moment between reading the AARQ and writing the AARE.
        self.settings.maxPduSize = min(self.settings.maxPduSize, self.options.max_pdu)
        if authentication != self._expected():
            return SourceDiagnostic.NOT_RECOGNISED
        if authentication == Authentication.LOW and bytes(password) != self.options.password:
            return SourceDiagnostic.AUTHENTICATION_FAILURE
        return SourceDiagnostic.NONE

    def _expected(self):
        client, first = self.settings.clientAddress, gurux_security.FIRST_SECURED_CLIENT
        if self.model.secrets is not None and first <= client <= first + Authentication.HIGH_ECDSA:
            return client - first
        known = {PUBLIC_CLIENT: Authentication.NONE, READING_CLIENT: Authentication.LOW}
        return known.get(client)

    def onFindObject(self, _type, _short_name, _logical_name):
        self.settings.invokeId = self.settings.invokeID  # under which it is refused

    def onGetAttributeAccess(self, arg):
        """Serve the values that we know; the package does the rest."""
        arg.server, arg.isSkipMaxPduSize = self, True  # the association's list of objects asks
        if arg.invokeId == 0:
            return AccessMode.READ  # nobody reads: the list of objects tells what might be
        if self._is_pending():
            return AccessMode.NO_ACCESS
        key = int(arg.target.objectType), arg.target.logicalName, arg.index
        value = self.model.attributes.get(key)
        if arg.target is self.model.profile and arg.index == 2:
            value = self.model.profile.select(self.settings, arg)
        if key == (1, gurux_security.FRAME_COUNTER, 2):
            value = octets_of(DataType.UINT32, max(self.model.secrets.received, 0))
        if value is not None:
            arg.handled, arg.byteArray, arg.value = True, True, value
        return AccessMode.READ

    def onGetMethodAccess(self, arg):
        if self.model.secrets is None:
            return MethodAccessMode.NO_ACCESS
        if arg.target is not self.association and self._is_pending():
            return MethodAccessMode.NO_ACCESS
        return MethodAccessMode.ACCESS

    def _is_pending(self):
        """Tell whether the client has yet to prove itself."""
        high = self.settings.authentication > Authentication.LOW
        return high and self.association.associationStatus != AssociationStatus.ASSOCIATED

    def onPreAction(self, _arguments):
        pass

    def onPostAction(self, _arguments):
        pass

    def notifyConnected(self, _info):
        pass

    def onPreRead(self, *_):
        pass

    def onPostRead(self, *_):
        pass

    def onConnected(self, _info):
        pass

    def onInvalidConnection(self, _info):
        pass

    def onDisconnected(self, _info):
        pass

    # What it does wrongly.

    def handleCommand(self, cmd, data, sr):
        try:
            if cmd == Command.EXCEPTION_RESPONSE:
                return self._refuse()
            return super().handleCommand(cmd, data, sr)
        except Exception:
            sys.excepthook(*sys.exc_info())
            raise

    def handleAarqRequest(self, data, info):
        super().handleAarqRequest(data, info)
        self._replace_by_refusal()

    def _replace_by_refusal(self):
        """Tell, instead of anything else, why what came ciphered was refused, if it was."""
        refusal = self.settings.cipher and self.settings.cipher.taken_refusal()
        if refusal:
            self._reply(refusal)
            self.settings.connected &= ~ConnectionState.DLMS

    def _reply(self, apdu):
        self.replyData.clear()
        if self.settings.interfaceType == InterfaceType.HDLC:
            self.replyData.set(_GXCommon.LLC_REPLY_BYTES)
        self.replyData.set(apdu)

    def _refuse(self):
        self._reply(self.settings.cipher.taken_refusal() or gurux_security.DECIPHERING_ERROR)
        if self.settings.interfaceType == InterfaceType.HDLC:
            return GXDLMS.getHdlcFrame(self.settings, 0, self.replyData)
        return GXDLMS.getWrapperFrame(self.settings, Command.EXCEPTION_RESPONSE, self.replyData)

    def handleSnrmRequest(self, data):
        proposed = self.settings.hdlc
        proposed.maxInfoTX = proposed.maxInfoRX = 128
        proposed.windowSizeTX = proposed.windowSizeRX = 1
        GXDLMS.parseSnrmUaResponse(data, proposed)
        self.reset(True)
        self.settings.resetFrameSequence()
        proposed.maxInfoTX = min(proposed.maxInfoTX, self.options.max_info)
        proposed.maxInfoRX = min(proposed.maxInfoRX, self.options.max_info)
        proposed.windowSizeTX = min(proposed.windowSizeTX, self.options.window)
        proposed.windowSizeRX = 1
        self.settings.connected = ConnectionState.HDLC
        self._link_parameters()

    def generateDisconnectRequest(self):
        self._link_parameters()

    def _link_parameters(self):
        hdlc = self.settings.hdlc
        parameters = GXByteBuffer()
        for identifier, value in ((5, hdlc.maxInfoTX), (6, hdlc.maxInfoRX)):
            parameters.setUInt8(identifier)
            GXDLMS.appendHdlcParameter(parameters, value)
        for identifier, value in ((7, hdlc.windowSizeTX), (8, hdlc.windowSizeRX)):
            parameters.set(bytes([identifier, 4]))
            parameters.setUInt32(value)
        self.replyData.clear()
        self.replyData.set(bytes([0x81, 0x80, len(parameters)]))
        self.replyData.set(parameters)

    def handleReleaseRequest(self, data):
        cipher = self.settings.cipher
        if not (cipher and cipher.isCiphered()):
            self._reply(bytes.fromhex("6303800100"))
            return
        try:
            gurux_security.read_release(self.settings, data)
        except gurux_security.RefusedError:
            self._replace_by_refusal()
            return
        answer = bytes(_GXAPDU.getUserInformation(self.settings, cipher))
        information = b"\x04" + bytes([len(answer)]) + answer
        content = b"\x80\x01\x00\xbe" + bytes([len(information)]) + information
        self._reply(b"\x63" + bytes([len(content)]) + content)


def hdlc_frames(received):
    """Cut whole frames, flags included, off the beginning of what was received."""
    while True:
        begin = received.find(0x7E)
        del received[: begin if begin >= 0 else len(received)]
        while received[1:2] == b"\x7e":
            del received[0]
        if len(received) < 3:
            return
        length = int.from_bytes(received[1:3]) & 0x7FF
        if len(received) < length + 2:
            return
        yield bytes(received[: length + 2])
        del received[: length + 1]  # the closing flag may open the next frame


def wrapper_messages(received):
    while len(received) >= 8:
        length = 8 + int.from_bytes(received[6:8])
        if len(received) < length:
            return
        yield bytes(received[:length])
        del received[:length]


class Line:
    """Meters that hear the same octets, each answering to its own address."""

    def __init__(self, interface, models, options):
        self.received = bytearray()
        self.wrapped = interface == InterfaceType.WRAPPER
        self.meters = {model.number: Meter(model, interface, options) for model in models}

    def feed(self, octets):
        self.received += octets
        cut = wrapper_messages if self.wrapped else hdlc_frames
        return b"".join(self._answer(frame) for frame in cut(self.received))

    def _answer(self, frame):
        station = frame[5] if self.wrapped else self._physical(frame)
        meter = self.meters.get(station if self.wrapped else station - 16)
        if meter is None:
            return b""
        if not self.wrapped:
            meter.settings.serverAddressSize = self._address_size(frame)
        return meter.answer(frame)

    @staticmethod
    def _address_size(frame):
        return next(size for size in range(1, 5) if frame[2 + size] & 1)

    def _physical(self, frame):
        size = self._address_size(frame)
        if size == 4:
            return (frame[5] >> 1) << 7 | frame[6] >> 1
        return frame[2 + size] >> 1


async def serve_stream(line, reader, writer):
    with contextlib.suppress(ConnectionError):
        while octets := await reader.read(4096):
            writer.write(line.feed(octets))
            await writer.drain()
    writer.close()


async def listen(interface, models, options):
    server = await asyncio.start_server(
        lambda reader, writer: serve_stream(Line(interface, models, options), reader, writer),
        "127.0.0.1",
    )
    return server, list(server.sockets[0].getsockname())


def open_pty(models, options):
    """Serve a pseudo-terminal; its other end stays open here, so that clients may come and go."""
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    line = Line(InterfaceType.HDLC, models, options)

    def readable():
        os.write(master, line.feed(os.read(master, 4096)))

    asyncio.get_running_loop().add_reader(master, readable)
    return os.ttyname(slave)


async def run(options):
    if options.suite is not None:
        gurux_security.mend()
    models = [Model(number, options) for number in range(1, options.meters + 1)]
    hdlc, hdlc_endpoint = await listen(InterfaceType.HDLC, models, options)
    wrapper, wrapper_endpoint = await listen(InterfaceType.WRAPPER, models, options)
    ready = {
        "pty": open_pty(models, options),
        "hdlc": hdlc_endpoint,
        "wrapper": wrapper_endpoint,
        "clients": {"none": PUBLIC_CLIENT, "lls": READING_CLIENT},
        "frame_counter": gurux_security.FRAME_COUNTER,
        "first_secured_client": gurux_security.FIRST_SECURED_CLIENT,
        "password": options.password.decode(),
        "meters": [model.described() for model in models],
    }
    print(json.dumps(ready), flush=True)  # noqa: T201  # what whoever started it waits for
    sys.stdout = sys.stderr  # the package prints what it finds odd, and nobody reads that
    async with hdlc, wrapper:
        await asyncio.to_thread(sys.stdin.read)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--meters", type=int, default=2)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--begin", type=int, default=int(BEGIN.timestamp()))
    parser.add_argument("--max-info", type=int, default=128)
    parser.add_argument("--window", type=int, default=1)
    parser.add_argument("--max-pdu", type=int, default=1024)
    parser.add_argument("--password", type=str.encode, default=b"12345678")
    parser.add_argument(
        "--services", type=str.split, default=[], help="beside GET, as the package spells them"
    )
    parser.add_argument("--suite", type=int, choices=(0, 1, 2))
    parser.add_argument("--counter", type=int, default=-1, help="last one of the client's")
    parser.add_argument("--client-public-key", type=bytes.fromhex, help="signing key, x and y")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
