"""Lists that exchanges keep for their members, brought into a store and kept up to date."""
