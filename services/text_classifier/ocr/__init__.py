"""Reading the text in a picture: where it is (`detect`), what it says (`recognise`), in which order (`order`)."""
