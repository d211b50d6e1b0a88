"""`python -m rtsynth` is the command `rtsynth`."""

from rtsynth.cli import main

if __name__ == "__main__":
    main()
