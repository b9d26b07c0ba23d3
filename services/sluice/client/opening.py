"""Which transport a client's settings ask for."""

from importlib import import_module

from sluice.client.drive import Transport
from sluice.client.http import Http
from sluice.client.settings import ClientSettings


def open_transport(settings: ClientSettings) -> Transport:
    """The gateway's, or the simulator's. Raises ConfigError."""
    if not settings.simulate:
        return Http(settings)
    # It stands on the sample pictures, and so on NumPy and Pillow, which a generator's process need not load.
    transport: Transport = import_module("sluice.client.simulator").Simulator()
    return transport
