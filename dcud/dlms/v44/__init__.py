"""Compression by ITU-T V.44, the packet method, with its default parameters.

A packet is a row of codes. An ordinal is an octet as it is. A codeword is a string of the
dictionary, which both sides build from what has gone before; a string extension after it says for
how many octets that string goes on as it did when it was learnt. Each packet begins with an empty
dictionary.

```
compress    compressor.py   which strings are known          expander.py    expand
                 |                                                ^
                 v                                                |
            code_writer.py  prefixes, sizes, STEPUP          code_reader.py
                 |                                                ^
                 v                                                |
            bit_writer.py   bits into octets                 bit_reader.py
```
"""

from dcud.dlms.v44.compressor import compress
from dcud.dlms.v44.expander import expand

__all__ = ["compress", "expand"]
