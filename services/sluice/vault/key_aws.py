"""A symmetric key of AWS KMS, through botocore: credentials, region and end point are found as every AWS tool finds
them.

https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html and API_Decrypt.html
"""

from typing import Any

from sluice.errors import ConfigError, NotReadyError, RetryableError
from sluice.remote.tokens import library
from sluice.vault.envelope import KEY_BYTES
from sluice.vault.errors import MissingKeyError, TamperedError
from sluice.vault.keys import Wrapped

SCHEME = "awskms://"
_SECONDS = 10.0
_REFUSED = frozenset(
    {
        "AccessDeniedException",
        "DisabledException",
        "ExpiredTokenException",
        "InvalidKeyUsageException",
        "InvalidSignatureException",
        "KMSInvalidStateException",
        "NotFoundException",
        "UnrecognizedClientException",
        "ValidationException",
    }
)


class AwsKeys:
    """`awskms:///KEY-ID`, `awskms:///alias/NAME`, `awskms:///ARN`; `awskms://HOST/KEY` for an end point of one's own.

    KMS turns a key's material by itself under the same name; what it wrapped before it still unwraps.
    """

    def __init__(self, uri: str) -> None:
        """Raises ConfigError for another address; NotReadyError where the library is missing, or nothing tells the
        region."""
        host, _, self._key = uri.removeprefix(SCHEME).partition("/")
        if not self._key or not uri.isascii() or not uri.isprintable() or " " in uri:
            raise ConfigError(["SLUICE_VAULT_KEY should look like awskms:///KEY-ID, awskms:///alias/NAME"])
        self._id = uri
        self._errors, self._client = _client(host)

    def __repr__(self) -> str:
        return "<a wrapping key in AWS KMS>"

    @property
    def key_id(self) -> str:
        """Its address."""
        return self._id

    def wrap(self, key: bytes, about: str) -> Wrapped:
        """One call of Encrypt."""
        answer = self._ask("encrypt", {"Plaintext": key}, about)
        return Wrapped(self._id, bytes(answer["CiphertextBlob"]))

    def unwrap(self, wrapped: Wrapped, about: str) -> bytes:
        """One call of Decrypt."""
        if wrapped.key_id != self._id:
            raise MissingKeyError(
                f"{about} is wrapped by {wrapped.key_id!r}: name that key in SLUICE_VAULT_KEY, before the other"
            )
        key = bytes(self._ask("decrypt", {"CiphertextBlob": wrapped.data}, about)["Plaintext"])
        if len(key) != KEY_BYTES:
            raise TamperedError(f"the key of {about} has a wrong length")
        return key

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _ask(self, call: str, words: dict[str, bytes], about: str) -> Any:
        try:
            return getattr(self._client, call)(KeyId=self._key, EncryptionContext={"sluice-vault": about}, **words)
        except self._errors.ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "")) or "an error without a code"
            if code == "InvalidCiphertextException":
                raise TamperedError(f"the key of {about} is not what AWS KMS has wrapped") from None
            if code == "IncorrectKeyException":
                raise MissingKeyError(f"AWS KMS: {about} was wrapped when {self._id} was another key") from None
            if code in _REFUSED:
                raise NotReadyError(f"AWS KMS refuses to {call}: {code}") from None
            raise RetryableError(f"AWS KMS does not {call}: {code}") from None
        except (self._errors.NoCredentialsError, self._errors.PartialCredentialsError) as error:
            raise NotReadyError(f"AWS KMS: {type(error).__name__}: no credentials were found") from None
        except self._errors.BotoCoreError as error:
            raise RetryableError(f"AWS KMS: no answer: {type(error).__name__}") from None


def _client(host: str) -> tuple[Any, Any]:
    """The library's errors and a client."""
    config, errors, session = (library(f"botocore.{name}", "aws-kms") for name in ("config", "exceptions", "session"))
    limits = config.Config(
        connect_timeout=_SECONDS / 2,
        read_timeout=_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    endpoint = f"https://{host}" if host else None
    try:
        return errors, session.get_session().create_client("kms", config=limits, endpoint_url=endpoint)
    except (errors.BotoCoreError, ValueError) as error:
        raise NotReadyError(f"AWS KMS: {type(error).__name__}; is AWS_REGION set?") from None
