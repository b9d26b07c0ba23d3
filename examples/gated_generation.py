"""A generator behind the gate: thirty steps from noise to a picture, cancelled mid-way where the prompt is refused.

    python examples/gated_generation.py --simulate                 # no gateway: shows every way it can end
    python examples/gated_generation.py --simulate "sluice-test:block:violence@1 two knights"
    SLUICE_URL=... SLUICE_API_KEY=... python examples/gated_generation.py "a lighthouse at dawn"

Pictures that are allowed go to --out. Exit status: 0 allowed, 1 refused, 3 no answer, 78 wrong settings.
"""

import argparse
import asyncio
import hashlib
import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from sluice.client import Allowed, Client, NotAllowed, Refused, Rejected
from sluice.errors import EX_CONFIG, ConfigError

STEPS = 30
SIDE = 256
TOUR = (
    "sluice-test:allow a lighthouse at dawn",
    "sluice-test:allow@2 a lighthouse, and moderation that takes longer than the picture",
    "sluice-test:block:violence@0.7 two knights",
    "sluice-test:review@0.2 a portrait of somebody",
    "sluice-test:output-block:sexual a beach, and a picture that is not what was asked for",
    "sluice-test:incomplete@0.3 a mountain",
    "sluice-test:unavailable a forest",
)
"""What --simulate shows where no prompt is given."""


async def generate(prompt: str, step_seconds: float) -> bytes:
    """An evening sky as PNG: noise first, and in each step nearer to it. Where a GPU would work, it sleeps."""
    dice = np.random.default_rng(int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:8]))
    sky = np.linspace(dice.uniform(0.1, 0.4, 3), dice.uniform(0.6, 1.0, 3), SIDE)
    latent = dice.normal(0.5, 0.5, (SIDE, SIDE, 3))
    done = 0
    try:
        while done < STEPS:
            await asyncio.sleep(step_seconds)
            latent += (sky[:, None] - latent) / (STEPS - done)
            done += 1
            print(f"\r  step {done:2} of {STEPS} [{'#' * done:.<{STEPS}}]", end="", flush=True)
    finally:
        # A real one gives its memory back here: asyncio.CancelledError comes out of the line that awaits.
        print("" if done == STEPS else f"\n  cancelled after step {done} of {STEPS}")
    out = io.BytesIO()
    Image.fromarray((latent * 255).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def keep(result: Allowed, out: Path) -> Path:
    """Where the picture is now."""
    path = out / f"{result.request_id}.png"
    path.write_bytes(result.picture)
    return path


async def one(client: Client, prompt: str, given: argparse.Namespace) -> int:
    """Generates for one prompt, and tells how it ended."""
    print(prompt)
    try:
        async with client.moderate(
            prompt, account="example-account", age_band="ADULT", checks_seconds=given.checks_seconds
        ) as gate:
            image = await gate.run(generate(prompt, given.step_seconds))
            result = await gate.submit(image)
    except NotAllowed as error:
        print(f"  {'refused' if isinstance(error, Refused) else 'no answer'}: {' '.join(error.reasons)}")
        if isinstance(error, Rejected):
            # For whoever runs it: a wrong address, or a key that opens nothing.
            print(f"  {error}", file=sys.stderr)
        return 1 if isinstance(error, Refused) else 3
    path = keep(result, given.out)
    print(f"  allowed, {'signed' if result.signed else 'NOT signed, for it is simulated'}: {path}")
    return 0


async def run(client: Client, given: argparse.Namespace) -> int:
    """One after the other; the worst exit status."""
    async with client:
        return max([await one(client, prompt, given) for prompt in given.prompts or TOUR])


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prompts", nargs="*", metavar="PROMPT")
    parser.add_argument("--simulate", action="store_true", help="the simulator in place of a gateway")
    parser.add_argument("--step-seconds", type=float, default=0.05, metavar="S")
    parser.add_argument("--checks-seconds", type=float, default=10.0, metavar="S", help="how long checks may take")
    parser.add_argument("--out", type=Path, default=Path("out"), metavar="DIR")
    given = parser.parse_args()
    if not (given.prompts or given.simulate):
        parser.error("give a prompt, or --simulate")
    try:
        client = Client(simulate=True) if given.simulate else Client()
    except ConfigError as error:
        print(error, file=sys.stderr)
        return EX_CONFIG
    given.out.mkdir(parents=True, exist_ok=True)
    status = asyncio.run(run(client, given))
    # The tour has an end of every kind.
    return status if given.prompts else 0


if __name__ == "__main__":
    sys.exit(main())
