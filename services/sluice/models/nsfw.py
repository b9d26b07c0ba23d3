"""Reading the model `nsfw_mobilenet`: two checks do, one for its scores, one for photograph or drawing."""

from sluice.models.classify import Reading, read

NAME = "nsfw_mobilenet"

__all__ = ["NAME", "Reading", "read"]
