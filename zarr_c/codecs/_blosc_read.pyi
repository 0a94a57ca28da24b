"""Reading Blosc frames: for compiled code only."""
