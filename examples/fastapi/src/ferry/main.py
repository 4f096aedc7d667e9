"""The ferry's timetable over HTTP."""

from datetime import time

from fastapi import FastAPI, Request

from ferry.timetable import after

app = FastAPI(title="Ferry")


@app.get("/")
def departures(now: time = time.min) -> dict[str, list[str]]:
    return {"departures": after(now)}


@app.get("/where")
def where(request: Request) -> dict[str, str]:
    return {"url": str(request.url), "client": request.client.host if request.client else ""}
