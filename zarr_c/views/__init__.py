"""Arrays seen otherwise: a selection, another data type, other axes; read when asked to."""
