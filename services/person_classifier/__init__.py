"""The check "person": whether a picture shows a photorealistic person, and whether that may be a child."""
