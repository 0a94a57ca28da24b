"""Arrays out of other arrays in bounded memory: elements in boxes, chunks as stored."""
