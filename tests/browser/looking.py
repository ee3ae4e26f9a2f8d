"""A page as people meet it, wide and narrow, dark and light: photographed, and looked over by axe-core.

The photographs lie in test-results/screens, to be looked at.
"""

import io
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from PIL import Image
from playwright.sync_api import CDPSession

from tests.browser.visitor import Visitor

SCREENS = Path(__file__).resolve().parents[2] / "test-results" / "screens"
READING = (Path(__file__).parent / "reading.js").read_text()
READABLE = {"faint": [], "small": [], "overflows": False}
THEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
WINDOWS = ((1440, 900), (390, 1500))
LOOKS = {(1440, "dark"), (390, "light")}

# What axe objects to, one line for each element.
OBJECTIONS = """
axe.run(document, { resultTypes: ["violations"], ...%s }).then(({ violations }) => violations.flatMap(
  ({ id, impact, nodes }) => nodes.map(({ target, html }) => `${impact} ${id} ${target.join(" ")} ${html.slice(0, 99)}`)
))
"""
# The page of patterns shows some landmarks twice, side by side.
RULES = '{ rules: { "target-size": { enabled: true }, "landmark-unique": { enabled: false } } }'


@dataclass
class Axe:
    """axe-core beside the page, in a world of its own: what the page's policy forbids stays forbidden."""

    session: CDPSession
    world: int

    @classmethod
    def beside(cls, session: CDPSession) -> "Axe":
        """Load it."""
        frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})["executionContextId"]
        axe = cls(session, world)
        axe.run(AXE_SCRIPT)
        return axe

    def run(self, script: str) -> object:
        """Run a script there; what it comes to."""
        asked = {"expression": script, "contextId": self.world, "awaitPromise": True, "returnByValue": True}
        answer = self.session.send("Runtime.evaluate", asked)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def objections(self) -> object:
        """What it objects to."""
        return self.run(OBJECTIONS % RULES)


def photograph(visitor: Visitor, name: str) -> None:
    """Write the page as it stands, and fail when there is nothing on it."""
    in_view = (
        "[...document.images].filter((one) => one.getBoundingClientRect().top < innerHeight && one.checkVisibility())"
    )
    visitor.says(f"() => {in_view}.every((one) => one.complete && getComputedStyle(one).opacity !== '0')")
    session = visitor.context.new_cdp_session(visitor.page)
    # Quickly packed: hundreds are taken, and few are ever opened.
    data = b64decode(session.send("Page.captureScreenshot", {"optimizeForSpeed": True})["data"])
    session.detach()
    SCREENS.mkdir(parents=True, exist_ok=True)
    (SCREENS / f"{name}.png").write_bytes(data)
    with Image.open(io.BytesIO(data)) as picture:
        colors = picture.convert("RGB").resize((180, 180), Image.Resampling.NEAREST).getcolors(1 << 24)
    assert len(colors) > 30


def look_over(visitor: Visitor, name: str) -> None:
    """See to it that nothing on the page is hard to read, to hit or to tell, or sticks out of the window."""
    session = visitor.context.new_cdp_session(visitor.page)
    axe = Axe.beside(session)
    for width, height in WINDOWS:
        session.send("Emulation.setTouchEmulationEnabled", {"enabled": width < 500})
        visitor.page.set_viewport_size({"width": width, "height": height})
        for theme in THEMES:
            visitor.page.emulate_media(color_scheme=theme)
            photograph(visitor, f"{name}-{width}-{theme}")
            assert visitor.page.evaluate(READING) == READABLE, f"{name} {width} {theme}"
            # Words are measured in all four; axe looks once at each width and at each theme.
            if (width, theme) in LOOKS:
                assert axe.objections() == [], f"{name} {width} {theme}"
    session.detach()
