"""The parts of ``python -m training.evaluate``: sounds, measures, distributions, rivals, report."""
