"""What several tables say together."""

from collections.abc import Sequence

from dcud.config.bind import Part, Parts

JOB_KEY = "job"
"""The list whose elements are amended by name; other lists are replaced as a whole."""


def merge(parts: Sequence[Part]) -> Part:
    """Return what `parts` say together: later ones amend earlier ones, key by key.

    What only one of them says is shared, not copied, so that a thousand meters of one template hold
    its jobs once.
    """
    first, *others = parts
    whole = first
    for part in others:
        whole = _amend(whole, part)
    return whole


def _amend(base: Part, amendment: Part) -> Part:
    values = dict(base.values)
    for name, value in amendment.values.items():
        values[name] = _amended(name, values.get(name), value)
    return Part(amendment.place, values)


def _amended(name: str, base: object, value: object) -> object:
    if isinstance(base, Part) and isinstance(value, Part):
        return _amend(base, value)
    if name == JOB_KEY and isinstance(base, list) and isinstance(value, list):
        return _amended_jobs(base, value)
    return value


def _amended_jobs(base: Parts, amendments: Parts) -> Parts:
    by_name = {job.values["name"]: index for index, job in enumerate(base) if "name" in job.values}
    jobs = list(base)
    for amendment in amendments:
        index = by_name.get(amendment.values.get("name"))
        if index is None:
            jobs.append(amendment)
        else:
            jobs[index] = _amend(base[index], amendment)
    return jobs
