"""Administration: what an administrator does (use cases), and the command line on top of them."""
