from berths.views import index, occupancy
from django.urls import path

urlpatterns = [path("", index), path("occupancy", occupancy)]
