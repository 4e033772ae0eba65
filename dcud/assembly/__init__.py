"""From the configuration's model to the parts that the rooms are given."""
