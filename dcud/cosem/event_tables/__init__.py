"""Tables of event codes, a module per companion profile."""
