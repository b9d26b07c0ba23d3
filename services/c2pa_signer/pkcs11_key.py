"""Keys in a hardware security module, through its PKCS#11 library."""

import ctypes
import threading
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from c2pa_signer.key import Algorithm, digest, ecdsa_der
from c2pa_signer.keys_uri import KeyUri
from sluice.errors import NotReadyError, RetryableError
from sluice.remote.tokens import library

_OS_LOCKING_OK = 2
"""CKF_OS_LOCKING_OK."""
_MOST_IDLE = 64
"""Sessions that are kept open between signatures."""


class Pkcs11Key:
    """A private key that never leaves its token.

    A session does one thing at a time (PKCS#11 2.40, 5.2), so every signature that is under way has its own, and
    those that are done wait for the next. The login belongs to the whole process and is kept as long as it lives:
    logging out would end the sessions of other keys in the same token.
    """

    def __init__(self, uri: KeyUri, algorithm: Algorithm, chain_pem: bytes) -> None:
        """Loads the library, logs in and finds the key. Raises NotReadyError."""
        self.algorithm = algorithm
        self.chain_pem = chain_pem
        self._pkcs11 = library("pkcs11", "pkcs11")
        self._options = uri.options
        self._lock = threading.Lock()
        self._idle: list[tuple[Any, Any]] = []
        self._closed = False
        self._login: Any = None
        self._give_back(self._open())

    def __repr__(self) -> str:
        return f"<a key in a PKCS#11 token, {self.algorithm}>"

    def sign(self, data: bytes) -> bytes:
        """In a session of its own."""
        session, key = self._take()
        try:
            signature = self._signed(key, data)
        except self._pkcs11.PKCS11Error as error:
            # What state the session is in nobody knows; and a token has only so many.
            self._end(session)
            raise RetryableError(f"the PKCS#11 token does not sign: {type(error).__name__}") from error
        self._give_back((session, key))
        return signature

    def close(self) -> None:
        """Closes the sessions that nobody uses; the others close when they come back."""
        with self._lock:
            idle, self._idle, self._closed = self._idle, [], True
        for session, _ in idle:
            self._end(session)

    def _signed(self, key: Any, data: bytes) -> bytes:
        mechanisms, masks = self._pkcs11.Mechanism, self._pkcs11.MGF
        if self.algorithm is Algorithm.ED25519:
            return bytes(key.sign(data, mechanism=mechanisms.EDDSA))
        hashed = digest(self.algorithm, data)
        if self.algorithm is Algorithm.PS256:
            parameters = (mechanisms.SHA256, masks.SHA256, 32)
            return bytes(key.sign(hashed, mechanism=mechanisms.RSA_PKCS_PSS, mechanism_param=parameters))
        return ecdsa_der(bytes(key.sign(hashed, mechanism=mechanisms.ECDSA)))

    def _take(self) -> tuple[Any, Any]:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._open()

    def _give_back(self, pair: tuple[Any, Any]) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < _MOST_IDLE:
                self._idle.append(pair)
                return
        self._end(pair[0])

    def _end(self, session: Any) -> None:
        try:
            session.close()
        except self._pkcs11.PKCS11Error:
            # It is gone already, which is what was wanted.
            return

    def _open(self) -> tuple[Any, Any]:
        """A session and the key in it. A private key is found only by who has logged in."""
        errors = self._pkcs11
        try:
            module = self._module()
            token = self._token(module)
            session = token.open()
            try:
                return session, self._entered(module, token, session)
            except (NotReadyError, errors.PKCS11Error, RuntimeError):
                self._end(session)
                raise
        except _pin_errors(errors) as error:
            raise NotReadyError(f"the PKCS#11 token refuses the PIN in pin-source: {type(error).__name__}") from error
        except errors.UserAlreadyLoggedIn as error:
            raise NotReadyError("the PKCS#11 token has no such private key (object, id)") from error
        except (errors.PKCS11Error, RuntimeError) as error:
            raise NotReadyError(f"the PKCS#11 token cannot be used: {type(error).__name__}") from error

    def _entered(self, module: "_Module", token: Any, session: Any) -> Any:
        """The key, after a login where it takes one."""
        with self._lock:
            key = self._found(session)
            if key is None:
                self._log_in(module, token)
                key = self._found(session)
        if key is None:
            raise NotReadyError("the PKCS#11 token has no such private key (object, id)")
        return key

    def _log_in(self, module: "_Module", token: Any) -> None:
        pin = self._pin()
        tried = sha256(token.serial + b"/" + pin.encode()).digest()
        if tried in module.refused:
            raise NotReadyError(
                "the PKCS#11 token refused the PIN in pin-source, and a few wrong ones lock it: another one is tried "
                "at once, this one after a restart"
            )
        try:
            self._login = token.open(user_pin=pin)
        except (self._pkcs11.PinIncorrect, self._pkcs11.PinLenRange, self._pkcs11.PinInvalid):
            module.refused.add(tried)
            raise

    def _module(self) -> "_Module":
        path = self._options["module-path"]
        if not Path(path).is_file():
            raise NotReadyError("module-path of the PKCS#11 address names no file")
        return _for_threads(str(Path(path).resolve()))

    def _token(self, module: "_Module") -> Any:
        wanted = self._options.get("token", "")
        serial = self._options.get("serial", "")
        tokens = [
            token
            for token in module.library.get_tokens()
            if (not wanted or token.label == wanted) and (not serial or token.serial == serial.encode())
        ]
        initialized = [token for token in tokens if token.flags & self._pkcs11.TokenFlag.TOKEN_INITIALIZED]
        if len(initialized) != 1:
            raise NotReadyError(
                f"{len(initialized)} PKCS#11 tokens are what the address names (token, serial); it should be one"
            )
        return initialized[0]

    def _found(self, session: Any) -> Any:
        named: dict[str, Any] = {}
        if self._options.get("object"):
            named["label"] = self._options["object"]
        if self._options.get("id"):
            named["id"] = self._options["id"].encode("latin-1")
        try:
            return session.get_key(object_class=self._pkcs11.ObjectClass.PRIVATE_KEY, **named)
        except self._pkcs11.NoSuchKey:
            return None
        except self._pkcs11.MultipleObjectsReturned as error:
            raise NotReadyError("the PKCS#11 token has several such keys; name one by its id") from error

    def _pin(self) -> str:
        source = self._options["pin-source"].removeprefix("file://").removeprefix("file:")
        try:
            return Path(source).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise NotReadyError("pin-source of the PKCS#11 address cannot be read") from error


class _InitializeArgs(ctypes.Structure):
    """CK_C_INITIALIZE_ARGS (PKCS#11 2.40, 3.7)."""

    _fields_ = (
        ("create_mutex", ctypes.c_void_p),
        ("destroy_mutex", ctypes.c_void_p),
        ("lock_mutex", ctypes.c_void_p),
        ("unlock_mutex", ctypes.c_void_p),
        ("flags", ctypes.c_ulong),
        ("reserved", ctypes.c_void_p),
    )


@dataclass(frozen=True, slots=True)
class _Module:
    """A library that was opened. `refused`: digests of PINs, each with its token; not to be tried again."""

    library: Any
    refused: set[bytes] = field(default_factory=set, repr=False)


@cache
def _for_threads(path: str) -> _Module:
    """A PKCS#11 library, opened once per process and told that threads will use it at the same time.

    The client opens it as for one thread (C_Initialize without arguments), and SoftHSM then fails now and then.
    Nothing has been done with it yet at this point, so it is closed and opened again.
    """
    opened = library("pkcs11", "pkcs11").lib(path)
    try:
        native = ctypes.CDLL(path)
        native.C_Finalize(None)
        status = native.C_Initialize(ctypes.byref(_InitializeArgs(flags=_OS_LOCKING_OK)))
    except (OSError, AttributeError) as error:
        raise NotReadyError("the PKCS#11 library cannot be opened for threads") from error
    if status != 0:
        raise NotReadyError(f"the PKCS#11 library cannot be opened for threads: status {status:#x}")
    return _Module(opened)


def _pin_errors(errors: Any) -> tuple[type[Exception], ...]:
    return (errors.PinIncorrect, errors.PinLocked, errors.PinLenRange, errors.PinInvalid, errors.PinExpired)
