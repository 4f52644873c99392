"""The roof's wiring."""

urlpatterns: list = []
