"""Device policies: which device may come in, and under which document."""
