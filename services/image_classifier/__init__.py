"""The check "image": what a picture shows."""
