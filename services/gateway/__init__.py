"""The HTTP door: OpenAI's moderation endpoint, requests of our own, and a console."""
