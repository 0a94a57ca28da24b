"""Arrays and groups whose methods are coroutines."""
