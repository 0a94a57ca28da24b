"""What is done to whole hierarchies: each module is imported when it is asked for."""
