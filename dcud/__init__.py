"""dcud, a data-concentrator daemon: polls DLMS/COSEM meters and publishes what they say."""

__version__ = "0.1.0"
