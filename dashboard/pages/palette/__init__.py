"""What the palette finds of a project besides its pages."""
