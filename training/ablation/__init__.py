"""What adversary and spectral loss each add: measured on runs that differ in nothing else."""
