"""The DLMS/COSEM protocol, sans-IO: octets to events to octets."""
