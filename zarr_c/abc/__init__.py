"""What to derive from: stores, codecs, buffers, metadata."""
