"""Immutable classes: their fields cannot change, and are their value."""

import pickle

import pytest

from zarr_c.frozen import Frozen, set_field


class Point(Frozen):
    __slots__ = ("x", "y")

    def __init__(self, x, y=0):
        set_field(self, "x", x)
        set_field(self, "y", y)


class Named(Point):
    __slots__ = ("name",)

    def __init__(self, x, y=0, name=""):
        super().__init__(x, y)
        set_field(self, "name", name)


def test_nothing_can_be_set_or_deleted():
    point = Point(1)
    with pytest.raises(AttributeError, match="Point does not change: cannot set 'x'"):
        point.x = 2
    with pytest.raises(AttributeError, match="cannot delete 'y'"):
        del point.y
    with pytest.raises(AttributeError):
        point.z = 3
    assert (point.x, point.y) == (1, 0)


def test_equal_fields_of_one_class_are_one_value():
    assert Point(1, 2) == Point(1, 2) != Point(1, 3)
    assert hash(Point(1, 2)) == hash(Point(1, 2))
    assert Point(1, 2) != Named(1, 2)
    assert Point(1, 2) != (1, 2)
    with pytest.raises(TypeError):
        hash(Point([]))


def test_it_is_changed_shown_and_pickled_with_the_fields_of_its_bases():
    named = Named(1, name="a")
    assert repr(named) == "Named(x=1, y=0, name='a')"
    assert named.with_(y=5) == Named(1, 5, "a")
    assert pickle.loads(pickle.dumps(named)) == named
    with pytest.raises(TypeError):
        named.with_(z=1)
