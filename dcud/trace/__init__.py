"""Recorded frames, read back and taken apart: what a trace shows, pure like the protocol itself."""
