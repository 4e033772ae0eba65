"""Tables of the interface classes, a module per family of [IEC 62056-6-2: interface classes]."""
