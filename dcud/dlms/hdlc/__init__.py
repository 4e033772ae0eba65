"""The HDLC data link of the 3-layer, connection-oriented profile."""
