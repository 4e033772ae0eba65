"""Collecting: what to ask, of whom, when."""
