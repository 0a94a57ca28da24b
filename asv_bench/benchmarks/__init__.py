"""Benchmarks that asv runs; see ../README.md."""
