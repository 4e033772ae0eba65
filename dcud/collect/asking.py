"""What an act on a meter asks of its association: the same as a job."""

from dcud.collect.job import Asker

__all__ = ["Asker"]
