"""Which chunks a selection touches, and which parts of them.

``_basic`` turns integers and slices between brackets into a step along each axis, ``parsing``
all that may stand there into a `Selection`. ``_grid`` says which part of chunk number *i* that
is, ``_copy`` moves the elements between a chunk and the caller's array.
"""
