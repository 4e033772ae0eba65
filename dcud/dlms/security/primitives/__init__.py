"""What `cryptography` computes, in the shapes that the protocol needs; its only importers."""
