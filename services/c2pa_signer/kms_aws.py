"""Keys in AWS KMS, through botocore: credentials, region and end point are found as every AWS tool finds them."""

from typing import Any

from c2pa_signer.key import Algorithm, digest
from c2pa_signer.keys_uri import KeyUri
from sluice.errors import NotReadyError, RetryableError
from sluice.remote.tokens import SECONDS, library

_ALGORITHMS = {
    Algorithm.ES256: "ECDSA_SHA_256",
    Algorithm.ES384: "ECDSA_SHA_384",
    Algorithm.PS256: "RSASSA_PSS_SHA_256",
    Algorithm.ED25519: "ED25519_SHA_512",
}
"""https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html"""
_CONNECTIONS = 64
_REFUSED = frozenset(
    {
        "NotFoundException",
        "DisabledException",
        "InvalidKeyUsageException",
        "AccessDeniedException",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "ExpiredTokenException",
        "ValidationException",
    }
)


class AwsKey:
    """An asymmetric key of KMS, for signing and verification."""

    def __init__(self, uri: KeyUri, algorithm: Algorithm, chain_pem: bytes) -> None:
        """Raises NotReadyError where the library is missing or nothing tells the region or the credentials."""
        self.algorithm = algorithm
        self.chain_pem = chain_pem
        # awskms://HOST/KEY names an end point of one's own, awskms:///KEY the region's.
        host, _, self._key = uri.rest.partition("/")
        self._errors, self._client = _client(host)

    def __repr__(self) -> str:
        return f"<a key in AWS KMS, {self.algorithm}>"

    def sign(self, data: bytes) -> bytes:
        """One call of Sign."""
        raw = self.algorithm is Algorithm.ED25519
        try:
            answer = self._client.sign(
                KeyId=self._key,
                Message=data if raw else digest(self.algorithm, data),
                MessageType="RAW" if raw else "DIGEST",
                SigningAlgorithm=_ALGORITHMS[self.algorithm],
            )
        except self._errors.ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "")) or "an error without a code"
            if code in _REFUSED:
                raise NotReadyError(f"AWS KMS refuses to sign: {code}") from None
            raise RetryableError(f"AWS KMS does not sign: {code}") from None
        except (self._errors.NoCredentialsError, self._errors.PartialCredentialsError) as error:
            raise NotReadyError(f"AWS KMS: {type(error).__name__}: no credentials were found") from None
        except self._errors.BotoCoreError as error:
            raise RetryableError(f"AWS KMS: no answer: {type(error).__name__}") from None
        return bytes(answer["Signature"])

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


def _client(host: str) -> tuple[Any, Any]:
    """The library's errors and a client."""
    config, errors, session = (library(f"botocore.{name}", "aws-kms") for name in ("config", "exceptions", "session"))
    limits = config.Config(
        connect_timeout=SECONDS / 2,
        read_timeout=SECONDS,
        max_pool_connections=_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": 2},
    )
    endpoint = f"https://{host}" if host else None
    try:
        return errors, session.get_session().create_client("kms", config=limits, endpoint_url=endpoint)
    except (errors.BotoCoreError, ValueError) as error:
        raise NotReadyError(f"AWS KMS: {type(error).__name__}; is AWS_REGION set?") from None
