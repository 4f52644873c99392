"""A request to the API goes straight to its endpoint.

Sessions, cookies, forms, messages and pages' fragments mean nothing to a caller with a key: passing the
middlewares that serve them takes longer than looking up a balance. What concerns every answer (headers, policy,
metrics) stands before this one in the list.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils import translation

PREFIX = "/api/v1/"


class Direct:
    """Middleware: answers requests under `/api/v1/` itself, in the language they ask for, and passes on the rest."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        request.get_host()  # refuses names that are not ours
        asked = request.META.get("HTTP_ACCEPT_LANGUAGE")
        with translation.override(translation.get_language_from_request(request) if asked else None):
            match = request.resolver_match = resolve(request.path_info)
            answer = match.func(request, *match.args, **match.kwargs)
            # The schema's view leaves writing its answer to Django, which is not asked here.
            render = getattr(answer, "render", None)
            return render() if callable(render) else answer
