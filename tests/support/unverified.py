"""What takes the place of a certificate where it is not looked at."""

UNVERIFIED = {"claims": [], "hash": "0" * 64, "verdict": "proved"}
