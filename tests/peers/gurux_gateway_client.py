"""The client of gurux-dlms, reading an attribute of a meter behind a gateway.

    python gurux_gateway_client.py HOST PORT NETWORK_ID DEVICE_ADDRESS LOGICAL_NAME...

Reads attribute 2 of each data object over the wrapper, as public client of server 1, and prints
their octets as one JSON list of hexadecimal strings.
"""

import json
import socket
import sys

from gurux_dlms import GXDLMSClient, GXDLMSGateway, GXReplyData
from gurux_dlms.enums import Authentication, InterfaceType
from gurux_dlms.objects import GXDLMSData


def exchange(connection: socket.socket, client: GXDLMSClient, request: bytes) -> GXReplyData:
    """Send a request; return the whole answer, asked for block by block."""
    reply = GXReplyData()
    while True:
        connection.sendall(request)
        header = receive(connection, 8)
        client.getData(header + receive(connection, int.from_bytes(header[6:])), reply)
        if not reply.isMoreData():
            return reply
        request = client.receiverReady(reply)


def receive(connection: socket.socket, count: int) -> bytes:
    """Return so many octets."""
    octets = b""
    while len(octets) < count:
        octets += connection.recv(count - len(octets)) or sys.exit("the gateway hung up")
    return octets


def main() -> None:
    """Read and print."""
    host, port, network_id, device_address, *logical_names = sys.argv[1:]
    client = GXDLMSClient(
        True, 16, 1, Authentication.NONE, None, InterfaceType.WRAPPER
    )  # by the package
    client.settings.gateway = gateway = GXDLMSGateway()
    gateway.networkId = int(network_id)
    gateway.physicalDeviceAddress = bytes.fromhex(device_address)
    with socket.create_connection((host, int(port)), 10) as connection:
        for request in client.aarqRequest():
            client.parseAareResponse(exchange(connection, client, bytes(request)).data)
        values = []
        for logical_name in logical_names:
            (request,) = client.read(GXDLMSData(logical_name), 2)
            values.append(bytes(exchange(connection, client, bytes(request)).value).hex())
    print(json.dumps(values))  # noqa: T201  # what whoever started it waits for


if __name__ == "__main__":
    main()
