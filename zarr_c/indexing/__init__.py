"""Which chunks a selection touches, and which parts of them.

``_basic`` turns what stands between brackets into a step along each axis, ``_grid`` says which
part of chunk number *i* that is, ``_copy`` moves the elements between a chunk and the caller's
array.
"""
