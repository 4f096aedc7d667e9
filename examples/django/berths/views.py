from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

BERTHS = {"1": "Dorothea", "2": None, "3": "Kittiwake"}


def index(request: HttpRequest) -> HttpResponse:
    return render(request, "berths/index.html", {"berths": BERTHS})


def occupancy(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"taken": sum(ship is not None for ship in BERTHS.values()), "of": len(BERTHS)})
