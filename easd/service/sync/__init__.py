"""Sync, in five small steps: resolve the request, open a generation, apply the device's commands, plan, render."""
