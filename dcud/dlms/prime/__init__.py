"""The face that PRIME base nodes show to a data concentrator: a wrapper with messages.

A base node is the master of one power-line network. It offers one TCP connection, on which a meter
(a service node) is addressed by the number it has in the network in place of a server's port.
"""
