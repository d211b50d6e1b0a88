"""Notes from the user's own files, for `python -m training.data --from`: one module a source."""
