"""Proofs of identity by a challenge each way, for the client's side and for the meter's.

A `Means` (a module for each family: `digest`, `manufacturer`, `gmac`, `ecdsa`) makes and judges the
proofs of one mechanism, whoever makes them. `client.ClientAuthentication` is what an association is
given; `server.ServerAuthentication` is the other end of it, for a simulated meter.

[IEC 62056-5-3: HLS authentication]
"""
