"""``python -m dyadic``."""

from dyadic.entry import main

if __name__ == "__main__":
    main()
