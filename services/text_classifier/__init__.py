"""The check "text": scores prompts and other texts in every category that the text model covers."""
