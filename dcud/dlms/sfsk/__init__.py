"""The S-FSK power-line profile of IEC 61334: MAC, LLC, and the discovery of new meters.

The standards leave to the modem how it talks to its host, and public sources disagree in places.
Wherever that is so, there is a parameter, and its docstring says why the default is what it is.
"""
