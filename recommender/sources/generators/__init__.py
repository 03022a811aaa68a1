"""Site generators: what their configurations say of the pages of a site."""
