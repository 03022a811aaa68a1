"""All articles of a site, in time order; ids and addresses resolve to rows, relations to rows or externals."""
