# for compiled code only: Python sees nothing of it
