"""The COSEM object model: what the values of a meter mean."""
