"""`make screenshots`: the README's pictures, taken from the running demo by a real browser.

Reads `.data/demo.json`, so `make demo` must be running. The one-time links in it may be used up: new ones are made.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

DATA = Path(os.environ.get("LOYALTY_DATA", ".data"))
PICTURES = Path("docs/pictures")
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def links() -> dict[str, str]:
    """The demo's facts with fresh sign-in links: each works once."""
    made = subprocess.run(
        [sys.executable, "manage.py", "demo", "--links"], check=True, capture_output=True, text=True
    )
    facts: dict[str, str] = json.loads((DATA / "demo.json").read_text())
    fresh = dict(line.split() for line in made.stdout.splitlines() if "/sign-in/" in line)
    return facts | {"sign_in_url": fresh["Dashboard"], "portal_sign_in_url": fresh["Member"]}


def page(browser: Browser, sign_in: str, size: dict[str, int], theme: str) -> Page:
    """A signed-in page of one size and theme."""
    context = browser.new_context(viewport=size, color_scheme=theme, device_scale_factor=2, locale="en-GB")  # type: ignore[arg-type]
    found = context.new_page()
    found.goto(sign_in)
    return found


def main() -> None:
    facts = links()
    base, slug = facts["base_url"], urlsplit(facts["dashboard_url"]).path.strip("/").split("/")[-1]
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        staff = page(browser, facts["sign_in_url"], WIDE, "light")
        office = f"{base}/m/{slug}"
        shots = [("overview", f"{office}/"), ("members", f"{office}/members/"), ("programme", f"{office}/programme/"),
                 ("rewards", f"{office}/rewards/")]  # fmt: skip
        for name, address in shots:
            staff.goto(address)
            staff.wait_for_load_state("networkidle")
            staff.screenshot(path=PICTURES / f"{name}.png")
        staff.goto(f"{office}/members/{facts['portal_member_id']}/")
        staff.wait_for_load_state("networkidle")
        staff.screenshot(path=PICTURES / "member.png")
        staff.emulate_media(color_scheme="dark")
        for name, address in shots:
            staff.goto(address)
            staff.wait_for_load_state("networkidle")
            staff.screenshot(path=PICTURES / f"{name}-dark.png")
        member = page(browser, facts["portal_sign_in_url"], PHONE, "light")
        for name in ("card", "rewards", "activity"):
            member.goto(f"{facts['portal_url']}{name}/")
            member.wait_for_load_state("networkidle")
            member.screenshot(path=PICTURES / f"{'portal-' if name != 'card' else ''}{name}.png")
        member.emulate_media(color_scheme="dark")
        member.goto(f"{facts['portal_url']}card/")
        member.wait_for_load_state("networkidle")
        member.screenshot(path=PICTURES / "card-dark.png")
        browser.close()


if __name__ == "__main__":
    main()
