"""A page in Chromium, as a test sees it."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chromium.fetch import Chromium
from tests.chromium.pipe import BrowserError, Pipe, open_pipe

SECONDS = 60.0


@dataclass(slots=True)
class Page:
    """`troubles`: what the browser's console said that is no good: errors, refused content, failed requests."""

    pipe: Pipe
    session: str
    troubles: list[str] = field(default_factory=list)

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        """A command to this page."""
        return await self.pipe.send(method, self.session, **params)

    async def evaluate(self, expression: str) -> Any:
        """What an expression is, as JSON has it. BrowserError where it throws."""
        found = await self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise BrowserError(found["exceptionDetails"].get("exception", {}).get("description", "it throws"))
        return found["result"].get("value")

    async def until(self, expression: str) -> Any:
        """The same as soon as it is true."""
        async with asyncio.timeout(SECONDS):
            while True:
                try:
                    if found := await self.evaluate(expression):
                        return found
                except BrowserError:
                    # Between two pages there is none.
                    pass
                await asyncio.sleep(0.05)

    async def go(self, url: str) -> None:
        """Opens an address, and returns when its page is there."""
        await self.send("Page.navigate", url=url)
        await self.loaded(url.partition("?")[0].partition("#")[0])

    async def loaded(self, url: str) -> None:
        """Returns when a page whose address begins so is there, whoever asked for it."""
        await self.until(f"document.readyState === 'complete' && location.href.startsWith({json.dumps(url)})")

    async def click(self, selector: str) -> None:
        """Presses on the middle of an element."""
        place = await self.until(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); if (!e) return null;"
            "e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
            "return r.width && [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.send(
                "Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1
            )

    async def fill(self, selector: str, text: str) -> None:
        """Types a text into a field."""
        await self.click(selector)
        await self.send("Input.insertText", text=text)

    async def show_as(self, scheme: str) -> None:
        """As somebody sees it who prefers "light" or "dark"."""
        await self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    async def without_scripts(self) -> None:
        """From the next page on, as somebody sees it who runs no scripts."""
        await self.send("Emulation.setScriptExecutionDisabled", value=True)

    async def screenshot(self, path: Path) -> None:
        """The whole page, PNG."""
        found = await self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        await asyncio.to_thread(path.write_bytes, base64.b64decode(found["data"]))

    def heard(self, method: str, params: dict[str, Any]) -> None:
        """Notes what is trouble."""
        match method:
            case "Runtime.exceptionThrown":
                self.troubles.append(f"exception: {params['exceptionDetails'].get('text')}")
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "warning", "assert"):
                self.troubles.append(f"console: {[each.get('value') for each in params['args']]}")
            case "Log.entryAdded" if params["entry"]["level"] in ("error", "warning"):
                entry = params["entry"]
                self.troubles.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}".rstrip())
            case "Audits.issueAdded":
                self.troubles.append(f"issue: {params['issue']['code']}")


@asynccontextmanager
async def open_page(chromium: Chromium, folder: Path) -> AsyncIterator[Page]:
    """An empty page of a browser of its own. `folder`: for its profile."""
    pages: dict[str, Page] = {}

    def told(method: str, params: dict[str, Any], session: str) -> None:
        if session in pages:
            pages[session].heard(method, params)

    async with open_pipe(chromium, folder, told) as pipe:
        made = await pipe.send("Target.createTarget", url="about:blank")
        attached = await pipe.send("Target.attachToTarget", targetId=made["targetId"], flatten=True)
        page = pages[attached["sessionId"]] = Page(pipe, attached["sessionId"])
        for domain in ("Page", "Runtime", "Log", "Audits"):
            await page.send(f"{domain}.enable")
        yield page
