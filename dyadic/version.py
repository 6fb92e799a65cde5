"""The version, in the one place where it is written; imports nothing."""

__version__ = "0.1.0"
