"""Departures of the ferry."""

from datetime import time

DEPARTURES = [time(7, 30), time(9, 0), time(12, 15), time(17, 45)]


def after(now: time) -> list[str]:
    """The departures that are still to come today."""
    return [departure.isoformat("minutes") for departure in DEPARTURES if departure > now]


def main() -> None:
    print("Departures:", ", ".join(after(time.min)))
