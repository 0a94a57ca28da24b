"""C vocabulary with no Python twin: status, memory, locks, worker pool."""
