"""The edges of what counts visitors and product events, one file a sender: Plausible, Umami, Segment, plain JSON."""
