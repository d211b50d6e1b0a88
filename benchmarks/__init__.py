"""Measurements of rtsynth: each module is a command that prints a table and takes --json FILE."""
