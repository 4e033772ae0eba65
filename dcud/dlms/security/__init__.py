"""Security of the application layer: who is there, and what the octets between are worth.

Imported only where a meter wants it: what lies beneath takes start-up time and memory.
"""
