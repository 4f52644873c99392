"""The components as they come out: the gallery in both faces, and what each tag refuses and escapes."""

import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from types import SimpleNamespace

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.http import Http404, HttpResponse
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import path

from loyalty.web.brand import brand_css
from loyalty.web.office.gallery import SampleForm, gallery

pytestmark = pytest.mark.urls(__name__)


def _elsewhere(request) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("gallery/", gallery, name="gallery"),
    path("brand/<str:digest>.css", brand_css, name="brand_css"),
    path("theme/", _elsewhere, name="theme"),
    path("language/", _elsewhere, name="language"),
    path("logout/", _elsewhere, name="account_logout"),
]

VOID = {
    "meta",
    "link",
    "input",
    "img",
    "br",
    "hr",
    "path",
    "rect",
    "circle",
    "line",
    "polyline",
    "polygon",
    "ellipse",
}


class Page(HTMLParser):
    """A parsed page: every element with its attributes and ancestors, and whatever did not close."""

    def __init__(self, html: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.feed(html)
        self.unbalanced += self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), tuple(self.open)))

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.unbalanced.append(f"</{tag}>")

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        """The attributes of all elements with one of these names, in order."""
        return [attributes for tag, attributes, _ in self.elements if tag in tags]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes, _ in self.elements if attributes.get("id")]


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def shown(query: str = "") -> str:
    """The gallery as a developer sees it."""
    request = RequestFactory().get(f"/gallery/{query}")
    request.user = SimpleNamespace(is_active=True, is_staff=True)
    response = gallery(request)
    assert response.status_code == 200
    return response.content.decode()


FACES = {"office": "", "portal": "?face=portal", "toasts": "?toasts=1"}


@pytest.fixture(params=FACES)
def page(request) -> Page:
    """Every face of the gallery in turn."""
    return Page(shown(FACES[request.param]))


def test_every_element_that_opens_closes(page: Page):
    assert page.unbalanced == []


def test_an_id_is_used_once(page: Page):
    assert [name for name, count in Counter(page.ids).items() if count > 1] == []


def test_whatever_points_somewhere_points_at_something(page: Page):
    pointers = ("for", "aria-labelledby", "aria-describedby", "commandfor", "popovertarget", "form")
    targets = [
        (name, target)
        for _, attributes, _ in page.elements
        for name in pointers
        for target in (attributes.get(name) or "").split()
    ]
    inside = [
        ("href", link["href"][1:]) for link in page.all("a") if (link.get("href") or "").startswith("#")
    ]
    assert len(targets) + len(inside) > 1
    assert [found for found in (*targets, *inside) if found[1] not in page.ids] == []


def test_nothing_on_the_page_is_blocked_by_the_policy(page: Page):
    names = {name for _, attributes, _ in page.elements for name in attributes}
    assert {name for name in names if name == "style" or name.startswith(("on", "hx-on"))} == set()
    assert page.all("style") == []
    assert [
        script for script in page.all("script") if not (script.get("src") or "").startswith("/static/")
    ] == []


def test_the_page_has_one_heading_of_the_first_rank_and_skips_none(page: Page):
    ranks = [int(tag[1]) for tag, _, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert ranks.count(1) == 1
    assert [(one, two) for one, two in pairwise(ranks) if two > one + 1] == []


def test_every_control_has_a_name(page: Page):
    labelled = {label.get("for") for label in page.all("label")}
    nameless = []
    for tag, attributes, within in page.elements:
        if tag not in {"input", "select", "textarea"} or attributes.get("type") in {"hidden", "submit"}:
            continue
        if not (attributes.get("aria-label") or attributes.get("id") in labelled or "label" in within):
            nameless.append(attributes)
    assert nameless == []


@pytest.mark.parametrize("query", FACES.values(), ids=FACES)
def test_every_form_that_changes_something_is_protected(query: str):
    posting = re.findall(r"<form[^>]*method=\"post\".*?</form>", shown(query), re.DOTALL)
    assert len(posting) >= 3
    assert [
        form for form in posting if not re.search(r'name="csrfmiddlewaretoken" value="\w{32,}"', form)
    ] == []


def test_the_skip_link_comes_first_and_leads_to_the_content(page: Page):
    assert page.all("a")[0] == {"class": "skip-link", "href": "#main"}
    assert [attributes["id"] for attributes in page.all("main")] == ["main"]


def test_htmx_is_told_to_evaluate_nothing_and_to_keep_no_copies(page: Page):
    (config,) = [meta["content"] for meta in page.all("meta") if meta.get("name") == "htmx-config"]
    for setting in ('"allowEval": false', '"allowScriptTags": false', '"selfRequestsOnly": true',
                    '"includeIndicatorStyles": false', '"historyCacheSize": 0'):  # fmt: skip
        assert setting in config
    assert '{"code": "422", "swap": true' in config


@pytest.mark.parametrize(
    ("cookie", "attribute"),
    [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ("system", ""), ('"><script>', "")],
)
def test_only_a_known_theme_reaches_the_page(cookie: str, attribute: str):
    request = RequestFactory().get("/gallery/")
    request.COOKIES["theme"] = cookie
    request.user = SimpleNamespace(is_active=True, is_staff=True)
    opening = re.search(r"<html[^>]*>", gallery(request).content.decode()).group(0)
    assert re.sub(r".*class=\"\"", "", opening) == f"{attribute}>"


def test_the_gallery_is_for_developers_and_operators(settings):
    request = RequestFactory().get("/gallery/")
    for stranger in (AnonymousUser(), SimpleNamespace(is_active=True, is_staff=False),
                     SimpleNamespace(is_active=False, is_staff=True)):  # fmt: skip
        request.user = stranger
        settings.DEBUG = False
        with pytest.raises(Http404):
            gallery(request)
        settings.DEBUG = True
        assert gallery(request).status_code == 200


def rendered(text: str, **context) -> str:
    """A snippet of a template that loads the library."""
    return Template("{% load ui %}" + text).render(Context(context))


def test_a_button_is_a_button_and_one_with_an_address_a_link():
    assert rendered('{% button "danger" type="submit" hx_post="/x" disabled=True %}Save{% endbutton %}') == (
        '<button class="button button--danger" type="submit" hx-post="/x" disabled><span>Save</span></button>'
    )
    assert rendered("{% button href=to %} Open {% endbutton %}", to="/a?b=1&c=2") == (
        '<a class="button" href="/a?b=1&amp;c=2"><span>Open</span></a>'
    )


def test_values_are_escaped_wherever_they_go():
    evil = '"><script>alert(1)</script>'
    html = rendered(
        "{% button href=evil label=evil data_x=evil %}{{ evil }}{% endbutton %}{% badge evil %}"
        "{% card evil note=evil link=evil link_text=evil %}{{ evil }}{% endcard %}"
        "{% table caption=evil %}{% column evil href=evil %}"
        "{% cell evil %}{{ evil }}{% endcell %}{% endtable %}"
        '{% dialog "d" title=evil %}{{ evil }}{% enddialog %}{% why evil href=evil %}{{ evil }}{% endwhy %}'
        "{% qr evil label=evil code=evil %}{% icon 'gift' 20 evil %}"
        '{% include "components/copy.html" with value=evil label=evil %}'
        '{% include "components/code.html" with id="c" title=evil text=evil %}'
        '{% include "components/stat.html" with label=evil value=evil definition=evil href=evil %}',
        evil=evil,
    )
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 20


@pytest.mark.parametrize(
    "snippet",
    [
        '{% button onclick="x()" %}x{% endbutton %}',
        '{% button style="color: red" %}x{% endbutton %}',
        '{% button hx_on="x" %}x{% endbutton %}',
        "{% button hx_vals='js:{a: 1}' %}x{% endbutton %}",
        '{% card "t" style="x" %}x{% endcard %}',
        '{% cell "t" "" onclick="x" %}x{% endcell %}',
        '{% button hx_get="/x" %}without an address{% endbutton %}',
        '{% button size="icon" icon="x" %}{% endbutton %}',
    ],
)
def test_what_would_fail_in_the_browser_fails_here(snippet: str):
    with pytest.raises(ValueError, match=r"blocked|needs"):
        rendered(snippet)


def test_an_icon_is_decoration_unless_it_has_a_name():
    assert 'aria-hidden="true"' in rendered('{% icon "gift" %}')
    named = rendered('{% icon "gift" 16 "Reward" %}')
    assert 'role="img" aria-label="Reward"' in named
    assert "aria-hidden" not in named
    assert 'width="16" height="16"' in named


def test_a_field_ties_its_label_help_and_error_to_its_widget():
    form = SampleForm({"cost": "0"}, prefix="p")
    html = rendered('{% field form.cost suffix="points" %}{% field form.name %}', form=form)
    assert '<label class="field__label" for="id_p-cost">' in html
    assert re.search(r'<input[^>]*id="id_p-cost"[^>]*>', html).group(0).count('aria-invalid="true"') == 1
    assert 'aria-describedby="id_p-name_helptext id_p-name_error"' in html
    assert 'id="id_p-name_helptext"' in html
    assert 'id="id_p-name_error"' in html
    assert '<span class="field__affix">points</span>' in html


def test_choices_are_a_group_with_a_name():
    html = rendered("{% field form.used_at %}", form=SampleForm())
    assert html.startswith('<fieldset class="field" aria-describedby="id_used_at_helptext">')
    assert html.count("<legend") == 1
    assert html.count('type="radio"') == 2


def test_an_optional_field_says_so_and_a_required_one_does_not():
    assert "(optional)" in rendered("{% field form.value %}", form=SampleForm())
    assert "(optional)" not in rendered("{% field form.name %}", form=SampleForm())


def test_a_field_needs_a_field_and_keeps_its_forms_id():
    with pytest.raises(TypeError):
        rendered("{% field form.nme %}", form=SampleForm())
    with pytest.raises(ValueError, match="prefix"):
        rendered('{% field form.name id="x" %}', form=SampleForm())


def test_a_hidden_field_is_only_its_widget():
    form = type("F", (forms.Form,), {"secret": forms.CharField(widget=forms.HiddenInput)})()
    assert rendered("{% field form.secret %}", form=form) == (
        '<input type="hidden" name="secret" id="id_secret">'
    )


def test_errors_above_a_form_lead_to_their_fields():
    form = SampleForm({"name": "x", "cost": "0"})
    form.add_error(None, "The whole is wrong.")
    html = render_to_string("components/form_errors.html", {"form": form})
    assert 'role="alert"' in html
    assert "<li>The whole is wrong.</li>" in html
    assert '<a href="#id_cost">Price</a>' in html
    assert render_to_string("components/form_errors.html", {"form": SampleForm()}).strip() == ""


def toast(level: int, extra: str = "") -> str:
    """One message as a toast."""
    return rendered("{% toast message %}", message=Message(level, "Done.", extra), csrf_token="t0ken")


def test_a_toast_can_be_taken_back_when_there_is_a_way():
    html = toast(constants.SUCCESS, "undo=/m/luna/rewards/7/restore")
    assert '<form method="post" action="/m/luna/rewards/7/restore">' in html
    assert 'value="t0ken"' in html
    assert "<form" not in toast(constants.SUCCESS)


def test_an_error_stays_until_it_is_closed_and_is_read_at_once():
    assert "data-stays" in toast(constants.ERROR)
    assert 'role="alert"' in toast(constants.ERROR)
    assert "data-stays" not in toast(constants.SUCCESS)


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_taking_back_never_leaves_this_host(address: str):
    with pytest.raises(ValueError, match="host"):
        toast(constants.SUCCESS, f"undo={address}")


def test_a_code_is_drawn_with_its_quiet_zone_and_can_be_typed():
    html = rendered('{% qr "MBR:7Q4K2M9X" label="Your code" code="7Q4K-2M9X" %}')
    assert 'role="img" aria-label="Your code"' in html
    size = int(re.search(r'viewBox="0 0 (\d+) \1"', html).group(1))
    assert size == 21 + 2 * 4  # version 1, and four empty modules on each side
    assert "7Q4K-2M9X" in html
    assert "style=" not in html


@pytest.mark.parametrize(
    ("balance", "modifier"),
    [(1240, ""), (120480, "--long"), (1204880, "--longer"), (-40, ""), (0, "")],
)
def test_a_large_balance_gets_smaller_figures_instead_of_running_into_the_code(balance: int, modifier: str):
    words = {"one": "point", "other": "points"}
    html = render_to_string(
        "components/member_card.html", {"balance": balance, "words": words, "qr_data": "x", "code": "y"}
    )
    found = re.search(r'class="member-card__balance( member-card__balance(--\w+))?"', html)
    assert (found.group(2) or "") == modifier


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500"])
def test_a_page_for_bad_news_needs_nothing_from_anybody(name: str):
    """Not a request, not a session, not a database: this is what is shown when they are gone."""
    page = Page(render_to_string(f"{name}.html"))
    assert page.unbalanced == []
    assert len(page.all("h1")) == 1
    assert [link["href"] for link in page.all("a")] == ["#main", "/"]


def test_an_unknown_icon_fails_where_it_is_written():
    with pytest.raises(Exception, match="no-such-icon"):
        rendered('{% icon "no-such-icon" %}')


def test_a_tag_without_its_end_is_seen_when_it_is_compiled():
    with pytest.raises(TemplateSyntaxError):
        rendered("{% card %}")


def test_the_button_of_a_reward_says_in_plain_words_what_it_is_for():
    reward = {"name": "Tom & Jerry's <b>cup", "cost": 100, "url": "/r/", "available": True}
    html = render_to_string(
        "components/reward.html", {"reward": reward, "words": {"one": "point", "other": "points"}}
    )
    [(attributes, text)] = re.findall(r"<a ([^>]*)>(.*?)</a>", html)
    assert 'aria-label="Use Tom &amp; Jerry&#x27;s &lt;b&gt;cup"' in attributes
    assert text == "<span>Use</span>"
