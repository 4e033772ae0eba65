"""Simulated meters: the server side of the same stack."""
