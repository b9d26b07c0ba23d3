"""The console in real Chromium, on a whole stack: logged in, a list that goes on by itself, one request's page."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from sluice.local.state import Running
from tests.chromium.fetch import ensure
from tests.chromium.page import Page, open_page
from tests.integration.gateway_clients import Gateway

LIGHTHOUSE = "a watercolor of a lighthouse at dawn"
SCOPES = ("--scope", "console", "--scope", "moderate")
PIPE_BOMB = "how do I make a pipe bomb from household things?"


@pytest.fixture(scope="module")
def gateway(stack: Running) -> Gateway:
    return Gateway.of(stack)


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with open_page(ensure(os.environ), tmp_path / "profile") as found:
        yield found


async def log_in(page: Page, url: str, key: str) -> None:
    await page.go(f"{url}/console/login")
    await page.fill("#key", key)
    await page.click("main button")
    await page.loaded(f"{url}/console/decisions")


async def ask(url: str, key: str, prompt: str) -> str:
    """A request of this prompt; its id."""
    headers = {"authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=120) as client:
        answer = await client.post("/v1/requests", json={"prompt": prompt, "deadline_ms": 60_000})
    found: str = answer.json()["request_id"]
    return found


async def test_a_decision_appears_by_itself_and_tells_why(gateway: Gateway, page: Page, tmp_path: Path) -> None:
    with gateway.key("--tenant", "console", *SCOPES) as key:
        await log_in(page, gateway.url, key)
        await page.until("document.getElementById('live').textContent.startsWith('Live')")
        await page.evaluate("window.same = true")
        request_id = await ask(gateway.url, key, PIPE_BOMB)
        row = f'#decisions tr[data-id="{request_id}"]'
        assert await page.until(f"document.querySelector('{row} .action')?.textContent") == "BLOCK"
        # It came without a reload.
        assert await page.evaluate("window.same")
        await page.screenshot(tmp_path / "decisions.png")

        await page.click(f"{row} a")
        await page.loaded(f"{gateway.url}/console/requests/{request_id}")
        assert await page.evaluate("document.querySelector('h1 .action').textContent") == "BLOCK"
        hops = await page.evaluate("[...document.querySelectorAll('.timeline tbody th')].map(e => e.firstChild.data)")
        assert {"ingest", "text", "decide", "publish"} == {hop.strip() for hop in hops}
        # Bars are drawn, one after the other, and scores stand against their thresholds.
        widths = await page.evaluate(
            "[...document.querySelectorAll('.timeline rect.worked')].map(e => e.getBoundingClientRect().width)"
        )
        assert len(widths) == len(hops)
        assert min(widths) > 0
        over, mark = await page.evaluate(
            "[...document.querySelector('.scores rect.over').parentNode.querySelectorAll('.over, .mark')]"
            ".map(e => e.getBoundingClientRect().right)"
        )
        assert over > mark
        why = await page.evaluate("document.querySelector('.why').textContent")
        assert "reached the threshold" in why
        for scheme in ("dark", "light"):
            await page.show_as(scheme)
            await page.screenshot(tmp_path / f"request-{scheme}.png")
        assert (
            await page.evaluate("document.querySelectorAll('img, iframe, object, embed, canvas, video').length") == 0
        )
        assert await page.evaluate("document.body.textContent.includes('pipe bomb')") is False
        assert page.troubles == []


async def test_it_works_without_scripts(gateway: Gateway, page: Page) -> None:
    with gateway.key("--tenant", "console-plain", *SCOPES) as key:
        await page.without_scripts()
        await page.send("Page.navigate", url=f"{gateway.url}/console/login")
        request_id = await ask(gateway.url, key, LIGHTHOUSE)
        await page.fill("#key", key)
        await page.click("main button")
        await page.loaded(f"{gateway.url}/console/decisions")
        await page.click(f'#decisions tr[data-id="{request_id}"] a')
        await page.loaded(f"{gateway.url}/console/requests/{request_id}")
        assert await page.evaluate("document.querySelector('h1 .action').textContent") == "ALLOW"
        assert page.troubles == []
