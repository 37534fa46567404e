// The way in.
