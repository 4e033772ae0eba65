"""The search for meters on a line: a plan without I/O, with what carries it out."""
