"""Striped locks: for compiled code only."""
