"""Somebody at a gallery with a browser of their own; whatever their browser complains of is kept."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Response
from playwright.sync_api import TimeoutError as TooLateError

# Runs before a page's own scripts: what the policy forbids is said aloud, whether or not the browser prints it.
TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile, lineNumber }) => {
  console.error(`forbidden by the policy: ${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`);
});
"""

# Runs before a page's own scripts: a browser that has no WebGL 2.
NO_WEBGL = """
const made = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind === "webgl2" ? null : made.call(this, kind, ...rest);
};
"""

# A picture that came and cannot be drawn, or one whose place a script has given to words.
BROKEN = """
() => [
  ...[...document.images].filter((one) => one.complete && one.src && !one.naturalWidth).map((one) => one.src),
  ...[...document.querySelectorAll(".placeholder b")]
    .map((one) => one.textContent).filter((words) => words.includes("did not come")),
]
"""

ADDRESSES: dict[tuple[str, str, str], str] = {}
"""Where the links led that were followed: by gallery, page and selector."""


@dataclass
class Visitor:
    """A person at a page of one gallery."""

    context: BrowserContext
    page: Page
    home: str
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Patterns of complaints that the test itself provokes."""
    asked: set[Request] = field(default_factory=set)
    """What has not been answered yet."""

    def watch(self, page: Page) -> None:
        """Hear what this page says, asks in vain, and fails in."""
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        page.on("request", self._asked)
        page.on("requestfinished", self._finished)

    def go(self, path: str) -> None:
        """Open a page of the gallery and wait until its scripts, where there are any, have started."""
        self.look()
        self.asked.clear()
        try:
            self.page.goto(self.home + path)
            self.ready()
        except TooLateError as late:
            waiting = [urlsplit(request.url).path for request in self.asked]
            raise AssertionError(f"{path} has not come; without an answer: {waiting}") from late

    def find(self, start: str, *ways: str) -> str:
        """Where links lead, one after the other; for a gallery that stays as it is, each is followed once a session."""
        here = start
        for way in ways:
            if (self.home, here, way) not in ADDRESSES:
                self.go(here)
                ADDRESSES[self.home, here, way] = str(self.page.locator(way).first.get_attribute("href"))
            here = ADDRESSES[self.home, here, way]
        return here

    def forget(self) -> None:
        """Take away what this browser may do, and what it remembers of this gallery."""
        self.context.clear_cookies()
        self.context.clear_permissions()
        session = self.context.new_cdp_session(self.page)
        session.send("Storage.clearDataForOrigin", {"origin": self.home, "storageTypes": "local_storage"})
        session.detach()

    def ready(self) -> None:
        """Wait until the page that is loading has started its scripts."""
        self.page.wait_for_load_state()
        if self.runs_scripts:
            self.page.wait_for_selector("html[data-ready]", state="attached")

    @property
    def runs_scripts(self) -> bool:
        """Say whether this browser runs scripts."""
        return self.page.locator("html[data-script]").count() > 0

    @property
    def path(self) -> str:
        """Where the visitor is, without the host."""
        parts = urlsplit(self.page.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def look(self) -> None:
        """Note every picture that is broken on the page as it stands."""
        if self.page.url.startswith(self.home):
            self.complaints += [f"broken picture: {src}" for src in self.page.evaluate(BROKEN)]

    def unexpected(self) -> list[str]:
        """The complaints that no test asked for."""
        return [one for one in self.complaints if not any(re.search(pattern, one) for pattern in self.expected)]

    # ------------------------------------------------------------ what a page holds

    def cards(self) -> Locator:
        """The cards of the grid."""
        return self.page.locator("[data-grid] [data-card]")

    def found(self) -> str:
        """What the line above the grid says."""
        return " ".join(self.page.locator(".found").inner_text().split())

    def wait_found(self, words: str) -> None:
        """Wait until the line above the grid says this."""
        self.page.locator(".found").filter(has_text=re.compile(rf"^\s*{re.escape(words)}\s*$")).wait_for()

    def titles(self) -> list[str]:
        """The names on the cards."""
        return [text.strip() for text in self.page.locator("[data-grid] .card-caption b").all_inner_texts()]

    def says(self, script: str) -> None:
        """Wait until this is true on the page."""
        self.page.wait_for_function(script)

    def drop(self, *paths: Path) -> None:
        """Drop files and folders of the disk on the page, as a file manager does."""
        session = self.context.new_cdp_session(self.page)
        dragged = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": dragged})
        session.detach()

    # ------------------------------------------------------------ what the browser says

    def _heard(self, said: ConsoleMessage) -> None:
        # A failed request is heard below, with its status.
        if said.type in {"error", "warning"} and not said.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {said.text}")

    def _asked(self, request: Request) -> None:
        self.asked.add(request)

    def _finished(self, request: Request) -> None:
        self.asked.discard(request)

    def _failed(self, request: Request) -> None:
        self.asked.discard(request)
        # Going on to another page ends what the old one still asked for.
        if request.failure not in {"net::ERR_ABORTED", None}:
            self.complaints.append(f"request: {request.failure} {request.method} {urlsplit(request.url).path}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            where = urlsplit(response.url).path
            self.complaints.append(f"answer: {response.status} {response.request.method} {where}")


Meet = Callable[..., Visitor]
"""`meet(server, width=390, javascript=False, theme="light")`: a new visitor at a gallery."""
