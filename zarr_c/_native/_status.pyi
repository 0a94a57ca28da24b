"""From status to exception: for compiled code only."""
