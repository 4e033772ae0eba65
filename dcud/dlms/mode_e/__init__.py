"""The sign-on of mode E, which leads from the optical port's 300 baud to HDLC.

[IEC 62056-21: protocol mode E]
"""
