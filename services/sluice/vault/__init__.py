"""The evidence vault: matched originals, encrypted, held for as long as the law asks, and who did what with them."""
