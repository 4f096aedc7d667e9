"""Tides of a small harbour: a page, and the same as JSON."""

from datetime import UTC, datetime
from math import cos, pi

from flask import Flask, jsonify, render_template

app = Flask(__name__)

HOURS_BETWEEN_HIGH_WATERS = 12.42


def height(at: datetime) -> float:
    """Metres above the chart's zero."""
    hours = at.timestamp() / 3600
    return round(2.1 + 1.6 * cos(2 * pi * hours / HOURS_BETWEEN_HIGH_WATERS), 2)


@app.get("/")
def page() -> str:
    return render_template("tides.html", height=height(datetime.now(UTC)))


@app.get("/tide")
def tide():
    return jsonify(height=height(datetime.now(UTC)), unit="m")


@app.get("/healthz")
def healthz() -> str:
    return "ok"
