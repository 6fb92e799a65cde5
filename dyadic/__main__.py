"""``python -m dyadic``."""

from dyadic.cli import main

if __name__ == "__main__":
    main()
