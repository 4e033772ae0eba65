from dataclasses import replace
from itertools import count

import pytest

from dcud.publish.sparkplug.metric_book import MetricBook
from dcud.publish.sparkplug.payload import DataType, Metric, Property, Quality
from dcud.publish.sparkplug.samples import Sample

_NOW = 10_000
_UNIT = Property("engUnit", DataType.STRING, "Wh")
_ENERGY = Sample(
    name="energy", value=1.0, data_type=DataType.DOUBLE, timestamp=1000, traits=(_UNIT,)
)
_GOOD = Property("Quality", DataType.INT32, Quality.GOOD)
_BAD = Property("Quality", DataType.INT32, Quality.BAD)
_STALE = Property("Quality", DataType.INT32, Quality.STALE)
_MISSING = replace(_ENERGY, value=None, quality=Quality.BAD, timestamp=2000)


@pytest.fixture
def book() -> MetricBook:
    """Return a book that has told its birth, and one current value."""
    numbers = count(7)
    book = MetricBook(lambda: next(numbers))
    book.learn((_ENERGY,))
    book.birth(_NOW)
    book.data((_ENERGY,), _NOW, is_late=False)
    return book


def test_a_birth_tells_what_has_no_value_as_stale() -> None:
    book = MetricBook(lambda: 7)
    book.learn((_ENERGY,))
    assert not book.is_announced
    assert book.birth(_NOW) == (
        Metric(
            name="energy",
            alias=7,
            timestamp=_NOW,
            data_type=DataType.DOUBLE,
            properties=(_UNIT, _STALE),
        ),
    )
    assert book.is_announced


def test_a_birth_repeats_current_values_with_what_was_said_of_them(book: MetricBook) -> None:
    remark = Property("text", DataType.STRING, "reset")
    book.data(
        (replace(_ENERGY, value=2.0, timestamp=3000, remarks=(remark,)),), _NOW, is_late=False
    )
    assert book.birth(_NOW) == (
        Metric(
            name="energy",
            alias=7,
            timestamp=3000,
            data_type=DataType.DOUBLE,
            value=2.0,
            properties=(_UNIT, _GOOD, remark),
        ),
    )


def test_data_goes_by_its_alias(book: MetricBook) -> None:
    sample = replace(_ENERGY, value=2.0, timestamp=2000)
    assert book.data((sample,), _NOW, is_late=False) == (
        Metric(alias=7, timestamp=2000, data_type=DataType.DOUBLE, value=2.0),
    )


def test_the_first_value_after_a_stale_birth_is_told_to_be_good() -> None:
    book = MetricBook(lambda: 7)
    book.learn((_ENERGY,))
    book.birth(_NOW)
    (metric,) = book.data((_ENERGY,), _NOW, is_late=False)
    assert metric.properties == (_GOOD,)


def test_what_becomes_bad_and_good_again_is_told_so(book: MetricBook) -> None:
    told = [
        book.data((replace(_ENERGY, timestamp=at, quality=quality),), _NOW, is_late=False)
        for at, quality in [(2000, Quality.BAD), (3000, Quality.GOOD), (4000, Quality.GOOD)]
    ]
    assert [metrics[0].properties for metrics in told] == [(_BAD,), (_GOOD,), ()]


def test_late_values_leave_the_current_one_as_it_is(book: MetricBook) -> None:
    (metric,) = book.data((replace(_ENERGY, value=9.0, timestamp=5000),), _NOW, is_late=True)
    assert metric.is_historical
    assert book.birth(_NOW)[0].value == 1.0


def test_what_is_older_than_the_current_value_is_history(book: MetricBook) -> None:
    (older,) = book.data((replace(_ENERGY, value=0.5, timestamp=999),), _NOW, is_late=False)
    (same,) = book.data((_ENERGY,), _NOW, is_late=False)
    assert older.is_historical
    assert not same.is_historical
    assert book.birth(_NOW)[0].value == 1.0


def test_a_value_of_the_future_makes_nothing_old(book: MetricBook) -> None:
    book.data((replace(_ENERGY, timestamp=_NOW + 1),), _NOW, is_late=False)
    (metric,) = book.data((replace(_ENERGY, timestamp=_NOW),), _NOW, is_late=False)
    assert not metric.is_historical


def test_a_missing_value_keeps_the_type(book: MetricBook) -> None:
    unknown = replace(_MISSING, data_type=DataType.UNKNOWN)
    book.learn((unknown,))
    assert book.is_announced
    (metric,) = book.data((unknown,), _NOW, is_late=False)
    assert metric.data_type is DataType.DOUBLE
    assert metric.value is None
    assert metric.properties == (_BAD,)


def test_what_never_had_a_value_is_announced_as_a_text() -> None:
    book = MetricBook(lambda: 7)
    book.learn((replace(_MISSING, data_type=DataType.UNKNOWN),))
    assert book.birth(_NOW)[0].data_type is DataType.STRING


@pytest.mark.parametrize(
    "other",
    [
        replace(_ENERGY, value="1", data_type=DataType.STRING),
        replace(_ENERGY, traits=(Property("engUnit", DataType.STRING, "varh"),)),
    ],
)
def test_another_type_or_object_under_the_same_name_asks_for_a_birth(
    book: MetricBook, other: Sample
) -> None:
    book.learn((other,))
    assert not book.is_announced
    (metric,) = book.birth(_NOW)
    assert metric.alias == 7
    assert metric.data_type is other.data_type
    assert metric.value is None


def test_another_object_without_value_keeps_the_type(book: MetricBook) -> None:
    book.learn((replace(_MISSING, data_type=DataType.UNKNOWN, traits=()),))
    assert not book.is_announced
    assert book.birth(_NOW)[0].data_type is DataType.DOUBLE


def test_aliases_are_drawn_one_for_each_metric(book: MetricBook) -> None:
    book.learn((replace(_ENERGY, name="b"), replace(_ENERGY, name="c"), _ENERGY))
    assert [(each.name, each.alias) for each in book.birth(_NOW)] == [
        ("energy", 7),
        ("b", 8),
        ("c", 9),
    ]


def test_what_is_noted_is_current_and_no_change_any_more() -> None:
    book = MetricBook(lambda: 7)
    book.learn((_ENERGY,))
    assert book.changed((_ENERGY,)) == (_ENERGY,)
    book.note((_ENERGY,))
    assert book.changed((_ENERGY,)) == ()
    assert book.birth(_NOW)[0].value == 1.0
