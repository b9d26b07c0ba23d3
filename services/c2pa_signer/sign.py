"""Signs a picture and believes nothing until it has read its own work back."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import c2pa

from c2pa_signer.keys import SigningChain, read_signing_chain
from c2pa_signer.manifest import Plan
from sluice.c2pa_sdk import CredentialError, Sdk, Source, open_signer
from sluice.errors import NotReadyError, TerminalError
from sluice.media import sniff
from sluice.provenance import DECISION_LABEL, State, Verification, verify_with
